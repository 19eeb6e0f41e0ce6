"""From C sources to a bare-metal ELF file for one of the machines."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from .errors import find_tool, refusal
from .machines import Machine

BAREMETAL = Path(__file__).parent / "baremetal"
DEFAULT_STACK = 64 * 1024
_RENAMED = {"srodata": "rodata", "sdata": "data", "sbss": "bss", "vectors": "text", "literal": "text"}


@dataclass(frozen=True)
class Sizes:
    """Bytes by kind of section."""

    text: int = 0
    rodata: int = 0
    data: int = 0
    bss: int = 0

    @property
    def flash(self) -> int:
        """What lies in flash: code, constants and the initial values of data."""
        return self.text + self.rodata + self.data

    @property
    def ram(self) -> int:
        """Static RAM; the stack is not in it."""
        return self.data + self.bss


@dataclass(frozen=True)
class BuildReport:
    """What a build made."""

    elf: Path
    total: Sizes
    """The whole program, run time and C library included, the stack left out."""
    objects: Mapping[str, Sizes] = field(default_factory=dict)
    """By source file name, before linking: what one file costs if all of it is used."""
    warnings: str = ""


def build(
    machine: Machine,
    sources: Sequence[Path],
    include_dirs: Iterable[Path] = (),
    output_elf: Path = Path("a.elf"),
    cflags: Sequence[str] = ("-O2",),
    stack_size: int = DEFAULT_STACK,
) -> BuildReport:
    """Compiles and links `sources` with the run time of `machine`.

    Objects are left beside the ELF file in `<name>.objects/`. Raises BuildError with the compiler's output, or
    MissingToolError.
    """
    compiler = find_tool(machine.gcc_prefix + "gcc")
    output_elf = Path(output_elf)
    objects_dir = output_elf.with_suffix(".objects")
    objects_dir.mkdir(parents=True, exist_ok=True)
    includes = [f"-I{Path(directory)}" for directory in include_dirs]
    base = [compiler, *_cpu_flags(machine, cflags), *machine.link_flags, "-ffunction-sections", "-fdata-sections"]
    base += [*cflags, *includes, f"-I{BAREMETAL}"]

    objects: list[Path] = []
    sizes: dict[str, Sizes] = {}
    warnings = ""
    for index, source in enumerate(map(Path, sources)):
        made = objects_dir / f"{index}_{source.name}.o"
        warnings += _call([*base, "-c", str(source), "-o", str(made)])
        objects.append(made)
        sizes[source.name if source.name not in sizes else str(source)] = section_sizes(machine, made)
    # No link-time optimization: it drops functions that the compiler itself calls later, as for long multiplication.
    own = [*base, "-fno-lto", "-O2", "-std=gnu99", "-w", *defines(machine), "-c"]
    for name in machine.support:
        made = objects_dir / f"support_{name}.o"
        _call([*own, str(BAREMETAL / name), "-o", str(made)])
        objects.append(made)

    script = objects_dir / "memory.ld"
    script.write_text(linker_script(machine, stack_size))
    link = ["-nostartfiles", "-Wl,--gc-sections", f"-T{script}", *map(str, objects), "-o", str(output_elf), "-lm"]
    _call([*base, *link])
    return BuildReport(output_elf, section_sizes(machine, output_elf), sizes, warnings)


def linker_script(machine: Machine, stack_size: int = DEFAULT_STACK) -> str:
    """The linker script for the memory map of `machine`."""
    constants = machine.constants
    own = f"ORIGIN = {constants.origin:#x}, LENGTH = {constants.size:#x}" if constants else ""
    return Template((BAREMETAL / "memory.ld.in").read_text()).substitute(
        name=machine.name, entry=machine.entry, stack_size=(stack_size + 7) & ~7,
        rom_origin=hex(machine.rom.origin), rom_size=hex(machine.rom.size),
        ram_origin=hex(machine.ram.origin), ram_size=hex(machine.ram.size),
        constants=f"CONSTANTS (r) : {own}" if constants else "", rodata="CONSTANTS" if constants else "ROM",
    )  # fmt: skip


def section_sizes(machine: Machine, binary: Path) -> Sizes:
    """Sizes of an object or ELF file, by `size -A`."""
    kinds = {"text": 0, "rodata": 0, "data": 0, "bss": 0}
    listing = _run([find_tool(machine.gcc_prefix + "size"), "-A", "-d", str(binary)]).stdout
    for line in listing.splitlines():
        words = line.split()
        if len(words) != 3 or not words[0].startswith(".") or not words[1].isdigit():
            continue
        kind = words[0].lstrip(".").split(".")[0]
        kind = "rodata" if words[0].startswith((".ARM.exidx", ".ARM.extab")) else _RENAMED.get(kind, kind)
        if kind in kinds:
            kinds[kind] += int(words[1])
    return Sizes(**kinds)


def _cpu_flags(machine: Machine, cflags: Sequence[str]) -> list[str]:
    """The flags of `machine` that `cflags` does not set (given twice, they would confuse the choice of libraries)."""
    chosen = {flag.split("=")[0] for flag in cflags if flag.startswith("-m")}
    return [flag for flag in machine.cpu_flags if flag.split("=")[0] not in chosen]


def defines(machine: Machine) -> list[str]:
    """The macros that the run time is compiled with."""
    defines = [f"MCU_INPUT_ADDRESS={machine.inputs.origin:#x}", f"MCU_INPUT_ROOM={machine.inputs.size:#x}"]
    defines += [f"MCU_ROM_ORIGIN={machine.rom.origin:#x}", f"MCU_ROM_SIZE={machine.rom.size:#x}"]
    defines += [f"MCU_RAM_ORIGIN={machine.ram.origin:#x}"]
    if machine.constants is not None:
        defines.append(f"MCU_CONSTANTS_ORIGIN={machine.constants.origin:#x}")
        defines.append(f"MCU_CONSTANTS_SIZE={machine.constants.size:#x}")
    if machine.counter is not None:
        ratio = machine.counter.instructions_per_tick
        shift = ratio.denominator.bit_length() - 1
        if ratio.denominator != 1 << shift or 2 * ratio >= 1:
            raise ValueError(f"{machine.name}: {ratio} instructions a tick cannot be counted exactly")
        defines += [
            f"{machine.counter.define}={machine.counter.address:#x}",
            f"MCU_COUNTER={machine.counter.reading:#x}",
        ]
        defines += [f"MCU_TICKS_NUMERATOR={ratio.numerator}", f"MCU_TICKS_SHIFT={shift}"]
    return [f"-D{define}" for define in (*defines, *machine.defines)]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _call(command: list[str]) -> str:
    """Runs a compiler; what it printed."""
    done = _run(command)
    if done.returncode != 0:
        raise refusal(Path(command[0]).name, done.stderr or done.stdout)
    return done.stderr
