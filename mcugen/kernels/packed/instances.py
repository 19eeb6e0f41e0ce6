"""Instances of the kernels of packed pixels: assembly for the target's core, and the call of the portable function."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcugen.codegen.views import StageContext
from mcugen.ir import DepthwiseConv2D
from mcugen.kernels.instances import AssembledInstance, shape_words
from mcugen.kernels.packed import armv6m, armv6m_depthwise, armv6m_pixel, armv7m, armv7m_depthwise
from mcugen.kernels.packed.one_pixel import PackedOnePixel
from mcugen.kernels.packed.select import SPLIT, PackedKernel, core_of, rows_need_pointers
from mcugen.kernels.packed.shapes import PackedDepthwise, PackedMatrix, PackedPixel
from mcugen.kernels.packed.tables import lane_origins
from mcugen.plan.buffer import Layout
from mcugen.plan.plan import StagePlan

_MATRIX_PARAMETERS = "const uint32_t *stream, const uint32_t *columns, uint8_t *row"
_PIXEL_PARAMETERS = "const void *stream, const void *columns, void *row, const uint32_t *shape"
_DEPTHWISE_PARAMETERS = "const uint32_t *table, const uint8_t *{}rows, uint32_t *columns, uint32_t order"
_MATRIX = {"armv7-m": armv7m.matrix, "armv6-m": armv6m.matrix}
_DEPTHWISE = {"armv7-m": armv7m_depthwise, "armv6-m": armv6m_depthwise}


class PackedInstance(AssembledInstance):
    """One C function of packed pixels."""

    @property
    def template(self) -> str:
        """Which template makes the C code of this shape."""
        return "compiled_matrix" if isinstance(self.shape, PackedMatrix) else "compiled_depthwise"

    @property
    def names(self) -> list[str]:
        """The parameters' names, as arguments of the portable function, which takes a pointer to each row."""
        names = super().names
        if isinstance(self.shape, PackedDepthwise) and self.shape.row_bytes is not None:
            second, third = self.shape.row_bytes, 2 * self.shape.row_bytes
            names[1] = f"(const uint8_t *const[3]){{ rows, rows + {second}, rows + {third} }}"
        return names


def matrix_kernel(context: StageContext, plan: StagePlan, packed: PackedKernel, comment: str) -> PackedInstance:
    """The function that multiplies a block of columns with the stage's weights."""
    buffer = context.plan.buffers[plan.stage.output.name]
    pixels = plan.stage.output.width // packed.fills
    core = core_of(context.plan.target)
    shape = PackedMatrix(
        depth=packed.depth,
        channels=len(packed.blocks) if packed.band is None else packed.band.channels or len(packed.blocks),
        blocks=tuple(sorted({int(block) for block in packed.blocks}, reverse=True)),
        pixels=pixels,
        shift=packed.matrix.shift,
        middle=getattr(packed.matrix, "middle", 0),
        skipped=getattr(packed.matrix, "skipped", 0),
        zero_point=packed.zero_point,
        saturate="ssat" if plan.stage.output.dtype == "int8" else "usat",
        channel_stride=buffer.channel_stride,
        x_stride=buffer.x_stride,
    )
    assembly = _MATRIX[core](shape) if core in _MATRIX else ()
    # The lanes of the portable function begin at 2^15 always.
    more = [lane_origins(core, shape.depth, block) - lane_origins("c", shape.depth, block) for block in (4, 2)]
    sizes = (shape.depth, shape.channels, pixels, shape.channel_stride, shape.x_stride)
    arguments = (*sizes, *more, shape.shift, shape.middle, shape.skipped, _centre(shape, core), shape.minimum)
    name = f"matrix_{plan.stage.index}"
    made = PackedInstance(name, comment, shape, _MATRIX_PARAMETERS, assembly, "packed_matrix", arguments)
    return context.instance("packed", made)


def pixel_kernels(context: StageContext, plan: StagePlan, kernel: PackedOnePixel, comment: str) -> list[dict[str, Any]]:
    """function, shape, and where in the stream and in the output it begins, of the kernel of one pixel, and of the one
    that takes the channels that are left."""
    op, rescaling = plan.stage.matrix, kernel.rescaling
    assert op is not None
    minimum = -128 if plan.stage.output.dtype == "int8" else 0
    two_lines = rescaling.drop is not None
    found, words, output = [], 0, 0
    for suffix, rows, times in kernel.functions(len(op.weights)):
        shape = PackedPixel(rows, two_lines)
        stream = shape.stream_words(kernel.depth) * times
        given = [
            (4 * -(-kernel.depth // 4) * rows, f"bytes of the weights of {rows} channels"),
            (4 * stream, "bytes of the stream"),
            (rescaling.skipped, "bits of a sum that its product by the multiplier's lower half leaves out"),
            (rescaling.middle, "shift of that product"),
            (rescaling.shift, "shift of the whole"),
            (rescaling.zero_point + 1 if two_lines else minimum, "what is added to it"),
            (minimum, "least output"),
        ]
        made = PackedInstance(
            f"matrix_{plan.stage.index}{suffix}",
            comment,
            shape,
            _PIXEL_PARAMETERS,
            armv6m_pixel.pixel(shape),
            "packed_pixel",
            (rows, int(two_lines)),
        )
        function = context.instance("packed", made).function
        found.append({"function": function, "shape": shape_words(given), "stream": words, "output": output})
        words, output = words + stream, output + rows * times
    return found


def _centre(shape: PackedMatrix, core: str) -> int:
    """What the portable code adds around the zero point of a rescaling whose steps lie on two lines, 0 for others."""
    if shape.zero_point is None:
        return 0
    return shape.zero_point + 1 - shape.minimum if core in SPLIT else (2 * shape.zero_point + 1) << (shape.shift - 1)


def depthwise_kernel(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, packed: PackedKernel, comment: str
) -> PackedInstance | None:
    """The function that makes a row of columns; None where portable code does."""
    source = plan.stage.inputs[0]
    buffer = context.plan.buffers[source.name]
    rescaling = packed.depthwise
    if rescaling is None or buffer.layout is not Layout.PLANAR:
        return None
    core = core_of(context.plan.target)
    row_bytes = None if rows_need_pointers(buffer, core) else buffer.row_bytes
    shape = PackedDepthwise(
        channels=source.channels,
        depth=packed.depth,
        width=source.width,
        outputs=plan.stage.output.width,
        row_bytes=row_bytes,
        channel_stride=buffer.channel_stride,
        stride=op.window.stride[1],
        left=op.window.padding[2],
        scale=getattr(rescaling, "scale", 1),
        shift=rescaling.shift,
        middle=getattr(rescaling, "middle", 0),
        skipped=getattr(rescaling, "skipped", 0),
        has_addend=bool(np.any(rescaling.addend)),
    )
    assert core not in _DEPTHWISE or _DEPTHWISE[core].takes_depthwise(shape)
    assembly = _DEPTHWISE[core].depthwise(shape) if core in _DEPTHWISE else ()
    table_words = 7 if core in SPLIT else 6 if shape.has_addend else 5
    sizes = (shape.channels, shape.depth, shape.width, shape.outputs, shape.channel_stride)
    rescaled = (shape.scale, shape.shift, shape.middle, shape.skipped)
    made = PackedInstance(
        f"depthwise_{plan.stage.index}",
        comment,
        shape,
        _DEPTHWISE_PARAMETERS.format("const *" if row_bytes is None else ""),
        assembly,
        "packed_depthwise",
        (*sizes, shape.stride, shape.left, table_words, *rescaled),
    )
    return context.instance("packed", made)
