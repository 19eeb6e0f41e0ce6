"""Cameras of boards: what `mcugen new --camera` writes to read them, and which frames they give."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcugen.camera import Camera
from mcugen.diagnostics import McugenError
from mcugen.targets.boards import Board


@dataclass(frozen=True)
class Sensor:
    """A camera, and the program that reads it.

    title: for people. file: of the project, made by the template templates/new/sensor/FILE.j2. formats: of frames, with
    what its library calls them, by the names of `mcugen.camera.FORMATS`; sizes: width and height, likewise; both empty
    where any frame can be read. rows: how many rows stand in static memory or on the heap, 0 for none there, -1 for a
    whole frame. pins: of the board by the names that its template has. options: of PlatformIO, beside the board's own;
    `lib_deps` and `build_flags`.
    """

    title: str
    file: str
    formats: dict[str, str] = field(default_factory=dict)
    sizes: dict[tuple[int, int], str] = field(default_factory=dict)
    rows: int = 0
    pins: dict[str, int | str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)

    def ram_bytes(self, camera: Camera) -> int:
        """Bytes of the board's RAM that rows of the frame take; not those of PSRAM."""
        return camera.row_bytes * (camera.height if self.rows < 0 else self.rows)

    def require(self, camera: Camera, board: Board) -> None:
        """Raises McugenError for a frame that it cannot give."""
        size = (camera.width, camera.height)
        if self.formats and (camera.kind.name not in self.formats or size not in self.sizes):
            formats = " or ".join(self.formats)
            sizes = ", ".join(f"{width}x{height}" for width, height in self.sizes)
            raise McugenError(
                f"the {self.title} of {board.name} gives no {camera.kind.name} of {camera.width}x{camera.height}",
                f"{formats} of {sizes}",
            )


# esp32-camera by Espressif, driver/include/sensor.h: sizes that it has had since Arduino core 2.0.
_OF_ESP32 = {
    (96, 96): "FRAMESIZE_96X96", (160, 120): "FRAMESIZE_QQVGA", (176, 144): "FRAMESIZE_QCIF",
    (240, 176): "FRAMESIZE_HQVGA", (240, 240): "FRAMESIZE_240X240", (320, 240): "FRAMESIZE_QVGA",
    (400, 296): "FRAMESIZE_CIF", (480, 320): "FRAMESIZE_HVGA", (640, 480): "FRAMESIZE_VGA",
}  # fmt: skip
_FORMATS_OF_ESP32 = {"rgb565be": "PIXFORMAT_RGB565", "gray": "PIXFORMAT_GRAYSCALE", "yuyv": "PIXFORMAT_YUV422"}
_MBED_SIZES = {(160, 120): "CAMERA_R160x120", (320, 240): "CAMERA_R320x240"}
_RING_ROWS = 16
"""Of DCMI: what may arrive while a row of the image goes through the net."""

MADE_UP = Sensor("made-up camera", "sensor.c")
"""For boards without a camera: a square that moves."""
FILE = Sensor("file of frames", "sensor_file.c")
"""For the host: frames from standard input."""

_ESP32_CAM = Sensor(
    "OV2640, by esp32-camera,",
    "sensor_esp32.c",
    _FORMATS_OF_ESP32,
    _OF_ESP32,
    # AI-Thinker's schematic, as CAMERA_MODEL_AI_THINKER of the Arduino core's example has them.
    pins={
        "pwdn": 32, "reset": -1, "xclk": 0, "sccb_sda": 26, "sccb_scl": 27, "d7": 35, "d6": 34, "d5": 39, "d4": 36,
        "d3": 21, "d2": 19, "d1": 18, "d0": 5, "vsync": 25, "href": 23, "pclk": 22
    },
)  # fmt: skip
_XIAO_SENSE = Sensor(
    "OV2640 or OV3660, by esp32-camera,",
    "sensor_esp32.c",
    _FORMATS_OF_ESP32,
    _OF_ESP32,
    # Seeed's wiki of the XIAO ESP32-S3 Sense, as CAMERA_MODEL_XIAO_ESP32S3.
    pins={
        "pwdn": -1, "reset": -1, "xclk": 10, "sccb_sda": 40, "sccb_scl": 39, "d7": 48, "d6": 11, "d5": 12, "d4": 14,
        "d3": 16, "d2": 18, "d1": 17, "d0": 15, "vsync": 38, "href": 47, "pclk": 13
    },
)  # fmt: skip
# Pins by the parts' data sheets, all with alternate function 13: DCMI's clock, rows, frames and eight bits; of I2C.
_NUCLEO_64: dict[str, int | str] = {
    "pixclk": "PA_6", "hsync": "PA_4", "vsync": "PB_7", "d0": "PC_6", "d1": "PC_7", "d2": "PC_8", "d3": "PC_9",
    "d4": "PC_11", "d5": "PB_6", "d6": "PB_8", "d7": "PB_9", "sda": "PC12", "scl": "PB10"
}  # fmt: skip
_NUCLEO_144: dict[str, int | str] = {
    "pixclk": "PA_6", "hsync": "PA_4", "vsync": "PG_9", "d0": "PC_6", "d1": "PC_7", "d2": "PC_8", "d3": "PC_9",
    "d4": "PE_4", "d5": "PD_3", "d6": "PE_5", "d7": "PE_6", "sda": "PB9", "scl": "PB8"
}  # fmt: skip


def _by_dcmi(pins: dict[str, int | str]) -> Sensor:
    return Sensor(
        "OV7670, by DCMI,",
        "sensor_dcmi.cpp",
        {"rgb565be": "", "yuyv": ""},
        {(320, 240): ""},
        _RING_ROWS,
        pins,
        {"build_flags": "-DHAL_DCMI_MODULE_ENABLED"},
    )


_OV767X = Sensor(
    "OV7675, by Arduino_OV767X,",
    "sensor_ov767x.cpp",
    {"rgb565be": "RGB565", "gray": "GRAYSCALE"},
    {(160, 120): "QQVGA", (176, 144): "QCIF", (320, 240): "QVGA"},
    rows=-1,
    options={"lib_deps": "arduino-libraries/Arduino_OV767X"},
)
_HIMAX = Sensor(
    "HM01B0 of the vision shield, by Arduino's Camera,",
    "sensor_mbed.cpp",
    {"gray": "CAMERA_GRAYSCALE"},
    _MBED_SIZES,
    rows=-1,
)
_GALAXYCORE = Sensor(
    "GC2145, by Arduino's Camera,", "sensor_mbed.cpp", {"rgb565be": "CAMERA_RGB565"}, _MBED_SIZES, rows=-1
)

SENSORS: dict[str, Sensor] = {
    "native": FILE,
    "esp32cam": _ESP32_CAM,
    "seeed_xiao_esp32s3": _XIAO_SENSE,
    "nucleo_f446re": _by_dcmi(_NUCLEO_64),
    "nucleo_f746zg": _by_dcmi(_NUCLEO_144),
    "nucleo_h743zi": _by_dcmi(_NUCLEO_144),
    "nano33ble": _OV767X,
    "portenta_h7_m7": _HIMAX,
    "nicla_vision": _GALAXYCORE,
}
"""By the names of boards."""


def sensor_of(board: Board) -> Sensor:
    """The camera of the board; `MADE_UP` where no program for one is known."""
    return SENSORS.get(board.name, MADE_UP)
