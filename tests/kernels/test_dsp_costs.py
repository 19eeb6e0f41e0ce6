"""What tables say of depthwise kernels in assembly is what their text has: no network has all of their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mcugen.kernels.dsp.depthwise_kernels import depthwise
from mcugen.kernels.dsp.shapes import DspDepthwise
from mcugen.plan.constants import table_of

_LOOP, _ODD_ROW = 5, 3
"""Instructions of a row that are counted apart: around the loop over pixels, and of the last pixel of an odd row."""
_SHIFT = 8


def _counted(shape: DspDepthwise) -> tuple[int, int, int]:
    """Instructions of a call, of a row of a channel and of a turn of the loop over pixels: both halves of the channels
    are a turn of the outermost loop."""
    texts = [match[1] for line in depthwise(shape) if (match := re.match(r'\s*"([^"\\]+)\\n"', line))]
    labels = {text[:-1]: place for place, text in enumerate(texts) if text.endswith(":")}
    branches = {match[1]: place for place, text in enumerate(texts) if (match := re.match(r"b\w*\s+(\d+)b", text))}

    def instructions(first: int, end: int) -> int:
        return sum(not text.endswith(":") for text in texts[first:end])

    loops = sorted(instructions(labels[label], place + 1) for label, place in branches.items())
    *pixels, channels, half = loops
    turn = pixels[0] if pixels else 0
    return instructions(0, len(texts)) - half + 2 * (half - channels), channels - turn, turn


def _of_stride_1() -> Iterator[tuple[DspDepthwise, str, str, int]]:
    """Shapes, what tables call their row and their turn, and what of a row is counted apart."""
    for together in (1, 2, 3, 6, 8):
        for odd in (0, 1):
            shape = DspDepthwise("S1", False, True, (together, _SHIFT, "LOOP", odd))
            yield shape, f"row of {together}", f"turn of {together}", _LOOP + _ODD_ROW * odd
    for pixels, loop in (
        (5, "LOOP_NONE"),
        (7, "LOOP_NONE"),
        (9, "LOOP_NONE"),
        (11, "LOOP"),
        (13, "LOOP"),
        (15, "LOOP"),
    ):
        shape = DspDepthwise("S1_MIXED", False, True, (pixels, _SHIFT, loop))
        yield shape, f"row of {pixels} mixed", "turn of 3 mixed", _LOOP * (loop == "LOOP")


def _of_stride_2() -> Iterator[tuple[DspDepthwise, str, str, int]]:
    for left in (0, 1):
        for together in (1, 2, 3, 6):
            for parity, odd in (("EVEN", ""), ("ODD", " odd")):
                shape = DspDepthwise("S2", False, True, (together, _SHIFT, "LOOP", parity, left))
                yield shape, f"row of {together}{odd} padding {left}", f"turn of {together} padding {left}", _LOOP
        for pixels, loop in ((5, "LOOP_NONE"), (7, "LOOP_NONE"), (11, "LOOP"), (13, "LOOP")):
            shape = DspDepthwise("S2_MIXED", False, True, (pixels, _SHIFT, loop, left))
            row = f"row of {pixels} mixed padding {left}"
            yield shape, row, f"turn of 3 mixed padding {left}", _LOOP * (loop == "LOOP")


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"])
@pytest.mark.parametrize("stride", [1, 2])
def test_rows_of_depthwise_kernels_are_those_of_their_text(core: str, stride: int) -> None:
    table = table_of(core)
    assert table is not None
    costs = {loop: cost[0] for loop, cost in table.functions[f"dsp depthwise stride {stride}"].items()}
    compared = 0
    for shape, row, turn, apart in _of_stride_1() if stride == 1 else _of_stride_2():
        if row not in costs:
            continue  # rows of two pixels or more whose number is odd are tiles of three
        call = costs["call"] + costs["call of mixed"] * ("MIXED" in shape.variant)
        found = call, costs[row] + apart, costs[turn] if _counted(shape)[2] else 0
        assert found == _counted(shape), (row, shape)
        compared += 1
    assert compared >= 16
