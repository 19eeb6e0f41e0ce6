"""A debugger walks out of kernels in assembly: at each instruction it finds the caller and the caller's registers."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.kernels.call_frame import CallFrame
from mcugen.simulate.emulator import MACHINES
from mcugen.simulate.emulator.build import BAREMETAL, defines, linker_script
from tests.codegen.building import run, write
from tests.support.needs import ROOT

MODEL = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
MAIN = """#include "net.h"
int main(void)
{
    static net_ctx ctx;
    static int8_t image[NET_IMAGE_BYTES], scores[NET_OUTPUT_BYTES];
    return net_invoke(&ctx, image, scores);
}
"""


def test_directives_follow_what_an_instruction_does() -> None:
    frame = CallFrame()
    assert frame.behind("push {r4-r5, lr}") == [
        ".cfi_def_cfa_offset 12; .cfi_offset r4, -12; .cfi_offset r5, -8; .cfi_offset lr, -4"
    ]
    assert frame.behind("sub sp, #20") == [".cfi_def_cfa_offset 32"]
    assert frame.behind("add r2, r3") == []
    assert frame.behind("add sp, #20") == [".cfi_def_cfa_offset 12"]
    assert frame.behind("pop {r4-r5, pc}") == []


def test_registers_that_were_moved_before_they_were_pushed() -> None:
    """As on Armv6-M, where push takes r8 to r11 by way of r4 to r7 only."""
    frame = CallFrame()
    frame.behind("push {r4-r5, lr}")
    assert frame.behind("mov r4, r8") == frame.behind("mov r5, r9") == []
    assert frame.behind("push {r4-r5}") == [".cfi_def_cfa_offset 20; .cfi_offset r8, -20; .cfi_offset r9, -16"]
    assert frame.behind("pop {r4-r5}") == [".cfi_def_cfa_offset 12; .cfi_register r8, r4; .cfi_register r9, r5"]
    assert frame.behind("mov r8, r4") == [".cfi_restore r8"]


@pytest.mark.slow
@pytest.mark.needs("{core}", "gdb-multiarch")
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"])
def test_gdb_finds_the_caller_at_each_instruction(core: str, tmp_path: Path) -> None:
    library = compile_model(MODEL, target=core, name="net").library
    kernels = re.findall(r"^NET_NAKED static void (\w+)", "".join(library.files.values()), re.MULTILINE)
    machine = MACHINES[core]
    build_with_all_functions(library, core, tmp_path)
    emulator = (
        f"{machine.qemu} -M {machine.qemu_machine} -display none -monitor none -serial none -chardev null,id=console "
        "-semihosting-config enable=on,target=native,chardev=console -kernel a.elf -S -gdb stdio"
    )
    script = Path(__file__).with_name("walk_out.py")
    gdb = ["gdb-multiarch", "-nx", "-batch", "a.elf", "-ex", f"target remote | {emulator}", "-x", str(script)]
    environment = {"KERNELS": " ".join(kernels), "VECTORS": "yes" if core == "cortex-m55" else ""}
    done = subprocess.run(
        gdb, cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False
    )
    walked = dict(re.findall(r"^walked (\w+) (\d+)$", done.stdout, re.MULTILINE))
    assert set(walked) == set(kernels), done.stderr
    assert all(int(asked) > 20 for asked in walked.values())


def build_with_all_functions(library: Library, core: str, directory: Path) -> None:
    """a.elf with debug information. All functions stay: those that are dropped would have theirs at address 0."""
    machine = MACHINES[core]
    write(library, directory)
    (directory / "main.c").write_text(MAIN)
    (directory / "memory.ld").write_text(linker_script(machine))
    sources = [*sorted(file for file in library.files if file.endswith(".c")), "main.c"]
    flags = [*machine.cpu_flags, "-g", "-O2", "-std=c99"]
    run([f"{machine.gcc_prefix}gcc", *flags, "-Wall", "-Wextra", "-Werror", "-c", *sources], directory)
    support = [str(BAREMETAL / file) for file in machine.support]
    objects = [source.replace(".c", ".o") for source in sources]
    link = [
        "-nostartfiles",
        "-Tmemory.ld",
        "-std=gnu99",
        "-w",
        *defines(machine),
        *support,
        *objects,
        "-lm",
        "-o",
        "a.elf",
    ]
    run([f"{machine.gcc_prefix}gcc", *flags[:-1], *link], directory)
