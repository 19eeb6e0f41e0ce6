"""The matrix kernel of packed pixels in assembly for Armv6-M (Cortex-M0+): lines of functions with literal shapes.

Only r0-r7 take part in most instructions and most branches reach 256 bytes. The rest as in `armv7m.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.kernels.packed.shapes import PackedMatrix

ENTER = ("push {r4-r7, lr}", "mov r4, r8", "mov r5, r9", "mov r6, r10", "mov r7, r11", "push {r4-r7}")
LEAVE = ("pop {r4-r7}", "mov r8, r4", "mov r9, r5", "mov r10, r6", "mov r11, r7", "pop {r4-r7, pc}")
# Offsets of the stack frame: this row of the stream, columns, place in the output row, its end, the next channel's
# output row, end of the stream, place in the columns.
_ROW, _COLUMNS, _OUT, _OUT_END, _NEXT, _STREAM_END, _PLACE, _FRAME = range(0, 32, 4)


def literal(register: str, value: int) -> Iterator[str]:
    """A number from 0 up in few instructions."""
    zeros = max(value.bit_length() - 8, 0)
    yield f"movs {register}, #{value >> zeros}"
    if zeros:
        yield f"lsls {register}, {register}, #{zeros}"
    low = value & ((1 << zeros) - 1)
    while low:
        yield f"adds {register}, #{min(low, 255)}"
        low -= min(low, 255)


def header_words(shape: PackedMatrix) -> int:
    """Words in front of a channel's weights: where steps lie on two lines their distance, then both halves of the
    multiplier, the addend, the limit, the start of the sums."""
    return 4 if shape.zero_point is None else 5


def lane_origins(depth: int, block: int) -> int:
    """What the lanes' origins, 2^15 each, add up to in a sum."""
    return depth // block * 0x8000


def word_loop(depth: int) -> tuple[int, int]:
    """(words of four weights in a turn, turns) of the sum over a column."""
    words = depth // 4
    if words <= 4:
        return words, 1
    unrolled = next(u for u in (3, 2, 1) if words % u == 0)
    return unrolled, words // unrolled


def matrix(shape: PackedMatrix) -> Iterator[str]:
    """r0 stream, r1 columns, r2 output row. r8-r11: sums, see `armv7m.py`; r12: what lanes begin with; lr: the
    end of the channel's weights."""
    row_bytes, before_start = shape.depth + 4 * header_words(shape), 4 * (header_words(shape) - 1)
    both = len(shape.blocks) == 2
    yield from ENTER
    yield from (f"sub sp, #{_FRAME}", f"str r1, [sp, #{_COLUMNS}]", f"str r2, [sp, #{_NEXT}]")
    yield from ("ldr r3, 3f", "adds r3, r3, r0", f"str r3, [sp, #{_STREAM_END}]")
    yield from ("movs r3, #128", "lsls r3, r3, #8", "lsls r4, r3, #16", "adds r3, r3, r4", "mov r12, r3")
    yield from ("b 10f", ".align 2", "3:", f".word {shape.channels * row_bytes}")
    yield from ("10:", f"str r0, [sp, #{_ROW}]", f"ldr r2, [sp, #{_NEXT}]", f"str r2, [sp, #{_OUT}]")
    if shape.groups:
        yield from literal("r3", 4 * shape.groups * shape.x_stride)
        yield from ("adds r3, r3, r2", f"str r3, [sp, #{_OUT_END}]")
    yield from literal("r3", shape.channel_stride)
    yield from ("adds r2, r2, r3", f"str r2, [sp, #{_NEXT}]", f"ldr r1, [sp, #{_COLUMNS}]")
    yield from literal("r3", row_bytes)
    yield from ("adds r3, r3, r0", "mov lr, r3")
    if both:
        yield from (
            f"ldr r3, [r0, #{before_start - 8}]",
            f"adds r0, #{before_start}",
            "cmp r3, #0",
            "bpl 8f",
            "b 50f",
            "8:",
        )
    else:
        yield f"adds r0, #{before_start}"
    if 4 in shape.blocks:
        yield from _pixels(shape, 4, "1")
    if both:
        # From the end of the function the begin is out of reach.
        yield from ("b 60f", "49:", "b 10b", "50:")
    if 2 in shape.blocks:
        yield from _pixels(shape, 2, "2")
    yield from ("60:", f"ldr r0, [sp, #{_ROW}]")
    yield from literal("r3", row_bytes)
    yield from ("adds r0, r0, r3", f"ldr r3, [sp, #{_STREAM_END}]", "cmp r0, r3", "beq 61f")
    yield from ("b 49b" if both else "b 10b", "61:")
    yield f"add sp, #{_FRAME}"
    yield from LEAVE


def _pixels(shape: PackedMatrix, block: int, label: str) -> Iterator[str]:
    """All pixels of one output channel."""
    again = (f"ldr r0, [sp, #{_ROW}]", f"adds r0, #{4 * (header_words(shape) - 1)}")
    if shape.groups:
        yield f"{label}1:"
        yield from _sum(shape.depth, block, 2, f"{label}2")
        yield from _end(shape, 4)
        step = shape.x_stride
        yield from literal("r3", step)
        yield from ("adds r0, r0, r3", f"str r0, [sp, #{_OUT}]", f"ldr r3, [sp, #{_OUT_END}]", "cmp r0, r3", "beq 7f")
        yield from (*again, f"b {label}1b")
        yield from _ends_of_range(shape, 4)
        yield "7:"
    if shape.rest:
        if shape.groups:
            yield from again
        yield from _sum(shape.depth, block, 1 if shape.rest <= 2 else 2, f"{label}4")
        yield from _end(shape, shape.rest)
        yield "b 7f"
        yield from _ends_of_range(shape, shape.rest)
        yield "7:"


