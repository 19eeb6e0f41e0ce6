"""Flags that builds of firmware have, built and run on each family of cores: outputs stay as they are."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.codegen.environment import environment
from mcugen.compiler import Compiled, compile_model
from mcugen.fixedpoint import Rounding
from mcugen.inputs import proof_images
from mcugen.ir import verify
from mcugen.simulate.emulator import MACHINES, build, run
from mcugen.targets import find_target
from tests.support.random_graphs import Block
from tests.support.random_graphs import build as build_graph
from tests.support.separable_graphs import tamed

CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m33", "cortex-m55", "rv32imc", "xtensa")
ARM = tuple(core for core in CORES if core.startswith("cortex"))
MAINLINE = tuple(core for core in ARM if core != "cortex-m0plus")
_RELU = {"clamp": "relu", "zero_point": -128, "option": 1}
_SAME = (1, 1, 1, 1)
# Kernels of every kind that each family of cores has.
_BLOCKS = [
    Block("conv", kernel=(3, 3), padding=_SAME, channels=8, **_RELU),
    Block("depthwise", (3, 3), padding=_SAME, **_RELU),
    Block("conv", channels=8, **_RELU),
    Block("depthwise", (3, 3), (2, 2), (0, 1, 0, 1), **_RELU),
    Block("conv", channels=12, option=1, zero_point=3),
    Block("residual", kernel=(3, 3), option=3),
    Block("conv", channels=16, **_RELU),
    Block("maximum", kernel=(2, 2), stride=(2, 2)),
    Block("depthwise", kernel=(2, 3), padding=(0, 1, 1, 1), channels=1, option=1, zero_point=9),
    Block("conv", kernel=(1, 3), padding=(0, 0, 1, 1), channels=8, **_RELU),
    Block("lookup", option=1),
    Block("pad", padding=(0, 1, 1, 0)),
    Block("average", kernel=(2, 2), option=1, zero_point=3),
]
# Hooks that destroy every register that a called function may: what runs them at the wrong place is noticed.
_HOOKS = """
#define HOOK __attribute__((no_instrument_function))
HOOK void __cyg_profile_func_enter(void *function, void *caller);
HOOK void __cyg_profile_func_exit(void *function, void *caller);
#if defined(__arm__)
#define DESTROY __asm volatile("movs r0, #1\\n movs r1, #1\\n movs r2, #1\\n movs r3, #1" ::: "r0", "r1", "r2", "r3")
#else
#define DESTROY (void)0
#endif
void __cyg_profile_func_enter(void *function, void *caller) { (void)function; (void)caller; DESTROY; }
void __cyg_profile_func_exit(void *function, void *caller) { (void)function; (void)caller; DESTROY; }
void __stack_chk_fail(void);
__UINTPTR_TYPE__ __stack_chk_guard = 0x5ca1ab1eu;
void __stack_chk_fail(void) { __builtin_trap(); }
"""
# What is tried, and where: flags of everything that is compiled.
FLAGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "O0": (("-O0",), CORES),
    "O1": (("-O1",), CORES),
    "O3": (("-O3",), CORES),
    "Os": (("-Os",), CORES),
    "Os-no-pragma": (("-Os", "-DNET_NO_OPTIMIZE_PRAGMA"), CORES),
    "O0-no-pragma": (("-O0", "-DNET_NO_OPTIMIZE_PRAGMA"), CORES),
    "stack-protector-strong": (("-O2", "-fstack-protector-strong"), CORES),
    "stack-protector-all": (("-O2", "-fstack-protector-all"), CORES),
    "stack-protector-all-Os": (("-Os", "-fstack-protector-all", "-DNET_NO_OPTIMIZE_PRAGMA"), MAINLINE),
    "instrument-functions": (("-O2", "-finstrument-functions"), CORES),
    "instrument-and-protect": (("-O1", "-finstrument-functions", "-fstack-protector-all"), ARM),
    "lto": (("-O2", "-flto"), CORES),
    "lto-Os": (("-Os", "-flto", "-ffunction-sections", "-DNET_NO_OPTIMIZE_PRAGMA"), ARM),
    "common": (("-O2", "-fcommon"), ("cortex-m4",)),
    "no-common-short-enums": (("-O2", "-fno-common", "-fshort-enums"), CORES),
    "no-short-enums": (("-O2", "-fno-short-enums"), ARM),
    "pure-code": (("-O2", "-mpure-code"), ARM),
    "slow-flash-data": (("-O2", "-mslow-flash-data"), MAINLINE),
    "pic": (("-O2", "-fPIC"), CORES),
    "pie": (("-O2", "-fPIE"), CORES),
    "omit-no-frame-pointer": (("-O2", "-fno-omit-frame-pointer", "-fno-strict-aliasing"), CORES),
    "unsigned-char": (("-O2", "-funsigned-char"), CORES),
    "signed-char": (("-O2", "-fsigned-char"), CORES),
    "hard-float-m4": (("-O2", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"), ("cortex-m4",)),
    "softfp-m4": (("-O2", "-mfpu=fpv4-sp-d16", "-mfloat-abi=softfp"), ("cortex-m4",)),
    "hard-float-m33": (("-O2", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"), ("cortex-m33",)),
    "soft-float-m55": (("-O2", "-mfloat-abi=soft"), ("cortex-m55",)),
}
# The ones that once failed stay with the fast tests.
_FAST = ("stack-protector-all", "instrument-functions")


@cache
def _compiled(core: str) -> Compiled:
    graph = build_graph((12, 12, 3), -1, Rounding.DOUBLE, _BLOCKS, Block("softmax", channels=4, option=1), seed=36)
    graph = verify(graph.with_operators(tuple(tamed(op) for op in graph.operators), graph.tensors))
    return compile_model(graph, target=core, name="net")


def _scores(
    core: str, directory: Path, flags: Sequence[str], images: np.ndarray, *, main: str = "main.c"
) -> np.ndarray:
    machine = MACHINES[find_target(core).machine]
    library = _compiled(core).library
    template = environment().get_template("emulator/main.c.j2")
    rendered = template.render(name="net", upper="NET", trace=False, by_rows=False, frames=False)
    texts = {**library.files, main: rendered, "hooks.c": _HOOKS}
    for file, text in texts.items():
        (directory / file).write_text(text)
    sources = [directory / file for file in texts if not file.endswith(".h")]
    made = build(machine, sources, [directory], directory / "net.elf", flags)
    result = run(machine, made.elf, struct.pack("<2i", len(images), -1) + images.tobytes(), 120).check()
    lines = [line.removeprefix("scores=hex:") for line in result.lines if line.startswith("scores=")]
    return np.frombuffer(bytes.fromhex("".join(lines)), np.int8).reshape(len(images), -1)


def _check(core: str, directory: Path, flags: Sequence[str], *, main: str = "main.c") -> None:
    imported = _compiled(core).imported
    images = proof_images(imported.input_tensor, 2, 1)
    expected = reference.run(imported, images).reshape(len(images), -1)
    # Images whose every score is another's, too, would show little.
    assert np.all(expected[0] != expected[1])
    assert np.array_equal(_scores(core, directory, flags, images, main=main), expected)


@pytest.mark.parametrize("core", CORES)
def test_the_network_has_kernels_of_every_kind(core: str) -> None:
    text = "\n".join(_compiled(core).library.files.values())
    naked = re.findall(r"^NET_NAKED static void (\w+?)_\d|^(MATRIX|DEPTHWISE|FIRST)\w*\(\w", text, re.M)
    kinds = {(one or other).lower() for one, other in naked}
    if core in ARM:
        assert kinds >= {"matrix", "depthwise"}
    for kernel in ("im2col", "depthwise", "matrix", "stage"):
        assert re.search(rf"\b{kernel}_\d+\(", text)


@pytest.mark.needs("{core}")
@pytest.mark.parametrize(
    ("core", "flags"),
    [
        pytest.param(core, flags, id=f"{core}-{name}", marks=() if name in _FAST and core in ARM else pytest.mark.slow)
        for name, (flags, cores) in FLAGS.items()
        for core in cores
    ],
)
def test_outputs_are_the_same(core: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    _check(core, tmp_path, flags)


@pytest.mark.needs("{core}")
@pytest.mark.slow
@pytest.mark.parametrize("core", CORES)
def test_a_program_in_cpp_can_call_it(core: str, tmp_path: Path) -> None:
    _check(core, tmp_path, ("-O2", "-fno-exceptions", "-fno-rtti"), main="main.cpp")


@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4", "cortex-m55"])
def test_a_compiler_that_cannot_leave_kernels_alone_says_so(core: str, tmp_path: Path) -> None:
    """GCC 10 has no attribute against stack protectors: the flag is refused by its name."""
    machine = MACHINES[find_target(core).machine]
    library = _compiled(core).library
    texts = {name: text.replace("__has_attribute(no_stack_protector)", "0") for name, text in library.files.items()}
    for file, text in texts.items():
        (tmp_path / file).write_text(text)
    with pytest.raises(Exception, match="-fstack-protector-all"):
        build(machine, [tmp_path / "net.c"], [tmp_path], tmp_path / "net.elf", ("-O2", "-fstack-protector-all"))
