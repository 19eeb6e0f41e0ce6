"""A graph that grows operator by operator, every tensor with the values of a calibration batch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mcugen.fixedpoint import Requantization, Rounding, quantize_multipliers
from mcugen.ir import Border, Graph, Operator, Tensor, Window, narrow_weights, verify

USUAL_SCALE = 3.99  # a shift of +2
LARGEST_SCALE = 2.0**20
# Sums of TensorFlow Lite's arithmetic stay below this after their left shift, or the model is refused.
LARGEST_SHIFTED = 1 << 30
FAR = 4
"""The option of blocks whose scales reach far above USUAL_SCALE."""
CALIBRATION_IMAGES = 6
LARGEST_VECTOR = 256
LARGEST_MAP = 4096


@dataclass(frozen=True)
class Block:
    """What Hypothesis draws for one operator; which fields count depends on the kind."""

    kind: str
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    channels: int = 1
    clamp: str = "none"
    zero_point: int = 0
    option: int = 0


def random_maps(tensor: Tensor, count: int, rng: np.random.Generator) -> np.ndarray:
    images = rng.integers(tensor.qmin, tensor.qmax + 1, (count, *tensor.shape))
    checkerboard = np.indices(tensor.shape).sum(axis=0) % 2
    extremes = [
        np.full(tensor.shape, tensor.qmin),
        np.full(tensor.shape, tensor.qmax),
        np.full(tensor.shape, tensor.zero_point),
        np.where(checkerboard, tensor.qmax, tensor.qmin),
        np.where(checkerboard, tensor.qmin, tensor.qmax),
    ]
    return np.concatenate([images, np.stack(extremes)]).astype(tensor.dtype)


@dataclass
class GraphBuilder:
    """A growing graph and, for every tensor, the calibration batch's values."""

    rounding: Rounding
    rng: np.random.Generator
    tensors: dict[str, Tensor] = field(default_factory=dict)
    operators: list[Operator] = field(default_factory=list)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    current: str = "input"

    def start(self, shape: tuple[int, int, int], zero_point: int) -> None:
        tensor = Tensor("input", shape, "int8", self.random_scale(), zero_point)
        self.tensors["input"] = tensor
        self.values["input"] = random_maps(tensor, CALIBRATION_IMAGES, self.rng)

    def finish(self) -> Graph:
        borders = [self._border(self.tensors["input"]), self._border(self.tensors[self.current])]
        graph = Graph("random", self.tensors, tuple(self.operators), "input", self.current, borders[0], borders[1])
        return verify(graph)

    @staticmethod
    def _border(tensor: Tensor) -> Border:
        return Border("int8", tensor.scale, tensor.zero_point, "half_away", "NHWC", (1, *tensor.shape))

    @property
    def source(self) -> Tensor:
        return self.tensors[self.current]

    def random_scale(self) -> float:
        return float(np.float32(np.exp2(self.rng.uniform(-7, -3))))

    def name(self, kind: str) -> str:
        return f"{kind}_{len(self.operators)}"

    def output(self, kind: str, shape: tuple[int, int, int], zero_point: int, scale: float | None = None) -> Tensor:
        """A new tensor for the next operator, named after it."""
        scale = self.random_scale() if scale is None else scale
        return Tensor(f"{self.name(kind)}_output", shape, "int8", scale, zero_point)

    def append(self, op: Operator, output: Tensor) -> None:
        self.operators.append(op)
        self.tensors[output.name] = output
        inputs = [self.tensors[name] for name in op.inputs]
        self.values[output.name] = op.evaluate([self.values[name] for name in op.inputs], inputs, output)
        self.current = output.name

    def window(self, block: Block) -> Window:
        """The block's window, cut to the current map; padding stays smaller than the kernel."""
        height, width, _ = self.source.shape
        top, bottom, left, right = block.padding
        top, bottom = min(top, block.kernel[0] - 1), min(bottom, block.kernel[0] - 1)
        left, right = min(left, block.kernel[1] - 1), min(right, block.kernel[1] - 1)
        kernel = (min(block.kernel[0], height + top + bottom), min(block.kernel[1], width + left + right))
        top, bottom = min(top, kernel[0] - 1), min(bottom, kernel[0] - 1)
        left, right = min(left, kernel[1] - 1), min(right, kernel[1] - 1)
        kernel = (min(kernel[0], height + top + bottom), min(kernel[1], width + left + right))
        return Window(kernel=kernel, stride=block.stride, padding=(top, bottom, left, right))

    def weights(self, shape: tuple[int, ...], out_axis: int, in_axis: int | None) -> np.ndarray:
        """Weights, dense or nearly sparse, some channels all zero: constant outputs, inputs that nothing reads.

        int8, and now and then int16 as of uint8 with a zero point.
        """
        largest = self.rng.choice([127, 127, 127, 127, 127, 127, 20, 20, 20, 1, 1, 255])
        weights = self.rng.integers(-largest - (largest == 127), largest + 1, shape)
        for axis, probability in ((out_axis, 0.15), (in_axis, 0.1)):
            if axis is not None:
                selector = [1] * len(shape)
                selector[axis] = shape[axis]
                weights = weights * (self.rng.random(selector) >= probability)
        return narrow_weights(weights)

    def bias(self, channels: int) -> np.ndarray:
        """int32 biases, a few of them so large that the channel saturates."""
        bias = self.rng.integers(-2000, 2001, channels)
        large = self.rng.integers(-(1 << 22), 1 << 22, channels)
        return np.where(self.rng.random(channels) < 0.1, large, bias).astype(np.int32)

    @staticmethod
    def check_bound(bound: np.ndarray) -> None:
        """No accumulator leaves int32, even after the largest usual left shift."""
        assert bound.max() * np.ceil(USUAL_SCALE) < 1 << 31

    def requantization(self, accumulator: np.ndarray, block: Block, bound: np.ndarray) -> Requantization:
        """Multipliers under which most channels of a calibration accumulator [..., C] fill the output's range.

        bound: of the accumulator's magnitude, int64 [C]. option 0: per tensor. 1, 2: per channel. 3: per channel with a
        spread that saturates or vanishes. FAR: per channel, many as large as the bound lets them be, or too large.
        """
        flat = accumulator.reshape(-1, accumulator.shape[-1]).astype(np.float64)
        reach = np.maximum(np.abs(flat).max(axis=0), 1)
        if block.option == 0:
            reach = np.array([np.median(reach)])
        spread = 4.0 if block.option == 3 else 1.0
        reals = self.rng.uniform(40, 250) / reach * np.exp2(self.rng.uniform(-spread, spread, len(reach)))
        uncalibrated = self.rng.random(len(reach)) < 0.15
        reals = np.where(uncalibrated, np.exp2(self.rng.uniform(-20, 2, len(reach))), reals)
        reals = np.minimum(reals, USUAL_SCALE)
        if block.option == FAR:
            reals = self._far(reals, bound)
        multiplier, shift = quantize_multipliers(reals)
        extreme = self.rng.choice([1 << 30, (1 << 31) - 1], len(reach))
        multiplier = np.where(self.rng.random(len(reach)) < 0.05, extreme, multiplier)
        dead = self.rng.random(len(reach)) < 0.05
        multiplier, shift = np.where(dead, 0, multiplier), np.where(dead, 0, shift)
        minimum, maximum = self.clamp(block)
        return Requantization(multiplier, shift, self.rounding, block.zero_point, minimum, maximum)

    def _far(self, reals: np.ndarray, bound: np.ndarray) -> np.ndarray:
        """The scales with about half of them from USUAL_SCALE up to where the bound ends; now and then twice that."""
        # The shift of a scale is that of the power of two above it.
        largest = np.exp2(np.floor(np.log2((LARGEST_SHIFTED - 1) / np.maximum(bound, 1)))) * (1 - 2.0**-20)
        largest = np.clip(largest * self.rng.choice([1, 1, 1, 1, 1, 1, 1, 2]), USUAL_SCALE, LARGEST_SCALE)
        far = np.exp2(self.rng.uniform(np.log2(USUAL_SCALE), np.log2(largest)))
        return np.where(self.rng.random(len(reals)) < 0.5, far, reals)

    def clamp(self, block: Block) -> tuple[int, int]:
        """(minimum, maximum) of the stored output under the block's activation."""
        if block.clamp == "none":
            return -128, 127
        if block.clamp == "relu":
            return block.zero_point, 127
        return block.zero_point, min(127, block.zero_point + int(self.rng.integers(1, 255)))
