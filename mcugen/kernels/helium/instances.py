"""Instances of the Helium kernels: assembly, and the call of the portable twin."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcugen.codegen.views import StageContext
from mcugen.kernels.helium import assembly
from mcugen.kernels.helium.shapes import DepthwiseShape, MatrixShape

_FORMS = {"truncated": 0, "rounded": 1, "rounded_signed": 2}


@dataclass(frozen=True)
class HeliumFunction:
    """One C function: its name, what is written above it, and its shape."""

    function: str
    comment: str
    shape: MatrixShape | DepthwiseShape

    @property
    def parameters(self) -> str:
        """Of the function."""
        if isinstance(self.shape, MatrixShape):
            return "const uint32_t *stream, const int8_t *columns, uint8_t *row"
        return "const uint32_t *table, const uint8_t *const *rows, int8_t *columns"

    @property
    def names(self) -> str:
        """The parameters' names, as arguments."""
        return ", ".join(part.split()[-1].lstrip("*") for part in self.parameters.split(","))

    @property
    def assembly(self) -> tuple[str, ...]:
        """Its lines."""
        if isinstance(self.shape, MatrixShape):
            return tuple(assembly.matrix(self.shape))
        return tuple(assembly.depthwise(self.shape))

    @property
    def twin(self) -> str:
        """The inline C function that does the same."""
        return "helium_matrix" if isinstance(self.shape, MatrixShape) else "helium_depthwise"

    @property
    def arguments(self) -> tuple[int, ...]:
        """The literals that follow the parameters in the twin's call."""
        shape, end = self.shape, self.shape.end
        if isinstance(shape, MatrixShape):
            sizes = (shape.depth, shape.channels, shape.pixels, shape.channel_stride, shape.x_stride)
        else:
            sizes = (shape.channels, shape.width, shape.outputs, shape.stride, shape.left)
        return (*sizes, _FORMS[end.form], end.zero_point, end.minimum, end.maximum)


@dataclass
class Used:
    """functions: of the kernels that stages use."""

    functions: list[HeliumFunction] = field(default_factory=list)


def helium_kernel(context: StageContext, function: str, shape: MatrixShape | DepthwiseShape, comment: str) -> str:
    """The function of this shape: one that another stage has already, or a new one."""
    functions = context.notes(Used).functions
    for known in functions if context.share_kernels else ():
        if known.shape == shape:
            return known.function
    functions.append(HeliumFunction(function, comment, shape))
    return function
