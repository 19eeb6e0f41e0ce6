"""ESP32 boards, on PlatformIO's platform `espressif32`.

The flash of a program is not that of the chip but the application's partition in the default partition table of the
Arduino core; another table gives more. RAM is the part of the internal memory that static data can have.
"""

from mcugen.targets.boards.board import Board

_PARTITION_4M = 0x14_0000
_PARTITION_8M = 0x33_0000
_PARTITION_HUGE = 0x30_0000
_RAM = 320 << 10
_RAM_SOURCE = "PlatformIO's board file: internal memory that static data can have"


def _esp32(
    name: str, title: str, mcu: str, core: str, target: str, partition: int, table: str, mhz: int, memory: str
) -> Board:
    return Board(
        name=name,
        title=title,
        mcu=mcu,
        core=core,
        target=target,
        flash_bytes=partition,
        ram_bytes=_RAM,
        clock_hz=mhz * 1_000_000,
        platform="espressif32",
        framework="arduino",
        flash_source=f"the application's partition in the Arduino core's {table}",
        ram_source=_RAM_SOURCE,
        memory=memory,
    )


ESP32DEV = _esp32(
    "esp32dev", "ESP32 DevKit", "ESP32", "Xtensa LX6", "xtensa", _PARTITION_4M, "default.csv", 240, "esp32"
)
ESP32_S3_DEVKITC_1 = _esp32(
    "esp32-s3-devkitc-1",
    "ESP32-S3-DevKitC-1",
    "ESP32-S3",
    "Xtensa LX7",
    "xtensa",
    _PARTITION_8M,
    "default_8MB.csv",
    240,
    "esp32s3",
)
ESP32_C3_DEVKITM_1 = _esp32(
    "esp32-c3-devkitm-1",
    "ESP32-C3-DevKitM-1",
    "ESP32-C3",
    "RISC-V RV32IMC",
    "rv32imc",
    _PARTITION_4M,
    "default.csv",
    160,
    "esp32c3",
)

ESP32CAM = _esp32(
    "esp32cam", "AI-Thinker ESP32-CAM", "ESP32", "Xtensa LX6", "xtensa", _PARTITION_HUGE, "huge_app.csv", 240, "esp32"
)
SEEED_XIAO_ESP32S3 = _esp32(
    "seeed_xiao_esp32s3",
    "Seeed XIAO ESP32-S3 Sense",
    "ESP32-S3",
    "Xtensa LX7",
    "xtensa",
    _PARTITION_8M,
    "default_8MB.csv",
    240,
    "esp32s3",
)

ESP32 = (ESP32DEV, ESP32_S3_DEVKITC_1, ESP32_C3_DEVKITM_1, ESP32CAM, SEEED_XIAO_ESP32S3)
