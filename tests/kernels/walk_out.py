"""Run by gdb: steps through kernels in assembly and walks out of them at each instruction.

KERNELS in the environment names the functions, VECTORS is not empty where the core has vector registers. Of each kernel
the first instructions are taken one by one, and those that give back the stack; gdb is asked for the caller at each.
Prints a line a kernel.
"""

import os
import re

import gdb  # type: ignore[import-not-found]

FIRST = 40
LEAVING = re.compile(r"(add\s+sp|v?pop|ldmia\.w\s+sp!|mov\s+(r8|r9|r10|r11|sl|fp),)")
SAVED = [f"r{number}" for number in range(4, 12)] + ["sp"]
if os.environ["VECTORS"]:
    SAVED += [f"d{number}" for number in range(8, 16)]


def registers(frame: gdb.Frame) -> list[str]:
    """What the caller finds again."""
    return [str(frame.read_register(name)) for name in SAVED]


def walk_out() -> str:
    """From the first instruction of a kernel to its caller: the kernel's name, and how often gdb was asked."""
    entered = gdb.selected_frame()
    name, begin, at_entry = entered.name(), entered.pc(), registers(entered)
    back = int(gdb.parse_and_eval("$lr")) & ~1
    lines = entered.architecture().disassemble(begin, entered.block().end - 1)
    # Behind the return stand constants.
    leaves = next(number for number, line in enumerate(lines) if "pc}" in line["asm"])
    while LEAVING.match(lines[leaves - 1]["asm"]):
        leaves -= 1
    asked = 0
    while (here := gdb.selected_frame()).pc() != back:
        outer, place = here.older(), f"{name} + {here.pc() - begin}"
        # A stage that only jumps to its kernel is shown between it and the caller.
        while outer is not None and outer.type() == gdb.TAILCALL_FRAME:
            outer = outer.older()
        assert outer is not None, f"{place}: there is no caller"
        assert outer.pc() & ~1 == back, f"{place}: {outer.pc()} for {back}"
        assert registers(outer) == at_entry, f"{place}: {registers(outer)} for {at_entry}"
        while outer is not None and outer.name() != "main":
            outer = outer.older()
        assert outer is not None, f"{place}: main is not among the callers"
        asked += 1
        if asked == FIRST:
            gdb.execute(f"tbreak *{lines[leaves]['addr']}")
            gdb.execute("continue")
        else:
            gdb.execute("stepi")
    return f"{name} {asked}"


gdb.execute("set pagination off")
missing = set(os.environ["KERNELS"].split())
breakpoints = {name: gdb.Breakpoint(f"*{name}") for name in missing}
while missing:
    gdb.execute("continue")
    reached = gdb.selected_frame().name()
    breakpoints[reached].delete()
    missing.remove(reached)
    print(f"walked {walk_out()}")
gdb.execute("kill")
