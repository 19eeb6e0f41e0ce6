"""Evaluation of many images, few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mcugen.ir.tensor import Tensor

# Working sets of about this many elements stay in the second-level cache.
_ELEMENTS = 1 << 17


def in_batches(
    function: Callable[..., np.ndarray], values: Sequence[np.ndarray], output: Tensor, elements: int
) -> np.ndarray:
    """Applies `function` to runs of images, few enough that `elements` an image stay in cache, casting its result.

    values: [N, ...] each. Returns [N, height, width, channels] in the output tensor's dtype.
    """
    images = len(values[0])
    step = max(1, _ELEMENTS // max(elements, output.size))
    result = np.empty((images, *output.shape), output.dtype)
    for start in range(0, images, step):
        batch = slice(start, start + step)
        result[batch] = function(*(value[batch] for value in values))
    return result
