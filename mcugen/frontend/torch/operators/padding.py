"""pad and constant_pad_nd."""

from __future__ import annotations

import numpy as np

from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def pad(out: Translation, call: Call) -> None:
    """pad of a map; torch lists (before, after) of the last axis first."""
    amounts = call.integers("pad")
    rank = len(call.operand("self").dims)
    pairs = [amounts[i : i + 2] for i in range(0, len(amounts), 2)] + [(0, 0)] * (rank - len(amounts) // 2)
    before, after = zip(*reversed(pairs), strict=True)
    inputs = [
        call.operand("self").name,
        out.constant(call, "pads", np.array([*before, *after], np.int64)),
        out.constant(call, "value", np.array(call.number("value", 0.0), np.float32)),
    ]
    mode = str(call.arguments.get("mode", "constant"))
    out.emit(call, "Pad", inputs, mode={"replicate": "edge", "circular": "wrap"}.get(mode, mode))
