"""Instances of the Helium kernels: assembly, and the call of the portable function."""

from __future__ import annotations

from mcugen.kernels.helium.depthwise import depthwise
from mcugen.kernels.helium.matrix import matrix
from mcugen.kernels.helium.shapes import End, HeliumDepthwise, HeliumMatrix, HeliumWindows
from mcugen.kernels.helium.windows import windows
from mcugen.kernels.instances import AssembledInstance

_FORMS = {"truncated": 0, "rounded": 1, "rounded_signed": 2}
_MATRIX_PARAMETERS = "const uint32_t *stream, const int8_t *columns, uint8_t *row"
_WINDOWS_PARAMETERS = "const int8_t *const *places, int8_t *columns, int32_t pixels"
_DEPTHWISE_PARAMETERS = "const uint32_t *table, const uint8_t *const *rows, int8_t *columns"


def matrix_instance(function: str, comment: str, shape: HeliumMatrix) -> AssembledInstance:
    """The function that multiplies a block of columns with the weights."""
    sizes = (shape.depth, shape.channels, shape.pixels, shape.channel_stride, shape.x_stride)
    lines = matrix(shape)
    arguments = (*sizes, *_end(shape.end))
    return AssembledInstance(function, comment, shape, _MATRIX_PARAMETERS, lines, "helium_matrix", arguments)


def depthwise_instance(function: str, comment: str, shape: HeliumDepthwise) -> AssembledInstance:
    """The function that makes a row of columns."""
    sizes = (shape.channels, shape.width, shape.outputs, shape.stride, shape.left)
    lines = depthwise(shape)
    arguments = (*sizes, *_end(shape.end))
    portable = "helium_depthwise_wide" if shape.is_wide else "helium_depthwise"
    return AssembledInstance(function, comment, shape, _DEPTHWISE_PARAMETERS, lines, portable, arguments)


def windows_instance(function: str, comment: str, shape: HeliumWindows) -> AssembledInstance:
    """The function that copies windows into columns."""
    arguments = (shape.rows, shape.row_values, shape.step)
    return AssembledInstance(function, comment, shape, _WINDOWS_PARAMETERS, windows(shape), "helium_windows", arguments)


def _end(end: End) -> tuple[int, ...]:
    return _FORMS[end.form], end.zero_point, end.minimum, end.maximum
