"""The depthwise kernel of packed pixels in assembly for Armv6-M (Cortex-M0+).

Six of the nine weights stay in high registers, three on the stack; sums stay in registers while the window slides.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.kernels.packed.armv6m import ENTER, LEAVE, literal
from mcugen.kernels.packed.shapes import PackedDepthwise, moves_of_sums, unrolled_outputs

_TABLE_BYTES = 28
_HIGH_REGISTERS = ("r8", "r9", "r10", "r11", "r12", "lr")
# Offsets of the stack frame; three weights lie at _WEIGHTS.
_START, _LOW, _HIGH, _ADDEND, _LIMIT, _EVEN = range(0, 24, 4)
_COLUMN, _TABLE, _NEXT_COLUMN, _TABLE_END, _ORDER, _ROW_END = range(24, 48, 4)
_WEIGHTS, _STEP = 48, 60


def takes_depthwise(shape: PackedDepthwise) -> bool:
    """Whether every displacement fits into its instruction."""
    reach = shape.width if shape.turns == 1 else 2 * unrolled_outputs(shape)
    return reach <= 32 and shape.width < 256 and shape.channel_stride < 256


def depthwise(shape: PackedDepthwise) -> Iterator[str]:
    """r0 table, r1 rows, r2 columns, r3 order: for each of the three rows the kernel row that meets it, as its offset
    in a channel's table."""
    yield from ENTER
    yield from ("sub sp, #64", f"str r2, [sp, #{_NEXT_COLUMN}]", f"str r3, [sp, #{_ORDER}]")
    yield from ("ldr r3, 3f", "adds r3, r3, r0", f"str r3, [sp, #{_TABLE_END}]", f"str r0, [sp, #{_TABLE}]")
    yield from literal("r3", 8 * shape.depth)
    yield f"str r3, [sp, #{_STEP}]"
    if shape.row_bytes is None:
        yield from ("ldr r0, [r1]", "ldr r2, [r1, #8]", "ldr r1, [r1, #4]")
    else:
        yield from literal("r3", shape.row_bytes)
        yield from ("movs r0, r1", "adds r1, r0, r3", "adds r2, r1, r3")
    yield from ("b 10f", ".align 2", "3:", f".word {shape.channels * _TABLE_BYTES}", "10:")
    yield from _channel()
    yield from _row_stride_1(shape) if shape.stride == 1 else _row_stride_2(shape)
    advance = shape.channel_stride - (shape.width if shape.turns > 1 else 0)
    if advance:
        yield from (f"{'adds' if advance > 0 else 'subs'} r{i}, #{abs(advance)}" for i in range(3))
    yield from (f"ldr r3, [sp, #{_TABLE}]", f"ldr r4, [sp, #{_TABLE_END}]", "cmp r3, r4", "beq 61f", "b 10b", "61:")
    yield "add sp, #64"
    yield from LEAVE


def _channel() -> Iterator[str]:
    """Takes a channel's weights and constants to their places."""
    yield from (f"ldr r3, [sp, #{_TABLE}]", f"ldr r4, [sp, #{_ORDER}]")
    for row in range(3):
        yield "uxtb r5, r4"
        if row < 2:
            yield "lsrs r4, r4, #8"
        for j in range(3):
            i = 3 * row + j
            yield "ldrsb r6, [r3, r5]"
            yield f"mov {_HIGH_REGISTERS[i]}, r6" if i < 6 else f"str r6, [sp, #{_WEIGHTS + 4 * (i - 6)}]"
            if j < 2:
                yield "adds r5, #1"
    yield from ("adds r3, #12", "ldmia r3!, {r4, r5, r6, r7}", f"str r3, [sp, #{_TABLE}]", f"str r4, [sp, #{_START}]")
    yield from ("uxth r4, r5", "lsrs r5, r5, #16", f"str r4, [sp, #{_LOW}]", f"str r5, [sp, #{_HIGH}]")
    yield from (f"str r6, [sp, #{_ADDEND}]", f"str r7, [sp, #{_LIMIT}]", f"ldr r3, [sp, #{_NEXT_COLUMN}]")
    yield from (f"str r3, [sp, #{_COLUMN}]", "adds r3, #8", f"str r3, [sp, #{_NEXT_COLUMN}]")


def _row_stride_1(shape: PackedDepthwise) -> Iterator[str]:
    """Step o loads input column o + 1 and finishes output o."""
    sums = ("r5", "r6", "r7")
    count = unrolled_outputs(shape)
    yield from (f"ldr r5, [sp, #{_START}]", "mov r6, r5")
    yield from _taps(0, ((1, "r5"), (0, "r6")))
    yield from _begin_turns(shape)
    for o in range(count):
        ending, middle, beginning = sums[o % 3], sums[(o + 1) % 3], sums[(o + 2) % 3]
        last, ends_row = o == count - 1, o == count - 1 and shape.turns == 1
        if last and not ends_row:
            yield from _next_turn(count)
        if not ends_row:
            begins = shape.turns > 1 or o < count - 2
            if begins:
                yield f"ldr {beginning}, [sp, #{_START}]"
            taps = ((2, ending), (1, middle), (0, beginning))
            yield from _taps(0 if last else o + 1, taps if begins else taps[:2])
        if last and not ends_row:
            yield "12:"
        yield from _finish(shape, ending, o)
        yield from _store(shape, ending, o)
    yield from (f"mov {to}, {source}" for to, source in moves_of_sums(shape, sums))
    yield from _end_turns(shape)


