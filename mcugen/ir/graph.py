"""The graph: operators in topological order over named tensors, with typed borders to the outside world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mcugen.camera import Camera, CameraOptions
from mcugen.ir.normalization import Normalization
from mcugen.ir.operator import Operator
from mcugen.ir.tensor import Tensor

TASKS = ("embed", "regress")
"""What a net tells of an image where it is no class and no map of them: a vector, whose angles to others count, or
numbers."""


@dataclass(frozen=True)
class Border:
    """What the model file declares at its input or output, around the graph's own int8 tensor.

    dtype: "int8", "uint8" or "float32"; "int32" or "int64" of numbers of classes. scale, zero_point: of the file's
        quantized type at the border.
    rounding: of float32 to integer, "half_away" (TensorFlow Lite) or "half_even" (ONNX).
    layout: "NHWC" or "NCHW", the order in which the model's users hold their arrays.
    shape: the file's own shape including the batch dimension.
    """

    dtype: str
    scale: float
    zero_point: int
    rounding: str
    layout: str
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Output:
    """One of the things that a network computes.

    name: the model's own. tensor: of the model, whose shape, scale and zero point its values have. border: what the
    file declares there. start: index of its first value among the values of all outputs.
    """

    name: str
    tensor: Tensor
    border: Border
    start: int = 0


@dataclass(frozen=True, eq=False)
class Graph:
    """One network for one image.

    tensors: by name. operators: topologically sorted. input, output: tensor names (int8).
    source_format: "tflite", "onnx", "torch". source_sha256: of the model file, hexadecimal, "" if there is none.
    labels: class names, empty when the model file has none.
    several: the outputs of a model that has more than one; `output` is then what `operators.outputs` joins them to.
    by_rows: tensors, one an output, whose rows the caller is handed as they are finished; empty where the caller gets
    all values at the end.
    pixels: how images were prepared for the net, None where nobody said. camera: of which they come, None where whoever
    calls the C code has them already. task: of TASKS, "" where nobody said; `labels` are then names of numbers.
    trained_with: the camera by which the net saw images in training, None where nobody said; what there is of it in the
    C code, `camera` says alone.
    """

    name: str
    tensors: Mapping[str, Tensor]
    operators: tuple[Operator, ...]
    input: str
    output: str
    input_border: Border
    output_border: Border
    source_format: str = ""
    source_sha256: str = ""
    labels: tuple[str, ...] = ()
    several: tuple[Output, ...] = ()
    by_rows: tuple[str, ...] = ()
    pixels: Normalization | None = None
    camera: Camera | None = None
    task: str = ""
    trained_with: CameraOptions | None = None

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What the network computes: one output, or several, whose values stand behind each other."""
        return self.several or (Output(self.output, self.output_tensor, self.output_border),)

    @property
    def input_tensor(self) -> Tensor:
        return self.tensors[self.input]

    @property
    def output_tensor(self) -> Tensor:
        return self.tensors[self.output]

    def producer(self, tensor: str) -> Operator | None:
        """The operator that writes the tensor, None for the graph's input."""
        return next((op for op in self.operators if op.output == tensor), None)

    def consumers(self, tensor: str) -> tuple[Operator, ...]:
        """The operators that read the tensor, in order."""
        return tuple(op for op in self.operators if tensor in op.inputs)

    def with_operators(self, operators: tuple[Operator, ...], tensors: Mapping[str, Tensor]) -> Graph:
        """A copy with these operators, keeping only the tensors that they and the borders still name."""
        used = {self.input, self.output}
        for op in operators:
            used.update(op.inputs)
            used.add(op.output)
        return replace(self, operators=operators, tensors={n: t for n, t in tensors.items() if n in used})
