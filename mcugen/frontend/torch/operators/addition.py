"""add: of two maps, or of a constant."""

from __future__ import annotations

import numpy as np

from mcugen.diagnostics import UnsupportedModelError
from mcugen.frontend.torch.call import Call, Operand
from mcugen.frontend.torch.translation import Translation


def add(out: Translation, call: Call) -> None:
    """add of two tensors, or of a tensor and a number."""
    if call.number("alpha") != 1.0:
        raise UnsupportedModelError(f"{call}: alpha {call.number('alpha'):g}", "supported: alpha 1")
    other = call.arguments["other"]
    if not isinstance(other, Operand):
        name = out.constant(call, "other", np.array(call.number("other"), np.float32))
    else:
        name = other.name
    out.emit(call, "Add", [call.operand("self").name, name])
