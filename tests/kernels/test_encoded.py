"""Bytes counted in lines of assembly, by the manuals' encodings and as the assembler makes them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mcugen.codegen.code_pieces import compiled_text
from mcugen.compiler import compile_model
from mcugen.kernels.encoded import encoded_bytes, loop_bytes
from mcugen.targets import find_target
from tests.support.needs import ROOT

MODEL = ROOT / "examples" / "fashion_mnist" / "fashion_mnist_mnv1_a025_32.onnx"
_NAKED = re.compile(r"^\w+_NAKED static void (\w+)\(.*?^\}", re.DOTALL | re.MULTILINE)


def _strings(*texts: str) -> list[str]:
    return ["    /* a comment */", *(rf'    "{text}\n"   /* r9 */' for text in texts)]


@pytest.mark.parametrize(
    "text",
    [
        "add r8, r2", "add sp, #508", "add r1, sp, #1020", "adds r1, r2, #7", "adds r1, #255", "subs r1, r1, #8",
        "cmp r9, r10", "ldr r1, [sp, #1020]", "ldr r1, [r2, #124]", "ldrb r1, [r2, #31]", "ldrsb r1, [r2, r3]",
        "ldm r1!, {r2, r3}", "ldm r1, {r0-r2}", "stm r1!, {r2-r4}", "push {r4-r7, lr}", "pop {r4, pc}", "mov r9, r1",
        "movs r1, #255", "lsls r1, r2, #3", "muls r1, r2", "uxtb r1, r2", "b 1f", "bne 1f",
    ],
)  # fmt: skip
def test_short_forms_have_two_bytes(text: str) -> None:
    assert encoded_bytes(_strings(text, "muls r0, r1", "1:")) == 4


@pytest.mark.parametrize(
    "text",
    [
        "add r1, #1", "add r1, r2, r3", "add sp, #512", "adds r1, r2, #8", "adds r1, #256", "subs r8, #1",
        "add r1, r2, r3, lsl #2", "cmp r9, #1", "ldr r1, [sp, #1024]", "ldr r1, [r2, #128]", "ldr r1, [r2], #4",
        "ldr r9, [r2]", "ldrb r1, [r2, #32]", "ldrsb r1, [r2, #1]", "ldm r1, {r2, r3}", "ldm r1!, {r2, r9}",
        "stm r1, {r2-r4}", "push {r4-r11, lr}", "mov r1, #1", "movw r1, #1", "lsl r1, r2, #3", "uxtb16 r1, r2",
        "smlad r1, r2, r3, r4", "vmladava.s8 r0, q1, q2", "ldr r1, =1000",
    ],
)  # fmt: skip
def test_others_have_four(text: str) -> None:
    assert encoded_bytes(_strings(text)) == 4
    assert encoded_bytes(_strings(text, "muls r0, r1", "muls r0, r1")) == 8


def test_a_branch_that_goes_far_is_longer() -> None:
    between = ["muls r0, r1"] * 127
    assert encoded_bytes(_strings("1:", *between[:-1], "bne 1b")) == 2 * 127 + 2
    assert encoded_bytes(_strings("1:", *between, "muls r0, r1", "bne 1b")) == 2 * 128 + 4
    assert encoded_bytes(_strings("1:", *between, "muls r0, r1", "b 1b")) == 2 * 128 + 2 + 2


def test_constants_that_no_move_loads_stand_once_behind_the_code() -> None:
    assert encoded_bytes(_strings("ldr r1, =0x80028001", "ldr r2, =0x80028001")) == 2 + 2 + 4
    assert encoded_bytes(_strings("ldr r9, =0x80028001")) == 4 + 4
    assert encoded_bytes(_strings("ldr r3, 9f", "muls r0, r1", "bx lr", ".align 2", "9:", ".word 1024")) == 6 + 2 + 4


@pytest.mark.needs("{core}")
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"])
def test_kernels_are_as_large_as_their_lines_say(core: str, tmp_path: Path) -> None:
    target = find_target(core)
    library = compile_model(MODEL, target=target, name="net").library
    said = {
        match[1]: encoded_bytes(match[0].splitlines())
        for text in library.files.values()
        for match in _NAKED.finditer(compiled_text(text))
    }
    assert len(said) >= 10
    for file, text in library.files.items():
        (tmp_path / file).write_text(text)
    command = [f"{target.compiler}gcc", *target.compiler_flags, target.optimization, "-ffunction-sections"]
    subprocess.run([*command, "-c", "net.c"], cwd=tmp_path, check=True)
    sizes = [f"{target.compiler}size", "-A", "net.o"]
    listing = subprocess.run(sizes, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    made = dict(re.findall(r"^\.text\.(\w+) +(\d+)", listing, re.MULTILINE))
    assert said == {function: int(made[function]) for function in said}


def test_loops_are_as_long_as_from_their_label_to_the_branch_back() -> None:
    assert loop_bytes(_strings("muls r0, r1", "bx lr")) == []
    inner = ["2:", "smlad r1, r2, r3, r4", "bne 2b"]
    assert loop_bytes(_strings("muls r0, r1", "1:", "muls r0, r1", *inner, "bne 1b", "bx lr")) == [6, 10]
    assert loop_bytes(_strings("dls lr, r1", "1:", "muls r0, r1", "le lr, 1b", "bx lr")) == [6]
    assert loop_bytes(_strings("b 1f", "muls r0, r1", "1:", "bx lr")) == []
