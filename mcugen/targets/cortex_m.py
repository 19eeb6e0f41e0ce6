"""Arm Cortex-M cores.

Flags follow GCC's -mcpu names. Soft float everywhere: the generated code uses floating point only to convert scores and
inputs for the caller's convenience.
"""

from mcugen.targets.target import Target


def _cortex_m(name: str, description: str, rows: int, columns: int, *, dsp: bool = False, packed: str = "") -> Target:
    return Target(
        name=name,
        description=description,
        compiler="arm-none-eabi-",
        compiler_flags=(f"-mcpu={name}", "-mthumb", "-mfloat-abi=soft"),
        matrix_rows=rows,
        matrix_columns=columns,
        dsp=dsp,
        packed=packed,
        channel_multiple=4 if dsp else 1,
        machine=name,
    )


CORTEX_M0PLUS = _cortex_m("cortex-m0plus", "Armv6-M: eight low registers, 32-bit products only", 1, 2, packed="armv6-m")
CORTEX_M3 = _cortex_m("cortex-m3", "Armv7-M: multiply-accumulate, long multiply, saturation", 4, 2, packed="armv7-m")
CORTEX_M4 = _cortex_m("cortex-m4", "Armv7E-M: DSP instructions", 2, 2, dsp=True)
CORTEX_M7 = _cortex_m("cortex-m7", "Armv7E-M, dual issue", 2, 2, dsp=True)
CORTEX_M33 = _cortex_m("cortex-m33", "Armv8-M mainline with DSP instructions", 2, 2, dsp=True)
