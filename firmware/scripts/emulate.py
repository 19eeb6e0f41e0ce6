"""Runs what was built for an emulated board in QEMU, its serial port on standard input and output.

python firmware/scripts/emulate.py ENVIRONMENT
"""

import os
import sys
from pathlib import Path

_COMMANDS = {
    "netduinoplus2": ("qemu-system-arm", "-machine", "netduinoplus2"),
    "mps2-an386": ("qemu-system-arm", "-machine", "mps2-an386"),
    "riscv-virt": ("qemu-system-riscv32", "-machine", "virt", "-cpu", "rv32,a=off,f=off,d=off", "-bios", "none"),
}
# An instruction takes 2^7 ns of virtual time: what the ports of emulated boards count (emulated.h).
_OPTIONS = ("-icount", "shift=7,align=off,sleep=off", "-display", "none", "-monitor", "none", "-serial", "stdio")

if len(sys.argv) != 2 or sys.argv[1] not in _COMMANDS:
    sys.exit(f"usage: emulate.py {'|'.join(_COMMANDS)}")
program = Path(__file__).resolve().parents[1] / ".pio" / "build" / sys.argv[1] / "firmware.elf"
if not program.is_file():
    sys.exit(f"{program} has not been built: pio run -e {sys.argv[1]}")
command = [*_COMMANDS[sys.argv[1]], *_OPTIONS, "-semihosting", "-kernel", str(program)]
os.execvp(command[0], command)
