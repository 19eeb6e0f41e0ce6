"""The helper functions of generated C, called one by one, against fixedpoint."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from mcugen.codegen.environment import environment
from mcugen.fixedpoint import (
    Requantization,
    Rounding,
    SoftmaxNormalization,
    average,
    requantize,
    softmax_exponentials_tflite,
    softmax_normalize,
)
from mcugen.fixedpoint.inverse_root import inverse_root
from mcugen.fixedpoint.log_softmax import logarithm
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import run

FUNCTIONS = (
    "clamp",
    "rounded",
    "rounded_signed",
    "truncated",
    "exact_double",
    "exact_single",
    "average",
    "softmax_reciprocal",
    "logarithm",
    "inverse_root",
)
# Every function gets a name that a shared object exports, and applies itself to arrays.
WRAPPER = """
void many_{name}(const int32_t *a, const int32_t *b, const int32_t *c, const int32_t *d, int32_t *out, int32_t count);
void many_{name}(const int32_t *a, const int32_t *b, const int32_t *c, const int32_t *d, int32_t *out, int32_t count)
{{
    for (int32_t i = 0; i < count; i++) {{
        (void)c;
        (void)d;
        out[i] = f_{name}({arguments});
    }}
}}
"""
FOUR = "a[i], b[i], c[i], d[i]"
WRAPPED = {
    "clamp": "a[i], b[i], c[i]",
    **dict.fromkeys(("rounded", "rounded_signed", "truncated", "exact_double", "exact_single"), FOUR),
    "average": "a[i], b[i]",
}


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    directory = tmp_path_factory.mktemp("functions")
    templates = [environment().get_template(f"functions/{name}.c.j2").render(name="f", upper="F") for name in FUNCTIONS]
    wrappers = [WRAPPER.format(name=name, arguments=arguments) for name, arguments in WRAPPED.items()]
    softmax = """
