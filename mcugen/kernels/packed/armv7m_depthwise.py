"""The depthwise kernel of packed pixels in assembly for Armv7-M (Cortex-M3).

All nine weights stay in registers, and sums while the window slides.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.kernels.packed.armv7m import saturate
from mcugen.kernels.packed.shapes import PackedDepthwise, moves_of_sums, unrolled_outputs

# Offsets of the stack frame, behind three words: the rows' places in a channel's table. The last two
# are the distances of the second and third row from the first where those are no constants.
_START, _MULTIPLIER, _ADDEND, _TABLE, _NEXT_COLUMN, _COLUMN, _EVEN, _TABLE_END, _ROW_END = range(12, 48, 4)
_SECOND, _THIRD, _FRAME = 48, 52, 60


def depthwise(shape: PackedDepthwise) -> Iterator[str]:
    """r0 table, r1 rows, r2 columns, r3 order: for each of the three rows the kernel row that meets it, as its offset
    in a channel's table.

    r3-r11: weights, 256-fold where the fit asks for that, three for each of the rows in memory. Sums stay in registers
    while the window slides. r1: the channel's first value in the first row or, where a pointer to each row is given,
    the column to come: `_taps` takes it from one to the next.
    """
    table_bytes = 24 if shape.has_addend else 20
    yield from ("push {r4-r11, lr}", f"sub sp, #{_FRAME}", f"str r2, [sp, #{_NEXT_COLUMN}]")
    yield from ("uxtb r4, r3", "ubfx r5, r3, #8, #8", "ubfx r6, r3, #16, #8", "strd r4, r5, [sp]", "str r6, [sp, #8]")
    if shape.row_bytes is None:
        yield from ("ldrd r4, r5, [r1, #4]", "ldr r1, [r1]", "subs r4, r4, r1", "subs r5, r5, r1")
        yield f"strd r4, r5, [sp, #{_SECOND}]"
    yield from (f"ldr r4, ={shape.channels * table_bytes}", "add r4, r4, r0", f"str r4, [sp, #{_TABLE_END}]", "10:")
    for row in range(3):
        yield from (f"ldr r2, [sp, #{4 * row}]", "add r2, r2, r0")
        yield from (f"ldrsb {_weight(row, j)}, [r2, #{j}]" for j in range(3))
    if shape.scale != 1:
        yield from (f"lsl r{i}, r{i}, #8" for i in range(3, 12))
    yield from ("ldrd r2, lr, [r0, #12]", f"strd r2, lr, [sp, #{_START}]")
    if shape.has_addend:
        yield from ("ldr r12, [r0, #20]", f"str r12, [sp, #{_ADDEND}]")
    yield from (f"adds r0, #{table_bytes}", f"str r0, [sp, #{_TABLE}]", f"ldr r0, [sp, #{_NEXT_COLUMN}]")
    yield from (f"str r0, [sp, #{_COLUMN}]", "adds r0, #8", f"str r0, [sp, #{_NEXT_COLUMN}]")
    yield from _row_stride_1(shape) if shape.stride == 1 else _row_stride_2(shape)
    advance = shape.channel_stride - (shape.width if shape.turns > 1 or shape.row_bytes is None else 0)
    if advance:
        yield f"{'addw' if advance > 0 else 'subw'} r1, r1, #{abs(advance)}"
    yield from (f"ldr r0, [sp, #{_TABLE}]", f"ldr r2, [sp, #{_TABLE_END}]", "cmp r0, r2", "bne 10b")
    yield from (f"add sp, #{_FRAME}", "pop {r4-r11, pc}", ".ltorg")


def _row_stride_1(shape: PackedDepthwise) -> Iterator[str]:
    """Step o loads input column o + 1 and finishes output o."""
    sums = ("r2", "r12", "lr")
    count = unrolled_outputs(shape)
    yield from (f"ldr r2, [sp, #{_START}]", "mov r12, r2")
    yield from _taps(shape, 0, ((1, "r2"), (0, "r12")))
    yield from _begin_turns(shape, 1)
    for o in range(count):
        ending, middle, beginning = sums[o % 3], sums[(o + 1) % 3], sums[(o + 2) % 3]
        last, ends_row = o == count - 1, o == count - 1 and shape.turns == 1
        if last and not ends_row:
            yield from _next_turn(shape, count)
        if not ends_row:
            begins = shape.turns > 1 or o < count - 2
            if begins:
                yield f"ldr {beginning}, [sp, #{_START}]"
            taps = ((2, ending), (1, middle), (0, beginning))
            yield from _taps(shape, 0 if last else o + 1, taps if begins else taps[:2])
        if last and not ends_row:
            yield "12:"
        yield from _finish(shape, ending)
        yield from _store(shape, ending, o)
    yield from (f"mov {to}, {source}" for to, source in moves_of_sums(shape, sums))
    yield from _end_turns(shape, count)


def _row_stride_2(shape: PackedDepthwise) -> Iterator[str]:
    """Output o reads columns 2 * o - left to 2 * o - left + 2; the first or the last is outside the image."""
    sums = ("r2", "r12")
    count = unrolled_outputs(shape)
    yield f"ldr r2, [sp, #{_START}]"
    if shape.left == 0:
        yield from _taps(shape, 0, ((0, "r2"),))
    yield from _begin_turns(shape, 1 - shape.left)
    for o in range(count):
        ending, beginning = sums[o % 2], sums[(o + 1) % 2]
        last, ends_row = o == count - 1, o == count - 1 and shape.turns == 1
        if shape.left == 0:
            yield from _taps(shape, 2 * o + 1, ((1, ending),))
            if last and not ends_row:
                yield from _next_turn(shape, 2 * count)
            if not ends_row:
                yield f"ldr {beginning}, [sp, #{_START}]"
                yield from _taps(shape, 0 if last else 2 * o + 2, ((2, ending), (0, beginning)))
            if last and not ends_row:
                yield "12:"
        else:
            yield from _taps(shape, 2 * o, ((1, ending),))
            if not ends_row:
                yield f"ldr {beginning}, [sp, #{_START}]"
            yield from _taps(shape, 2 * o + 1, ((2, ending),) if ends_row else ((2, ending), (0, beginning)))
            if last and not ends_row and shape.row_bytes is not None:
                yield f"adds r1, #{2 * count}"
        yield from _finish(shape, ending)
        yield from _store(shape, ending, o)
    yield from _end_turns(shape, count)


def _weight(row: int, j: int) -> str:
    return f"r{3 + 3 * row + j}"


def _taps(shape: PackedDepthwise, x: int, sums: tuple[tuple[int, str], ...]) -> Iterator[str]:
    """Column x of the three rows times the weights j of each sum."""
    for row in (0, 1, 2) if shape.row_bytes is not None else (1, 2, 0):
        if shape.row_bytes is not None:
            yield f"ldrb r0, [r1, #{x + row * shape.row_bytes}]"
        elif row:
            yield from (f"ldr r0, [sp, #{(_SECOND, _THIRD)[row - 1]}]", "ldrb r0, [r0, r1]")
        else:
            yield "ldrb r0, [r1], #1"
        yield from (f"mla {register}, {_weight(row, j)}, r0, {register}" for j, register in sums)


def _begin_turns(shape: PackedDepthwise, loaded: int) -> Iterator[str]:
    """loaded: columns before the first turn."""
    if shape.turns > 1:
        left = shape.width - (loaded if shape.row_bytes is None else 0)
        yield from (f"add r0, r1, #{left}", f"str r0, [sp, #{_ROW_END}]", "11:")


def _next_turn(shape: PackedDepthwise, columns: int) -> Iterator[str]:
    yield f"ldr r0, [sp, #{_ROW_END}]"
    if shape.row_bytes is not None:
        yield f"adds r1, #{columns}"
    yield from ("cmp r1, r0", "beq 12f")


def _end_turns(shape: PackedDepthwise, outputs: int) -> Iterator[str]:
    if shape.turns > 1:
        step = 2 * outputs * shape.depth
        yield from (f"ldr r0, [sp, #{_COLUMN}]", f"addw r0, r0, #{step}", f"str r0, [sp, #{_COLUMN}]")
        yield from (f"ldr r0, [sp, #{_ROW_END}]", "cmp r1, r0", "bne 11b")


def _finish(shape: PackedDepthwise, register: str) -> Iterator[str]:
    yield from (f"ldr r0, [sp, #{_MULTIPLIER}]", f"smull r0, {register}, {register}, r0")
    if shape.has_addend:
        yield from (f"ldr r0, [sp, #{_ADDEND}]", f"add {register}, {register}, r0")
    yield saturate("ssat", register, shape.shift)


def _store(shape: PackedDepthwise, register: str, output: int) -> Iterator[str]:
    """Even outputs wait for their neighbour, unless they have none."""
    alone = output % 2 == 0 and output == shape.outputs - 1
    if output % 2 == 0 and not alone:
        yield f"str {register}, [sp, #{_EVEN}]"
        return
    if not alone:
        yield from (f"ldr r0, [sp, #{_EVEN}]", f"add {register}, r0, {register}, lsl #16")
    offset = output // 4 * 8 * shape.depth + output // 2 % 2 * 4
    yield from (f"ldr r0, [sp, #{_COLUMN}]", f"str {register}, [r0, #{offset}]")


def takes_depthwise(shape: PackedDepthwise) -> bool:
    """Whether every displacement fits into its instruction."""
    count = unrolled_outputs(shape)
    last_column = (count - 1) // 4 * 8 * shape.depth + 4
    next_turn = 2 * count * shape.depth if shape.turns > 1 else 0
    last_tap = 2 * shape.row_bytes + shape.width if shape.row_bytes is not None else 0
    return max(last_column, next_turn, last_tap, shape.channel_stride) < 4096
