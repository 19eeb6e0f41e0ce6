"""What the functions of a stage are for: the first word of their names, in the generated code as in predictions."""

from __future__ import annotations

from enum import Enum


class Role(str, Enum):
    """STAGE: computes a row of the stage, by calling the others or, where there are none, by itself. DEPTHWISE: a
    depthwise convolution, into the stage's output or into columns. IM2COL: copies windows into columns.
    WINDOWS: what IM2COL calls for those that lie in the image. MATRIX: multiplies columns with weights."""

    STAGE = "stage"
    DEPTHWISE = "depthwise"
    IM2COL = "im2col"
    WINDOWS = "windows"
    MATRIX = "matrix"

    @staticmethod
    def of(name: str) -> Role | None:
        """That of a function, or of a table of the stage's without stage_N_ before it; None of others."""
        word = name.partition("_")[0]
        return next((role for role in Role if role.value == word), None)


CALLED = (Role.DEPTHWISE, Role.IM2COL, Role.MATRIX)
"""What functions are for that the function of a stage calls."""
