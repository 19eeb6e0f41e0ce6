"""Operators that are refused with better advice than the list of what is supported."""

from __future__ import annotations

from typing import NoReturn

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def batch_norm(out: Translation, call: Call) -> NoReturn:
    """batch_norm after quantization: folding it would change the quantized weights."""
    raise UnsupportedModelError(
        f"{call}: batch normalization that is not folded into a convolution",
        "place it right behind a convolution and export in eval mode: prepare_pt2e and convert_pt2e then fold it",
    )
