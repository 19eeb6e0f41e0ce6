"""What is written out of the DSP matrix kernels' sums, and that it stays in a small instruction cache."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcugen.codegen.code_pieces import compiled_text
from mcugen.compiler import compile_model
from mcugen.kernels.dsp.matrix import matrix
from mcugen.kernels.dsp.matrix_four import matrix_four
from mcugen.kernels.dsp.shapes import DspMatrix, DspMatrixFour
from mcugen.kernels.dsp.unrolling import (
    LOOP_QUADS,
    SHORT_LOOP_QUADS,
    bounded_unrolling,
    four_unrolling,
    unrolling,
)
from mcugen.kernels.encoded import loop_bytes
from mcugen.targets import TARGETS, Target, find_target
from tests.support.needs import MODELS, ROOT

BUNDLED = ROOT / "examples" / "fashion_mnist" / "fashion_mnist_mnv1_a025_32.onnx"
SHARED = sorted([*MODELS.glob("*.tflite"), *MODELS.glob("*.onnx"), *(MODELS.parent / "field").glob("*.tflite")])
BOUNDED = [target for target in TARGETS if target.loop_bytes]
SMALLEST = min(target.loop_bytes for target in BOUNDED)
DEPTHS = range(4, 4 * 300, 4)
FORMS = ("fitted", "fitted_addend", "signed")
_NAKED = re.compile(r"^\w+_NAKED static void (\w+)\(.*?^\}", re.DOTALL | re.MULTILINE)


def _turns(depth: int, peel: int, loop: int) -> int:
    rest = depth // 4 - 1 - peel
    turns, left = divmod(rest, loop) if loop else (0, rest)
    assert (turns >= 0, left) == (True, 0)
    return turns


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pixels", [1, 2, 3])
@pytest.mark.parametrize("paired", [False, True])
def test_the_loops_of_each_depth_have_as_many_bytes_as_the_bound_allows(form: str, pixels: int, paired: bool) -> None:
    shapes = {depth: bounded_unrolling(depth, pixels, form, SMALLEST, paired=paired) for depth in DEPTHS}
    for depth, (peel, loop) in shapes.items():
        _turns(depth, peel, loop)
    for peel, loop in set(shapes.values()):
        for x_stride in (1, 255, 256):
            lines = matrix(DspMatrix(pixels, x_stride, form, "ssat", 12, peel, loop, paired))
            assert max(loop_bytes(lines)) <= SMALLEST


@pytest.mark.parametrize("form", FORMS)
def test_the_loops_of_four_channels_have_as_many_bytes_as_the_bound_allows(form: str) -> None:
    shapes = {depth: four_unrolling(depth, form, SMALLEST) for depth in DEPTHS}
    for depth, (peel, loop) in shapes.items():
        _turns(depth, peel, loop)
    largest = [
        max(loop_bytes(matrix_four(DspMatrixFour(x_stride, form, "ssat", 12, peel, loop))))
        for peel, loop in set(shapes.values())
        for x_stride in (1, 200, 2047)
    ]
    assert SMALLEST - 96 < max(largest) <= SMALLEST


@pytest.mark.parametrize("form", FORMS)
def test_pairs_that_alternate_stay_within_the_bound(form: str) -> None:
    bounds = {bounded_unrolling(depth, 3, form, SMALLEST, paired=True) for depth in DEPTHS}
    for peel, loop in bounds:
        lines = matrix(DspMatrix(3, 1, form, "ssat", 12, peel, loop, True, True))
        assert max(loop_bytes(lines)) <= SMALLEST


@pytest.mark.parametrize("form", FORMS)
def test_no_other_loop_within_the_bound_has_fewer_turns(form: str) -> None:
    for depth in DEPTHS:
        peel, loop = bounded_unrolling(depth, 3, form, SMALLEST, paired=False)
        turns = _turns(depth, peel, loop)
        assert turns <= _turns(depth, *unrolling(depth, SHORT_LOOP_QUADS))
        others = [n for n in range(1, 12) if turns > (depth // 4 - 1) // n]
        assert not [n for n in others if (depth // 4 - 1) % n + n <= peel + loop]


@pytest.mark.parametrize("loop", [LOOP_QUADS, SHORT_LOOP_QUADS])
def test_loops_without_a_bound_take_so_many_quads(loop: int) -> None:
    for depth in DEPTHS:
        peel, taken = unrolling(depth, loop)
        _turns(depth, peel, taken)
        assert taken in (0, loop)
        assert peel < LOOP_QUADS


@pytest.mark.parametrize("target", BOUNDED, ids=lambda target: target.name)
def test_kernels_of_the_bundled_model_stay_in_the_cache(target: Target) -> None:
    assert _largest_loops(BUNDLED, target)


@pytest.mark.slow
@pytest.mark.parametrize("model", SHARED, ids=lambda path: path.stem)
def test_kernels_of_shared_models_stay_in_the_cache(model: Path) -> None:
    _largest_loops(model, find_target("cortex-m4"))


def _largest_loops(model: Path, target: Target) -> dict[str, int]:
    """The longest loop of each kernel in assembly; asserts that each stays within the target's bound."""
    library = compile_model(model, target=target, name="net").library
    found = {
        match[1]: max(loop_bytes(match[0].splitlines()), default=0)
        for text in library.files.values()
        for match in _NAKED.finditer(compiled_text(text))
    }
    assert not {function: size for function, size in found.items() if size > target.loop_bytes}
    return found
