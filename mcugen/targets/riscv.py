"""RISC-V cores."""

from mcugen.targets.target import FamilyUse, Target

RV32IMC = Target(
    name="rv32imc",
    description="RISC-V with multiplication and compressed instructions: ESP32-C3",
    compiler="riscv64-unknown-elf-",
    compiler_flags=("-march=rv32imc", "-mabi=ilp32"),
    matrix_rows=4,
    matrix_columns=4,
    families=(FamilyUse("packed", "c"),),
    sums_in_lanes=True,
    machine="rv32imc",
    costs="rv32imc",
)
