"""The model's input and output: how the arrays of its users look, and which tensors of the graph they become."""

from __future__ import annotations

from collections.abc import Sequence

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx import qdq
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.model import DeclaredInput
from mcugen.frontend.onnx.nodes import Node
from mcugen.frontend.onnx.values import ModelInput, Pending, Real, Stored, View

_TO_NCHW = (0, 3, 1, 2)
_PASSES_LAYOUT = ("QuantizeLinear", "DequantizeLinear", "Identity")
_HOW_TO_FIX_SIZES = (
    "fix it: python -m onnxruntime.tools.make_dynamic_shape_fixed --input_name NAME --input_shape 1,C,H,W"
)


def read_input(source: DeclaredInput, nodes: Sequence[Node]) -> ModelInput:
    """The declared input, one image. Raises UnsupportedModelError for sizes that are not fixed."""
    name = source.name
    # A batch that is symbolic or not given is one image.
    dims = list(source.dims)
    if dims:
        dims[0] = dims[0] or 1
    if not 2 <= len(dims) <= 4:
        raise UnsupportedModelError(f"input '{name}': {len(dims)} dimensions", "supported: (1, C, H, W) and (1, C)")
    if min(dims) < 1:
        shown = ", ".join(str(d) if d > 0 else "?" for d in dims)
        raise UnsupportedModelError(f"input '{name}': the shape ({shown}) is not fixed", _HOW_TO_FIX_SIZES)
    if dims[0] != 1:
        raise UnsupportedModelError(f"input '{name}': a batch of {dims[0]}", "export the model for a batch of 1")
    order = "HWC" if len(dims) == 4 and _becomes_nchw(name, nodes) else "CHW"
    if len(dims) == 4:
        shape = (dims[1], dims[2], dims[3]) if order == "HWC" else (dims[2], dims[3], dims[1])
    else:
        shape = (1, 1, dims[1]) if len(dims) == 2 else (dims[1], dims[2], 1)
    return ModelInput(View(shape, tuple(dims), order), source.dtype)


def _becomes_nchw(name: str, nodes: Sequence[Node]) -> bool:
    """Whether the input, perhaps quantized, is what a Transpose from NHWC to NCHW reads."""
    reached = {name}
    for node in nodes:
        if not reached.isdisjoint(node.inputs[:1]):
            if node.op_type == "Transpose" and node.integers("perm", None) == _TO_NCHW:
                return True
            if node.op_type in _PASSES_LAYOUT:
                reached.update(node.outputs)
    return False


def read_output(context: Context, name: str) -> tuple[ir.Tensor, ir.Border]:
    """The graph's output tensor and its border. Raises UnsupportedModelError where the output has no scale."""
    if name not in context.values:
        raise UnsupportedModelError(f"output '{name}': the second output of its operator", "remove it from the model")
    value = context.values[name]
    if isinstance(value, Pending):
        if value.natural is None:
            raise UnsupportedModelError(
                f"{value.node}: the model ends with its float32 output, nothing gives it a scale",
                "quantize the output too",
            )
        tensor, dtype = qdq.finish(context, value.node, name, value, *value.natural), "float32"
    elif isinstance(value, Stored):
        tensor, dtype = value.tensor, value.dtype
    elif isinstance(value, Real):
        tensor, dtype = value.tensor, "float32"
    else:
        raise ModelFormatError(f"output '{name}' is not computed from the model's input")
    view = value.view
    if len(view.dims) != 4 and not view.keeps_memory_order:
        raise UnsupportedModelError(
            f"output '{name}': a map of {view.shape} in the shape {view.dims}",
            "end the model with the map itself, or with a fully connected layer",
        )
    return tensor, border(view, tensor, dtype)


def border(view: View, tensor: ir.Tensor, dtype: str) -> ir.Border:
    """What the file declares around a tensor. dtype: of the file's array; uint8 and numbers of classes are stored as
    int8, 128 less."""
    return ir.Border(
        dtype=dtype,
        scale=tensor.scale,
        zero_point=tensor.zero_point + (128 if dtype in ("uint8", "int32", "int64") else 0),
        rounding="half_even",
        layout="NHWC" if view.order == "HWC" else "NCHW",
        shape=view.dims,
    )
