"""STM32 boards, on PlatformIO's platform `ststm32`.

Sizes are those of the platform's board files (`upload.maximum_size`, `upload.maximum_ram_size`), which are what its
linker scripts and its size check use. They agree with ST's data sheets, named for
each part, but where the note says so. Clocks are what the Arduino core's variant sets: 96 MHz on the Black Pill and
480 MHz on the Nucleo H743ZI, where the board files say 100 and 400. The board file of the Nucleo H7A3ZI-Q, in
`firmware/boards`, is of this project.

OpenMV's camera runs OpenMV's own MicroPython, which no platform of PlatformIO builds; the library goes into it as a
module of C. Sizes and clock are those of its `boards/OPENMV4/board_config.h`.
"""

from mcugen.targets.boards.board import Board
from mcugen.targets.boards.placement import NOWHERE, Placement, tightly_coupled

_KIB = 1 << 10
_MHZ = 1_000_000


def _stm32(
    name: str,
    title: str,
    mcu: str,
    core: str,
    target: str,
    flash_kib: int,
    ram_kib: int,
    mhz: int,
    data_sheet: str,
    memory: str,
    ram_note: str = "",
    placement: Placement = NOWHERE,
) -> Board:
    return Board(
        name=name,
        title=title,
        mcu=mcu,
        core=core,
        target=target,
        flash_bytes=flash_kib * _KIB,
        ram_bytes=ram_kib * _KIB,
        clock_hz=mhz * _MHZ,
        platform="ststm32",
        framework="arduino",
        flash_source=f"data sheet {data_sheet}",
        ram_source=f"data sheet {data_sheet}{ram_note}",
        memory=memory,
        has_debugger=True,
        placement=placement,
    )


BLUEPILL_F103C8 = _stm32(
    "bluepill_f103c8", "Blue Pill", "STM32F103C8T6", "Cortex-M3", "cortex-m3", 64, 20, 72, "DS5319", "stm32f103"
)
BLACKPILL_F411CE = _stm32(
    "blackpill_f411ce",
    "WeAct Black Pill",
    "STM32F411CEU6",
    "Cortex-M4F",
    "cortex-m4",
    512,
    128,
    96,
    "DS10314",
    "stm32f411",
)
NUCLEO_F446RE = _stm32(
    "nucleo_f446re",
    "ST Nucleo-64 F446RE",
    "STM32F446RET6",
    "Cortex-M4F",
    "cortex-m4",
    512,
    128,
    180,
    "DS10693",
    "stm32f446",
)
NUCLEO_L4R5ZI = _stm32(
    "nucleo_l4r5zi",
    "ST Nucleo-144 L4R5ZI",
    "STM32L4R5ZIT6",
    "Cortex-M4F",
    "cortex-m4",
    2048,
    640,
    120,
    "DS12023",
    "stm32l4r5",
)
NUCLEO_F746ZG = _stm32(
    "nucleo_f746zg",
    "ST Nucleo-144 F746ZG",
    "STM32F746ZGT6",
    "Cortex-M7F",
    "cortex-m7",
    1024,
    320,
    216,
    "DS10916",
    "stm32f746",
    placement=tightly_coupled(itcm_kib=16, dtcm_kib=0),  # with DTCM the linker script's RAM begins
)
NUCLEO_H743ZI = _stm32(
    "nucleo_h743zi",
    "ST Nucleo-144 H743ZI",
    "STM32H743ZIT6",
    "Cortex-M7F",
    "cortex-m7",
    2048,
    512,
    480,
    "DS12110",
    "stm32h743",
    ": the 512 KiB of AXI SRAM, of 1 MiB in several banks",
    tightly_coupled(itcm_kib=64, dtcm_kib=128),
)
NUCLEO_U575ZI_Q = _stm32(
    "nucleo_u575zi_q",
    "ST Nucleo-144 U575ZI-Q",
    "STM32U575ZIT6Q",
    "Cortex-M33F",
    "cortex-m33",
    2048,
    768,
    160,
    "DS13737",
    "stm32u575",
    ": SRAM1 to SRAM3, without the 16 KiB of SRAM4",
)
NUCLEO_H7A3ZI_Q = _stm32(
    "nucleo_h7a3zi_q",
    "ST Nucleo-144 H7A3ZI-Q",
    "STM32H7A3ZIT6Q",
    "Cortex-M7F",
    "cortex-m7",
    2048,
    1024,
    280,
    "DS13195",
    "stm32h7a3",
    ": the 1 MiB of AXI SRAM",
    tightly_coupled(itcm_kib=64, dtcm_kib=128),
)
_OPENMV_SOURCE = "OpenMV's boards/OPENMV4/board_config.h"
OPENMV4 = Board(
    name="openmv4",
    title="OpenMV Cam H7",
    mcu="STM32H743VIT6",
    core="Cortex-M7F",
    target="cortex-m7",
    flash_bytes=1664 * _KIB,
    ram_bytes=264 * _KIB,
    clock_hz=480 * _MHZ,
    platform="",
    framework="",
    flash_source=f"{_OPENMV_SOURCE}: the part for firmware, in which OpenMV's own has to fit as well",
    ram_source=f"{_OPENMV_SOURCE}: the largest block of MicroPython's heap",
    memory="stm32h747",  # of the same family and clock; OpenMV sets two wait states less
)

STM32 = (
    BLUEPILL_F103C8,
    BLACKPILL_F411CE,
    NUCLEO_F446RE,
    NUCLEO_L4R5ZI,
    NUCLEO_F746ZG,
    NUCLEO_H743ZI,
    NUCLEO_U575ZI_Q,
    NUCLEO_H7A3ZI_Q,
    OPENMV4,
)