int32_t one_logarithm(int32_t sum);
int32_t one_logarithm(int32_t sum)
{
    return f_logarithm(sum);
}
int32_t one_root(int32_t value, int32_t *shift);
int32_t one_root(int32_t value, int32_t *shift)
{
    return f_inverse_root(value, shift);
}
int32_t one_reciprocal(int32_t sum, int32_t exponential);
int32_t one_reciprocal(int32_t sum, int32_t exponential)
{
    int32_t headroom;
    const int32_t scale = f_reciprocal(sum, &headroom);
    return f_divide_by_power(f_high_multiply(scale, exponential), 35 - headroom);
}
"""
    head = ["#include <stdint.h>", "#define F_INLINE inline"]
    (directory / "functions.c").write_text("\n".join([*head, *templates, *wrappers, softmax]))
    sanitizer = ["-fsanitize=undefined", "-fno-sanitize-recover=all", "-fsanitize-undefined-trap-on-error"]
    run(["gcc", *STRICT_FLAGS, "-O1", *sanitizer, "-fPIC", "-shared", "functions.c", "-o", "functions.so"], directory)
    return ctypes.CDLL(str(directory / "functions.so"))


def many(functions: ctypes.CDLL, name: str, *arguments: np.ndarray | int) -> np.ndarray:
    """The function applied elementwise; undefined behaviour ends the process."""
    arrays = [np.ascontiguousarray(a, np.int32) for a in np.broadcast_arrays(*arguments)]
    out = np.empty_like(arrays[0])
    padded = [*arrays, *[arrays[0]] * (4 - len(arrays))]
    getattr(functions, f"many_{name}")(*[ctypes.c_void_p(a.ctypes.data) for a in (*padded, out)], out.size)
    return out


def accumulators(rng: np.random.Generator, count: int, largest: int) -> np.ndarray:
    """Of every magnitude up to `largest`, both signs, and the ends."""
    exponents = rng.uniform(0, np.log2(largest), count)
    values = np.floor(np.exp2(exponents)).astype(np.int64) * rng.choice([-1, 1], count)
    return np.concatenate([values, [0, 1, -1, largest, -largest]])


@pytest.mark.parametrize("rounding", Rounding, ids=[r.value for r in Rounding])
def test_exact_forms(rounding: Rounding, functions: ctypes.CDLL) -> None:
    """Over all shifts; the result before the clamp stays in int32 as the overflow proof demands."""
    rng = np.random.default_rng(1)
    for shift in range(-31, 8):
        values = accumulators(rng, 3000, (1 << 30) - 1 >> max(shift, 0))
        multipliers = rng.choice([0, 1 << 30, (1 << 31) - 1, 1_234_567_890, 1_999_999_999], len(values))
        zero_point = int(rng.integers(-128, 256))
        wide = 1 << 40
        one = Requantization(multipliers, np.full(len(values), shift), rounding, zero_point, -wide, wide)
        got = many(functions, f"exact_{rounding.value}", values, multipliers, zero_point, -shift)
        assert np.array_equal(got, requantize(values[None], one)[0]), shift


def test_cheap_forms_are_the_formulas_that_are_proved(functions: ctypes.CDLL) -> None:
    """The planner proves its own formulas; here the C functions equal them, to the last bit before the clamp."""
    rng = np.random.default_rng(2)
    for shift in range(23):
        values = accumulators(rng, 3000, (1 << 30) - 1)
        multipliers = rng.integers(1 << 30, 1 << 31, len(values))
        half = (int(rng.integers(-128, 128)) << shift) + ((1 << shift) >> 1)
        rounded = (values * multipliers + (1 << 30)) >> 31
        expected = {
            "rounded": (rounded + half) >> shift,
            "rounded_signed": (rounded + (rounded >> 31) + half) >> shift,
            "truncated": ((values * multipliers >> 31) + half) >> shift,
        }
        for name, result in expected.items():
            assert np.array_equal(many(functions, name, values, multipliers, half, shift), result), (name, shift)


def test_average(functions: ctypes.CDLL) -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 300, 20_000)
    totals = rng.integers(-255, 256, 20_000) * counts + rng.integers(-300, 300, 20_000)
    assert np.array_equal(many(functions, "average", totals, counts), average(totals, counts))
    small = np.arange(-40, 41)
    for count in range(1, 12):
        assert np.array_equal(many(functions, "average", small, count), average(small, count))


def test_clamp(functions: ctypes.CDLL) -> None:
    values = np.concatenate([np.arange(-400, 400), [-(1 << 31), (1 << 31) - 1]])
    for low, high in ((-128, 127), (0, 255), (3, 3), (-128, -128)):
        assert np.array_equal(many(functions, "clamp", values, low, high), np.clip(values, low, high))


def test_softmax_reciprocal(functions: ctypes.CDLL) -> None:
    """Sums of one class to 2047, near and at powers of two."""
    exponentials = softmax_exponentials_tflite(0.05, 1.0).astype(np.int64)
    rng = np.random.default_rng(4)
    for count in [1, 2, 3, 4, 10, 100, 1000, 2047]:
        for spread in (1, 20, 256):
            row = exponentials[rng.integers(0, spread, count)]
            row[0] = exponentials[0]
            total = sum((int(e) + 2048) >> 12 for e in row)
            expected = softmax_normalize(row[None], SoftmaxNormalization.RECIPROCAL)[0]
            got = [functions.one_reciprocal(total, int(e)) for e in row[:20]]
            assert np.array_equal(np.clip(np.array(got) - 128, -128, 127), expected[:20])


def test_inverse_root(functions: ctypes.CDLL) -> None:
    """Small squares, those around powers of four, and the largest."""
    values = [
        *range(300),
        *(4**power + near for power in range(4, 16) for near in (-1, 0, 1) if 4**power + near < 1 << 31),
    ]
    shift = ctypes.c_int32()
    for value in [*values, (1 << 29) - 1, 1 << 29, (1 << 31) - 1]:
        root = functions.one_root(value, ctypes.byref(shift))
        assert (root, shift.value) == inverse_root(value)
        assert root * 2.0 ** (-31 - shift.value) == pytest.approx(max(value, 1) ** -0.5, rel=1e-4)


def test_logarithm(functions: ctypes.CDLL) -> None:
    """Sums of one exponential to 4095, near and at powers of two and their roots."""
    one = 1 << 19
    near = [round(2 ** (power / 4)) + offset for power in range(4 * 19, 4 * 31) for offset in range(-2, 3)]
    for total in [value for value in near if value >= one] + [(1 << 31) - 1, *range(one, 4095 * one, 3 * one + 7777)]:
        assert functions.one_logarithm(total) == logarithm(total)
        assert logarithm(total) / (1 << 26) == pytest.approx(np.log(total / one), abs=1e-5)
