"""Arm Cortex-M cores.

Flags follow GCC's -mcpu names. The generated code uses floating point only to convert scores and inputs for the
caller's convenience, so that a unit for it makes no difference but to how a firmware that uses it has to be compiled:
cortex-m4f is cortex-m4 with the hard-float calling convention, and shares its costs. On the Cortex-M55 that convention
is what gives compilers the vector registers of Helium.
"""

from mcugen.targets.target import FamilyUse, Target

_SOFT_FLOAT = ("-mfloat-abi=soft",)
_DSP = (FamilyUse("dsp"),)
_HELIUM = (FamilyUse("helium"), *_DSP)
# STM32F4, G4, L4 and L4+ read flash through ST's adaptive real-time accelerator, whose instruction cache has 1 KB: 32
# lines of 32 bytes, or 64 of 16 (its section in RM0090, RM0440, RM0351 and RM0432). Where a loop begins within a line,
# it has a part of one more.
_ART_LOOP = 1024 - 32
_SINGLE_PRECISION = ("-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")


def _cortex_m(
    name: str,
    description: str,
    rows: int,
    columns: int,
    *,
    families: tuple[FamilyUse, ...],
    channel_multiple: int = 1,
    sums_in_lanes: bool = False,
    loop_bytes: int = 0,
    cpu: str = "",
    machine: str = "",
    stand_in: str = "",
    float_flags: tuple[str, ...] = _SOFT_FLOAT,
) -> Target:
    return Target(
        name=name,
        description=description,
        compiler="arm-none-eabi-",
        compiler_flags=(f"-mcpu={cpu or name}", "-mthumb", *float_flags),
        matrix_rows=rows,
        matrix_columns=columns,
        families=families,
        channel_multiple=channel_multiple,
        sums_in_lanes=sums_in_lanes,
        loop_bytes=loop_bytes,
        machine=machine or name,
        costs=cpu or name,
        stand_in=stand_in,
    )


CORTEX_M0PLUS = _cortex_m(
    "cortex-m0plus",
    "Armv6-M: eight low registers, 32-bit products only",
    1,
    2,
    families=(FamilyUse("packed", "armv6-m"),),
    sums_in_lanes=True,
)
CORTEX_M3 = _cortex_m(
    "cortex-m3",
    "Armv7-M: multiply-accumulate, long multiply, saturation",
    4,
    2,
    families=(FamilyUse("packed", "armv7-m"),),
    sums_in_lanes=True,
)
CORTEX_M4 = _cortex_m(
    "cortex-m4", "Armv7E-M: DSP instructions", 2, 2, families=_DSP, channel_multiple=4, loop_bytes=_ART_LOOP
)
CORTEX_M4F = _cortex_m(
    "cortex-m4f",
    "Cortex-M4 with a floating-point unit",
    2,
    2,
    families=_DSP,
    channel_multiple=4,
    loop_bytes=_ART_LOOP,
    cpu="cortex-m4",
    float_flags=_SINGLE_PRECISION,
)
CORTEX_M7 = _cortex_m("cortex-m7", "Armv7E-M, dual issue", 2, 2, families=_DSP, channel_multiple=4)
CORTEX_M33 = _cortex_m("cortex-m33", "Armv8-M mainline with DSP instructions", 2, 2, families=_DSP, channel_multiple=4)
CORTEX_M55 = _cortex_m(
    "cortex-m55",
    "Armv8.1-M mainline with DSP instructions and Helium",
    2,
    2,
    families=_HELIUM,
    channel_multiple=4,
    float_flags=("-mfloat-abi=hard",),
)
# GCC knows -mcpu=cortex-m85 from version 13 on; the instructions that kernels use are those of the Cortex-M55.
CORTEX_M85 = _cortex_m(
    "cortex-m85",
    "Armv8.1-M mainline with DSP instructions and Helium, dual issue; built and measured as a Cortex-M55",
    2,
    2,
    families=_HELIUM,
    channel_multiple=4,
    cpu="cortex-m55",
    machine="cortex-m55",
    stand_in="code for the Cortex-M55, which has the same instructions, on an emulated Cortex-M55",
    float_flags=("-mfloat-abi=hard",),
)
