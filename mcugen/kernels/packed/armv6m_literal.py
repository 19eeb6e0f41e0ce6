"""Numbers in registers of Armv6-M, which has immediate values of eight bits only."""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly, Register


def literal(a: Assembly, register: Register, value: int, comment: str = "") -> None:
    """A number from 0 up in few instructions."""
    zeros = max(value.bit_length() - 8, 0)
    a(f"movs {register}, #{value >> zeros}", comment)
    if zeros:
        a(f"lsls {register}, {register}, #{zeros}")
    low = value & ((1 << zeros) - 1)
    while low:
        a(f"adds {register}, #{min(low, 255)}")
        low -= min(low, 255)


def length_of_literal(value: int) -> int:
    """Instructions of that."""
    zeros = max(value.bit_length() - 8, 0)
    low = value & ((1 << zeros) - 1)
    return 1 + (zeros > 0) + -(-low // 255)
