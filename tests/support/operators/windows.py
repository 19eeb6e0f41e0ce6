"""Windows one output pixel at a time, for naive readings of operators."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcugen.ir import Window


def cells(x: np.ndarray, window: Window, row: int, column: int, outside: int | None) -> np.ndarray:
    """The window's cells [N, cells, C] of x [N, H, W, C] for one output pixel; those outside hold `outside` or lack."""
    height, width = x.shape[1:3]
    found = []
    for i in range(window.kernel[0]):
        for j in range(window.kernel[1]):
            y = row * window.stride[0] + i - window.padding[0]
            z = column * window.stride[1] + j - window.padding[2]
            if 0 <= y < height and 0 <= z < width:
                found.append(x[:, y, z])
            elif outside is not None:
                found.append(np.full_like(x[:, 0, 0], outside))
    return np.stack(found, axis=1)


def over_windows(
    x: np.ndarray, window: Window, outside: int | None, function: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    height, width = window.output_size(*x.shape[1:3])
    rows = [
        np.stack([function(cells(x, window, row, column, outside)) for column in range(width)], axis=1)
        for row in range(height)
    ]
    return np.stack(rows, axis=1)