def _row_stride_2(shape: PackedDepthwise) -> Iterator[str]:
    """Output o reads columns 2 * o - left to 2 * o - left + 2; the first or the last is outside the image."""
    sums = ("r5", "r6")
    count = unrolled_outputs(shape)
    yield f"ldr r5, [sp, #{_START}]"
    if shape.left == 0:
        yield from _taps(0, ((0, "r5"),))
    yield from _begin_turns(shape)
    for o in range(count):
        ending, beginning = sums[o % 2], sums[(o + 1) % 2]
        last, ends_row = o == count - 1, o == count - 1 and shape.turns == 1
        if shape.left == 0:
            yield from _taps(2 * o + 1, ((1, ending),))
            if last and not ends_row:
                yield from _next_turn(2 * count)
            if not ends_row:
                yield f"ldr {beginning}, [sp, #{_START}]"
                yield from _taps(0 if last else 2 * o + 2, ((2, ending), (0, beginning)))
            if last and not ends_row:
                yield "12:"
        else:
            yield from _taps(2 * o, ((1, ending),))
            if not ends_row:
                yield f"ldr {beginning}, [sp, #{_START}]"
            yield from _taps(2 * o + 1, ((2, ending),) if ends_row else ((2, ending), (0, beginning)))
            if last and not ends_row:
                yield from (f"adds r{i}, #{2 * count}" for i in range(3))
        yield from _finish(shape, ending, o)
        yield from _store(shape, ending, o)
    yield from _end_turns(shape)


def _taps(x: int, sums: tuple[tuple[int, str], ...]) -> Iterator[str]:
    """Column x of the three rows times the weights j of each sum."""
    for row in range(3):
        yield f"ldrb r3, [r{row}, #{x}]"
        for j, register in sums:
            i = 3 * row + j
            yield f"mov r4, {_HIGH_REGISTERS[i]}" if i < 6 else f"ldr r4, [sp, #{_WEIGHTS + 4 * (i - 6)}]"
            yield from ("muls r4, r3", f"adds {register}, {register}, r4")


def _begin_turns(shape: PackedDepthwise) -> Iterator[str]:
    if shape.turns > 1:
        yield from ("movs r3, r0", f"adds r3, #{shape.width}", f"str r3, [sp, #{_ROW_END}]", "11:")


def _next_turn(columns: int) -> Iterator[str]:
    yield f"ldr r3, [sp, #{_ROW_END}]"
    yield from (f"adds r{i}, #{columns}" for i in range(3))
    yield from ("cmp r0, r3", "beq 12f")


def _end_turns(shape: PackedDepthwise) -> Iterator[str]:
    if shape.turns > 1:
        yield from (f"ldr r3, [sp, #{_ROW_END}]", "cmp r0, r3", "beq 13f", "b 11b", "13:")


def _finish(shape: PackedDepthwise, register: str, output: int) -> Iterator[str]:
    yield from (f"ldr r3, [sp, #{_LIMIT}]", f"cmp {register}, r3", f"blo 10{output}f")
    yield from (f"asrs {register}, {register}, #31", f"mvns {register}, {register}", f"uxtb {register}, {register}")
    yield from (f"b 20{output}f", f"10{output}:")
    if shape.skipped:
        yield from (f"lsrs r3, {register}, #{shape.skipped}", f"ldr r4, [sp, #{_LOW}]", "muls r3, r4")
    else:
        yield from (f"ldr r3, [sp, #{_LOW}]", f"muls r3, {register}")
    yield from (f"lsrs r3, r3, #{shape.middle}", f"ldr r4, [sp, #{_HIGH}]", f"muls {register}, r4")
    yield from (f"adds {register}, {register}, r3", f"ldr r4, [sp, #{_ADDEND}]", f"adds {register}, {register}, r4")
    yield from (f"lsrs {register}, {register}, #{shape.shift}", f"20{output}:", f"subs {register}, #128")


def _store(shape: PackedDepthwise, register: str, output: int) -> Iterator[str]:
    """Even outputs wait for their neighbour, unless they have none."""
    alone = output % 2 == 0 and output == shape.outputs - 1
    if output % 2 == 0 and not alone:
        yield f"str {register}, [sp, #{_EVEN}]"
        return
    if not alone:
        yield from (f"lsls {register}, {register}, #16", f"ldr r3, [sp, #{_EVEN}]", f"adds {register}, {register}, r3")
    yield f"ldr r4, [sp, #{_COLUMN}]"
    second = output // 2 % 2
    yield f"str {register}, [r4, #{4 * second}]"
    if second:
        yield from (f"ldr r3, [sp, #{_STEP}]", "adds r4, r4, r3", f"str r4, [sp, #{_COLUMN}]")
