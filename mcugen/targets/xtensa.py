"""Xtensa cores."""

from mcugen.targets.target import FamilyUse, Target

XTENSA = Target(
    name="xtensa",
    description="Xtensa LX6 and LX7: ESP32, ESP32-S3; measured on an LX106",
    compiler="xtensa-lx106-elf-",
    compiler_flags=(),
    matrix_rows=2,
    matrix_columns=2,
    families=(FamilyUse("packed", "c-split"),),
    sums_in_lanes=True,
    machine="xtensa-lx106",
    costs="xtensa",
    stand_in="code for the ESP8266's LX106; cycles a rough model of the ESP32's LX6",
)
