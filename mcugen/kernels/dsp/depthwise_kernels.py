"""Which of the depthwise DSP kernels a shape is."""

from __future__ import annotations

from mcugen.kernels.dsp.depthwise_mixed import MixedStride1, MixedStride2
from mcugen.kernels.dsp.depthwise_stride_1 import Four, Long, Three
from mcugen.kernels.dsp.depthwise_stride_2 import Stride2
from mcugen.kernels.dsp.shapes import DspDepthwise
from mcugen.kernels.dsp.tiling import mixed_tiling


def depthwise(shape: DspDepthwise) -> tuple[str, ...]:
    """Lines of the function that takes table, rows, columns and words that its caller has for it."""
    if shape.variant == "S1_SHORT":
        (shift,) = shape.written
        return Three(shape.compact, shape.plain, 3, int(shift), False).a.lines()
    if shape.variant == "S1_FOUR":
        (shift,) = shape.written
        return Four(shape.compact, shape.plain, 2, int(shift), False).a.lines()
    if shape.variant == "S1":
        together, shift, loop, odd = shape.written
        return Long(shape.compact, shape.plain, int(together), int(shift), loop == "LOOP", bool(odd)).a.lines()
    if shape.variant == "S1_MIXED":
        pixels, shift, loop = shape.written
        return MixedStride1(shape.compact, shape.plain, mixed_tiling(int(pixels)), int(shift), loop == "LOOP").a.lines()
    if shape.variant == "S2_MIXED":
        pixels, shift, loop, left = shape.written
        return MixedStride2(
            shape.compact, shape.plain, mixed_tiling(int(pixels)), int(shift), loop == "LOOP", int(left)
        ).a.lines()
    together, shift, loop, parity, left = shape.written
    return Stride2(
        shape.compact, shape.plain, int(together), int(shift), loop == "LOOP", parity == "ODD", int(left)
    ).a.lines()
