"""WCH's RISC-V microcontrollers, on the community's PlatformIO platform `ch32v`.

Sizes and clock are those of the platform's board file. The QingKe V4F has single-precision floating point and WCH's own
compressed loads besides RV32IMAC; generated code needs neither.
"""

from mcugen.targets.boards.board import Board

CH32V307_EVT = Board(
    name="ch32v307_evt",
    title="WCH CH32V307 EVT",
    mcu="CH32V307VCT6",
    core="RISC-V RV32IMC",
    target="rv32imc",
    flash_bytes=256 << 10,
    ram_bytes=64 << 10,
    clock_hz=144_000_000,
    platform="ch32v",
    framework="arduino",
    flash_source="PlatformIO's board file ch32v307_evt.json: the zero-wait part of the flash",
    ram_source="PlatformIO's board file ch32v307_evt.json",
    memory="ch32v307",
    has_debugger=True,
)

WCH = (CH32V307_EVT,)
