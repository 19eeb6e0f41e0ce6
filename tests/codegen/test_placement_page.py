"""docs/placement.md: its macros and fragments of linker scripts, really linked, put things where the page says."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcugen.compiler import compile_model
from mcugen.targets import find_target
from tests.support.elf import symbols
from tests.support.needs import ROOT, need

PAGE = (ROOT / "docs" / "placement.md").read_text()
MODEL = ROOT / "examples" / "fashion_mnist_tiny" / "fashion_mnist_shallow_a010_32.onnx"
_PROGRAM = """#include "net.h"
static NET_ARENA_SECTION net_ctx ctx;
static int8_t image[NET_IMAGE_BYTES], scores[NET_CLASSES];
int main(void) { return net_invoke(&ctx, image, scores); }
"""
KIB = 1 << 10


@dataclass(frozen=True)
class Part:
    """What a section of the page is about.

    heading: of the section; which: of its blocks with macros, from 0. memories: of the part, by name in linker scripts,
    as first address and bytes. kernels, constants, context: the memories where they are to lie.
    """

    heading: str
    which: int
    target: str
    memories: dict[str, tuple[int, int]]
    kernels: str
    constants: str
    context: str = "RAM"

    def where(self, memory: str) -> range:
        """Addresses."""
        start, size = self.memories[memory]
        return range(start, start + size)


_FLASH = {"FLASH": (0x0800_0000, 1024 * KIB)}
_COUPLED = {"ITCM": (0, 64 * KIB), "DTCM": (0x2000_0000, 128 * KIB), "RAM": (0x2400_0000, 512 * KIB)}
_SERIAL = {"FLASH": (0x1000_0000, 2048 * KIB)}
_TEENSY = {"ITCM": (0, 512 * KIB), "DTCM": (0x2000_0000, 512 * KIB), "FLASH": (0x6000_0000, 7936 * KIB)}
_ESP32 = {
    "iram0_0_seg": (0x4008_0000, 128 * KIB),
    "FLASH": (0x400D_0000, 3264 * KIB),
    "dram0_0_seg": (0x3FFB_0000, 0x2C200),
}
_ESP32_C3 = {
    "iram0_0_seg": (0x4037_C000, 128 * KIB),
    "FLASH": (0x4200_0000, 4096 * KIB),
    "dram0_0_seg": (0x3FC9_0000, 0x2C200),
}
_NORDIC = {"FLASH": (0x2_6000, 796 * KIB), "RAM": (0x2000_6000, 232 * KIB)}
_OPTIONS = {
    "rv32imc": ("--specs=picolibc.specs",),
    # Its package has no run-time library: the ESP8266 has that in ROM.
    "xtensa": ("-mlongcalls", "-mtext-section-literals", "-Wl,--unresolved-symbols=ignore-all"),
}
PARTS = [
    Part("STM32F7, STM32H7: ITCM and DTCM", 0, "cortex-m7", _FLASH | _COUPLED, "ITCM", "DTCM", "DTCM"),
    Part("ESP32", 0, "xtensa", _ESP32, "iram0_0_seg", "dram0_0_seg", "dram0_0_seg"),
    Part("ESP32", 0, "rv32imc", _ESP32_C3, "iram0_0_seg", "dram0_0_seg", "dram0_0_seg"),
    *(
        Part(
            "RP2040, RP2350",
            0,
            target,
            _SERIAL | {"RAM": (0x2000_0000, kib * KIB), "SCRATCH_X": (0x2000_0000 + kib * KIB, 4 * KIB)},
            "RAM",
            "RAM",
            "SCRATCH_X",
        )
        for target, kib in (("cortex-m0plus", 256), ("cortex-m33", 512), ("rv32imc", 512))
    ),
    Part("nRF52840, nRF5340", 0, "cortex-m4", _NORDIC, "FLASH", "RAM"),
    Part(
        "nRF52840, nRF5340", 1, "cortex-m33", {"FLASH": (0, 1024 * KIB), "RAM": (0x2000_0000, 448 * KIB)}, "RAM", "RAM"
    ),
    Part("Teensy 4.1", 0, "cortex-m7", _TEENSY, "ITCM", "FLASH", "DTCM"),
]


def _blocks(part: Part) -> tuple[str, str, str]:
    """The macros, the fragment behind them, and what copies, "" where the page has none."""
    text = PAGE.split(f"## {part.heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"^```(c|text)\n(.*?)^```$", text, re.M | re.S)
    macros = [index for index, (language, block) in enumerate(found) if language == "c" and "#define NET_" in block]
    at = macros[part.which]
    language, fragment = found[at + 1]
    assert language == "text"
    copier = next((block for language, block in found[at + 2 :] if language == "c" and "memcpy" in block), "")
    return found[at][1], fragment, copier


def _script(part: Part, fragment: str) -> str:
    """The framework's linker script: its memories, the page's lines where they are its own, and what is common."""
    memories = "".join(f"  {name} : ORIGIN = {at:#x}, LENGTH = {size}\n" for name, (at, size) in part.memories.items())
    own = "" if "MEMORY" in fragment else fragment
    variables = "RAM" if "RAM" in part.memories else part.context
    common = {
        "*(.text": ".text : { *(.literal .literal.* .text .text.*) } > FLASH",
        "*(.rodata": ".rodata : { *(.rodata .rodata.* .srodata .srodata.*) } > FLASH",
        "*(.init_array": ".init_array : { KEEP(*(.init_array*)) } > FLASH",
        "*(.data": f".data : {{ *(.data .data.*) }} > {part.context} AT> FLASH",
        "*(.bss": f".bss : {{ *(.bss .bss.* .sbss .sbss.* COMMON) }} > {variables}",
    }
    lines = "".join(f"  {line}\n" for pattern, line in common.items() if pattern not in own)
    return f"ENTRY(main)\nMEMORY\n{{\n{memories}}}\nSECTIONS\n{{\n{own}{lines}}}\n"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.heading}-{part.which}-{part.target}")
def test_the_page_puts_things_where_it_says(part: Part, tmp_path: Path) -> None:
    target = find_target(part.target)
    need(f"{target.compiler}gcc")
    macros, fragment, copier = _blocks(part)
    compiled = compile_model(MODEL, target=part.target, name="net")
    files = {**compiled.library.files, "placement.h": macros, "program.c": _PROGRAM, "main.ld": _script(part, fragment)}
    if "MEMORY" in fragment:
        files |= {"network.ld": fragment, "placement.c": copier}
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    flags = [*target.compiler_flags, "-O2", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror"]
    flags += ["-include", "placement.h", "-nostartfiles", "-Wl,--no-warn-rwx-segments", "-Wl,--nmagic"]
    flags += _OPTIONS.get(part.target, ())
    scripts = ["-Wl,--script=network.ld", "-T", "main.ld"] if "network.ld" in files else ["-T", "main.ld"]
    sources = [file for file in files if file.endswith(".c")]
    command = [f"{target.compiler}gcc", *flags, *sources, *scripts, "-o", "a.elf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = symbols(tmp_path / "a.elf", target.compiler)
    kernels = [found[name] for name in found if name.startswith(("stage_", "matrix_"))]
    constants = [found[f"net_{constant.name}"] for constant in compiled.library.constants]
    assert len(kernels) >= len(compiled.plan.stages)
    for memory, those in ((part.kernels, kernels), (part.constants, constants), (part.context, [found["ctx"]])):
        for symbol in those:
            assert symbol.start in part.where(memory)
            assert symbol.start + symbol.size - 1 in part.where(memory)
    # What is copied at the start comes from flash.
    assert all(symbol.load in part.where("FLASH") for symbol in (*kernels, *constants))
