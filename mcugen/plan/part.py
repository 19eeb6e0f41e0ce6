"""A function of the generated code, as what its executed instructions are linear in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mcugen.plan.buffer import Buffer
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.role import Role
from mcugen.powers import is_power_of_two

OUTPUT = "output by "
"""Begin of the name of a loop in which portable code requantizes a value, before the form's."""
RING, RING_2, POOL = "row of a ring", "row of a ring of 2^n", "row of a pool"
QUOTIENT = "bit of a quotient"
_LONGER, _OF_FOUR, _ONES = "division of a longer number", "bit of a quotient by fours", "one of a quotient"
SIGNED = "signed output"
MOVED = "moved "
"""Begin of the name of a loop in which values that lie side by side are copied together (`ir.copies`)."""


@dataclass(frozen=True)
class Part:
    """One function of a stage. function: its name without the stage's number. kind: functions of one kind share their
    constants. turns: by the name of a loop, over a whole inference; loops that take none do not matter. like: kinds
    with the same loops, any of which stands for this one where it was not measured. library: turns in which some cores
    call a function of the compiler's library, besides those of its loops. weight_reads: how often it loads each of its
    weights in an inference, 0 where it has none; weight_walks: how often it goes over all of them, 0 for as often;
    weight_chunks: the parts, each of which it then reads several times before the next. weight_load_bytes: of weights
    that one instruction loads."""

    function: str
    kind: str
    turns: Mapping[str, float]
    like: tuple[str, ...] = ()
    library: Mapping[str, float] = field(default_factory=dict)
    weight_reads: float = 0
    weight_walks: float = 0
    weight_chunks: int = 1
    weight_load_bytes: int = 1

    @property
    def role(self) -> Role | None:
        """What it is for, the first word of its name; None of what runs outside stages."""
        return Role.of(self.function)


def found_rows(buffer: Buffer, count: float) -> dict[str, float]:
    """Turns for finding a row of a buffer `count` times: in a ring the row's number is divided by that of slots, in a
    pool it is looked up, and in others it is no work of its own."""
    if buffer.places is not None:
        return {POOL: count}
    if buffer.slots == 1 or not buffer.is_ring:
        return {}
    return {RING_2 if is_power_of_two(buffer.slots) else RING: count}


def divided_rows(buffer: Buffer, count: float) -> dict[str, float]:
    """Turns of divisions in software, where rows of a ring are found `count` times, on the average of all rows: those
    of a row's number that has more bits than that of slots, and how many more; the bits that a routine looks for which
    leaves out four together that are 0; and bits that are 1, for each of which it subtracts."""
    if RING not in found_rows(buffer, count):
        return {}
    height, slots = buffer.tensor.height, buffer.slots
    turns: Counter[str] = Counter()
    for y in range(height):
        longer = y.bit_length() - slots.bit_length()
        turns[_LONGER] += longer > 0
        turns[QUOTIENT] += max(0, longer)
        turns[_ONES] += (y // slots >> 1).bit_count()
        turns[_OF_FOUR] += next((bits for bits in (0, 3, 7, 11) if y < slots << (bits + 1)), 15)
    return {loop: count * of_rows / height for loop, of_rows in turns.items()}


def called_for_rows(buffer: Buffer, count: float) -> dict[str, float]:
    """Turns in which the library finds rows of a buffer `count` times, apart from work of the function."""
    return found_rows(buffer, count) | divided_rows(buffer, count)


def requantized(epilogue: Epilogue, count: float) -> dict[str, float]:
    """Turns for requantizing `count` values in portable code. Saturating to a byte is one instruction on some cores,
    clamping to other bounds is not."""
    turns = {f"{OUTPUT}{epilogue.form}": count}
    if (epilogue.minimum, epilogue.maximum) != (0, 255):
        turns[SIGNED] = count
    return turns


def is_alike_everywhere(loop: str) -> bool:
    """Whether a turn of the loop is much the same work in every function: a row of a buffer is found, values are copied
    together, or a value is requantized."""
    return loop in (RING, RING_2, POOL, SIGNED) or loop.startswith((OUTPUT, MOVED))


def total(turns: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The sum by loop."""
    counter: Counter[str] = Counter()
    for each in turns:
        counter.update(each)
    return dict(counter)