def _sum(depth: int, block: int, pairs: int, label: str) -> Iterator[str]:
    unrolled, turns = word_loop(depth)
    yield from ("ldmia r0!, {r2}", "mov r9, r2", "lsls r3, r2, #16", "adds r3, r3, r2", "mov r8, r3")
    if pairs == 2:
        yield from ("mov r11, r2", "mov r10, r3")
    if turns > 1:
        yield f"{label}:"
    for _ in range(unrolled):
        yield from _word(block, pairs)
    if turns > 1:
        yield from ("cmp r0, lr", f"bne {label}b")


def _word(block: int, pairs: int) -> Iterator[str]:
    """Four channels; r6 holds the word of weights, r7 one weight."""
    yield "ldmia r0!, {r6}"
    for k in range(4):
        weight = "r7" if k < 3 else "r6"
        if k < 3:
            yield from ("sxtb r7, r6", "asrs r6, r6, #8")
        a, b = ("r2", "r3") if k % block == 0 else ("r4", "r5")
        if pairs == 2:
            yield from (f"ldmia r1!, {{{a}, {b}}}", f"muls {a}, {weight}", f"muls {b}, {weight}")
        else:
            yield from (f"ldr {a}, [r1, #{8 * k}]", f"muls {a}, {weight}")
        if k % block:
            yield "adds r2, r2, r4"
            if pairs == 2:
                yield "adds r3, r3, r5"
        if k % block == block - 1:
            yield from _add_lanes("r2", "r8", "r9")
            if pairs == 2:
                yield from _add_lanes("r3", "r10", "r11")
    if pairs == 1:
        yield "adds r1, #32"


def _add_lanes(lanes: str, both: str, high: str) -> tuple[str, ...]:
    return (f"add {lanes}, r12", f"add {both}, {lanes}", f"lsrs {lanes}, {lanes}, #16", f"add {high}, {lanes}")


def _end(shape: PackedMatrix, pixels: int) -> Iterator[str]:
    """Requantizes and stores pixels; r0 is at the last of them then."""
    yield f"ldr r0, [sp, #{_ROW}]"
    two_lines = shape.zero_point is not None
    if two_lines:
        yield from (f"str r1, [sp, #{_PLACE}]", "ldmia r0!, {r1, r4, r6, r7}")
    else:
        yield "ldmia r0!, {r4, r6, r7}"
    if two_lines or 2 in shape.blocks:
        # Bit 31 of the addend tells blocks of 2.
        yield from ("lsls r6, r6, #1", f"{'asrs' if two_lines else 'lsrs'} r6, r6, #1")
    yield from ("lsrs r5, r4, #16", "uxth r4, r4", f"ldr r0, [sp, #{_OUT}]")
    for pixel in range(pixels):
        both, high = ("r8", "r9") if pixel < 2 else ("r10", "r11")
        if pixel % 2 == 0:
            yield from (f"mov r2, {high}", "lsls r2, r2, #16", f"mov r3, {both}", "subs r2, r3, r2")
        else:
            yield f"mov r2, {high}"
        # Below the limit the fitted line, else 0 or 255 out of line.
        yield from (
            "cmp r2, r7",
            f"bhs 10{pixel}f",
            f"lsrs r3, r2, #{shape.skipped}" if shape.skipped else "mov r3, r2",
        )
        yield from ("muls r3, r4", f"lsrs r3, r3, #{shape.middle}", "muls r2, r5", "adds r2, r2, r3", "adds r2, r2, r6")
        if shape.zero_point is not None:
            # Below 0 the line of the steps below the zero point.
            yield from ("asrs r3, r2, #31", "ands r3, r1", "subs r2, r2, r3", f"asrs r2, r2, #{shape.shift}")
            yield f"{'adds' if shape.zero_point >= -1 else 'subs'} r2, #{abs(shape.zero_point + 1)}"
        else:
            yield f"lsrs r2, r2, #{shape.shift}"
            yield from ("subs r2, #128",) if shape.saturate == "ssat" else ()
        yield f"11{pixel}:"
        if pixel:
            yield from literal("r3", shape.x_stride) if shape.x_stride > 255 else ()
            yield "adds r0, r0, r3" if shape.x_stride > 255 else f"adds r0, #{shape.x_stride}"
        yield "strb r2, [r0]"
    if two_lines:
        yield f"ldr r1, [sp, #{_PLACE}]"


def _ends_of_range(shape: PackedMatrix, pixels: int) -> Iterator[str]:
    for pixel in range(pixels):
        yield from (f"10{pixel}:", "asrs r2, r2, #31", "mvns r2, r2")
        yield from ("subs r2, #128",) if shape.saturate == "ssat" else ()
        yield f"b 11{pixel}b"
