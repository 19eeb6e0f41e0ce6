"""The Helium copy of windows: what its loop over pixels can hold."""

from __future__ import annotations

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.kernels.encoded import loop_bytes
from mcugen.kernels.helium.shapes import MOST_ROWS, MOST_VALUES, HeliumWindows
from mcugen.kernels.helium.windows import windows
from tests.support.random_graphs import Block, build

# Bytes over which LE reaches back, from behind itself.
_REACH = 4094


@pytest.mark.parametrize("rows", range(2, MOST_ROWS + 1))
def test_the_loop_is_within_the_reach_of_its_branch(rows: int) -> None:
    """With and without values behind the last whole vector, and distances that take two instructions."""
    longest = MOST_VALUES // rows
    for values in range(longest - 16, longest + 1):
        for step in (values, 4096 + values // 16 * 16):
            (loop,) = loop_bytes(windows(HeliumWindows(rows, values, step)))
            assert loop <= _REACH


@pytest.mark.parametrize(("channels", "taken"), [(1920, True), (1924, False)])
def test_larger_windows_are_copied_one_by_one(channels: int, taken: bool) -> None:
    """Windows of 2x2."""
    blocks = [
        Block("conv", channels=channels, zero_point=7),
        Block("conv", kernel=(2, 2), channels=4, zero_point=-5),
    ]
    graph = build((2, 7, 1), 3, Rounding.DOUBLE, blocks, seed=5)
    library = compile_model(graph, target="cortex-m55", fold_constants=False, name="net").library
    assert any("windows_1(places" in text for text in library.files.values()) is taken


def test_stages_share_the_function_wherever_their_windows_lie() -> None:
    """Padded or not, of rows of three widths."""
    padded = Block("conv", kernel=(3, 3), padding=(1, 1, 1, 1), channels=8, zero_point=7)
    blocks = [Block("conv", channels=8, zero_point=7), padded, Block("conv", kernel=(3, 3), channels=8), padded]
    graph = build((12, 14, 1), 3, Rounding.DOUBLE, blocks, seed=5)
    text = "".join(compile_model(graph, target="cortex-m55", fold_constants=False, name="net").library.files.values())
    assert text.count("windows_1(places") == 3
    assert not any(f"windows_{stage}(" in text for stage in (2, 3))
