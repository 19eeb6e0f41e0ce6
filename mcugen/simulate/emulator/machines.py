"""The emulated machines, as data: which QEMU, which compiler, which memory map, which counter."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

TIMER_ICOUNT_SHIFT = 7
"""QEMU lets 2**7 ns of virtual time pass per instruction: more than two ticks of every timer used here."""


@dataclass(frozen=True)
class Region:
    """A range of addresses."""

    origin: int
    size: int

    @property
    def end(self) -> int:
        """The first address behind the region."""
        return self.origin + self.size


@dataclass(frozen=True)
class Counter:
    """What instructions are counted with.

    `define` is the macro that tells the run time which device it is and where; `hertz` is its frequency.
    """

    define: str
    hertz: int
    address: int
    reading: int
    """Address of the 32-bit register that holds the count."""

    @property
    def instructions_per_tick(self) -> Fraction:
        """How many instructions pass in a tick of the counter."""
        return Fraction(10**9, self.hertz * 2**TIMER_ICOUNT_SHIFT)


@dataclass(frozen=True)
class Machine:
    """One core and the QEMU machine that it runs on."""

    name: str
    qemu: str
    qemu_machine: str
    gcc_prefix: str
    cpu_flags: tuple[str, ...]
    rom: Region
    ram: Region
    inputs: Region
    counter: Counter | None
    """None where the core itself counts instructions (RISC-V: minstret, 1 ns of virtual time each)."""
    support: tuple[str, ...]
    """The run-time sources in baremetal/."""
    constants: Region | None = None
    """Where constants lie, if not behind the code: on a machine whose memory for code holds no large net."""
    entry: str = "mcu_reset"
    qemu_options: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    notes: str = ""

    @property
    def icount_shift(self) -> int:
        """The logarithm of the nanoseconds of virtual time that QEMU lets pass per instruction."""
        return TIMER_ICOUNT_SHIFT if self.counter else 0

    @property
    def tools(self) -> tuple[str, ...]:
        """The programs that building for it, running and measuring take."""
        return (*(f"{self.gcc_prefix}{tool}" for tool in ("gcc", "size", "objdump")), self.qemu)

    @property
    def is_arm(self) -> bool:
        """Whether this is a Cortex-M."""
        return self.gcc_prefix.startswith("arm")


_MIB = 1 << 20
_ARM_SUPPORT = ("mcu.c", "cortex_m.c", "cortex_m_asm.S")


def _cmsdk(address: int, hertz: int) -> Counter:
    return Counter("MCU_CMSDK_TIMER", hertz, address, address + 4)


def _cortex_m(name: str, qemu_machine: str, *flags: str, rom: int = 0, ram: int = 0x20000000, inputs: int = 0x21000000,
              rom_size: int = 4 * _MIB, ram_size: int = 4 * _MIB, counter: Counter | None = None,
              constants: Region | None = None, defines: tuple[str, ...] = (), notes: str = "") -> Machine:  # fmt: skip
    return Machine(
        name=name, qemu="qemu-system-arm", qemu_machine=qemu_machine, gcc_prefix="arm-none-eabi-",
        cpu_flags=(*flags, "-mthumb"), rom=Region(rom, rom_size), ram=Region(ram, ram_size),
        inputs=Region(inputs, 16 * _MIB), counter=counter or _cmsdk(0x40000000, 25_000_000), support=_ARM_SUPPORT,
        constants=constants, defines=defines, notes=notes,
    )  # fmt: skip


_SOFT = "-mfloat-abi=soft"

_ALL = (
    _cortex_m("cortex-m0plus", "mps2-an385", "-mcpu=cortex-m0plus", _SOFT, defines=("MCU_TRAP_UNALIGNED",),
              notes="runs on an emulated Cortex-M3 that traps unaligned accesses as ARMv6-M does"),
    _cortex_m("cortex-m3", "mps2-an385", "-mcpu=cortex-m3", _SOFT),
    _cortex_m("cortex-m4", "mps2-an386", "-mcpu=cortex-m4", _SOFT),
    _cortex_m("cortex-m4f", "mps2-an386", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
    _cortex_m("cortex-m7", "mps2-an500", "-mcpu=cortex-m7", _SOFT, inputs=0x60000000),
    _cortex_m("cortex-m33", "mps2-an505", "-mcpu=cortex-m33", _SOFT, rom=0x10000000, ram=0x38000000, inputs=0x80000000,
              counter=_cmsdk(0x50000000, 20_000_000), notes="all in the secure state, by the secure aliases"),
    _cortex_m("cortex-m55", "mps3-an547", "-mcpu=cortex-m55", "-mfloat-abi=hard", rom=0x10000000, ram=0x31000000,
              inputs=0x70000000, rom_size=_MIB // 2, ram_size=2 * _MIB, constants=Region(0x78000000, 16 * _MIB),
              counter=Counter("MCU_SYSTEM_COUNTER", 32_000_000, 0x58100000, 0x58100008),
              notes="with Helium; all in the secure state, by the secure aliases"),
    Machine(
        name="rv32imc", qemu="qemu-system-riscv32", qemu_machine="virt", gcc_prefix="riscv64-unknown-elf-",
        cpu_flags=("-march=rv32imc", "-mabi=ilp32", "-mcmodel=medany", "-msmall-data-limit=0"),
        rom=Region(0x80000000, 4 * _MIB), ram=Region(0x80400000, 4 * _MIB), inputs=Region(0x81000000, 16 * _MIB),
        counter=None, support=("mcu.c", "riscv.c", "riscv_asm.S"),
        qemu_options=("-bios", "none", "-cpu", "rv32,a=off,f=off,d=off"), link_flags=("--specs=picolibc.specs",),
        notes="the instruction set of the ESP32-C3; unaligned accesses work, without a penalty",
    ),
    Machine(
        name="xtensa-lx106", qemu="qemu-system-xtensa", qemu_machine="sim", gcc_prefix="xtensa-lx106-elf-",
        cpu_flags=(), rom=Region(0x50000000, 4 * _MIB), ram=Region(0x60000000, 4 * _MIB),
        inputs=Region(0x61000000, 16 * _MIB),
        # CCOUNT, in the core itself.
        counter=Counter("MCU_CCOUNT", 40_000_000, 0, 0),
        support=("mcu.c", "xtensa.c", "xtensa_asm.S", "xtensa_integers.c"), qemu_options=("-cpu", "lx106"),
        notes="the core of the ESP8266, next of kin to those of ESP32 and ESP32-S3; stores into flash are not noticed",
    ),
)  # fmt: skip

MACHINES: dict[str, Machine] = {machine.name: machine for machine in _ALL}
"""The machines by name."""
