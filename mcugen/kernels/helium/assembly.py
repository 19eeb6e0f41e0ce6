"""Helium kernels in assembly: lines of functions with literal shapes.

The shape decides how far loops are unrolled, which displacement each instruction has and what of a window lies in the
image, so it is a program that writes them. `helium_tables.py` describes the tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.kernels.helium.shapes import (
    CHANNELS,
    FARTHEST,
    STEPS_OF_A_TURN,
    VALUES,
    End,
    HeliumDepthwise,
    HeliumMatrix,
    Tile,
)

_SUMS = (("r0", "r2", "r4", "r6"), ("r8", "r10", "r12", "lr"))
_SAVE = ("push {r4-r11, lr}", "vpush {d8-d15}")
_RESTORE = ("vpop {d8-d15}", "pop {r4-r11, pc}")


def matrix(shape: HeliumMatrix) -> Iterator[str]:
    """r0 stream, r1 columns, r2 output row.

    Two pixels by four output channels: eight sums in the even registers, which are all that VMLADAVA adds to. r1, r3:
    the pixels' columns; r5 weights; r7 outputs; r9 tiles to go; r11 end of the weights that a loop takes. q4 to q6:
    starts, multipliers and shifts of the four channels; q7: distances of their outputs where they do not stand
    together. Stack: weights of the channels, columns, outputs, groups of channels to go.
    """
    yield from (*_SAVE, "sub sp, #16", "strd r1, r2, [sp, #4]")
    yield from (f"movw r3, #{shape.channels // CHANNELS}", "str r3, [sp, #12]", "mov r5, r0")
    if shape.rest:
        yield from (f"mov r3, #{shape.rest}", "vctp.8 r3")
    if shape.channel_stride != 1:
        yield from ("mov r4, #0", "vidup.u32 q7, r4, #1", f"movw r3, #{shape.channel_stride}", "vmul.i32 q7, q7, r3")
    yield from ("10:", "vldrw.u32 q4, [r5], #16", "vldrw.u32 q5, [r5], #16", "vldrb.s32 q6, [r5], #4")
    yield from ("str r5, [sp]", "ldrd r1, r7, [sp, #4]")
    peeled, turns = shape.unrolling
    if turns:
        yield from (f"movw r11, #{CHANNELS * VALUES * shape.steps}", "add r11, r11, r5")
    pairs, single = divmod(shape.pixels, 2)
    if pairs > 1:
        yield f"movw r9, #{pairs}"
    for pixels, tiles, label in ((2, pairs, "2"), (1, single, "4")):
        if not tiles:
            continue
        if tiles > 1:
            yield f"{label}0:"
        if tiles > 1 or (pixels == 1 and pairs):
            yield "ldr r5, [sp]"
        yield from _sums(shape, pixels, peeled, turns, f"{label}1")
        yield from _matrix_end(shape, pixels)
        if tiles > 1:
            yield from ("subs r9, #1", f"bne {label}0b")
    yield from ("ldrd r3, r4, [sp, #8]", *_add("r3", CHANNELS * shape.channel_stride), "subs r4, #1")
    yield from ("strd r3, r4, [sp, #8]", "bne 10b", "add sp, #16", *_RESTORE)


def _sums(shape: HeliumMatrix, pixels: int, peeled: int, turns: int, label: str) -> Iterator[str]:
    """The products of a tile; afterwards r1 is at the next tile's columns."""
    if pixels == 2:
        yield from _address("r3", "r1", shape.depth)
    for step in range(peeled):
        yield from _step(pixels, "vmladava" if step else "vmladav")
    if turns:
        yield f"{label}:"
        for _ in range(STEPS_OF_A_TURN):
            yield from _step(pixels, "vmladava")
        yield from ("cmp r5, r11", f"bne {label}b")
    columns = ("r1", "r3")[:pixels]
    if shape.rest:
        yield "vpstt" if pixels == 2 else "vpst"
        yield from (f"vldrbt.u8 q{i}, [{pointer}]" for i, pointer in enumerate(columns))
        yield from _products(pixels, "vmladava" if peeled else "vmladav", shape.rest_stride)
    if pixels == 2:
        yield from _address("r1", "r3", shape.rest)


def _step(pixels: int, multiply: str) -> Iterator[str]:
    yield from (f"vldrb.u8 q{i}, [{pointer}], #16" for i, pointer in enumerate(("r1", "r3")[:pixels]))
    yield from _products(pixels, multiply, VALUES)


def _products(pixels: int, multiply: str, stride: int) -> Iterator[str]:
    for channel in range(CHANNELS):
        weights = f"q{2 + channel % 2}"
        yield f"vldrb.u8 {weights}, [r5], #{stride}"
        yield from (f"{multiply}.s8 {_SUMS[x][channel]}, q{x}, {weights}" for x in range(pixels))


def _matrix_end(shape: HeliumMatrix, pixels: int) -> Iterator[str]:
    for x in range(pixels):
        a, b, c, d = _SUMS[x]
        yield from (f"vmov q{x}[2], q{x}[0], {a}, {c}", f"vmov q{x}[3], q{x}[1], {b}, {d}")
    if shape.end.zero_point:
        yield _move("r0", shape.end.zero_point)
    for x in range(pixels):
        yield from _end(shape.end, x, "q4", "q5", "q6", "q2", "r0")
        if shape.channel_stride == 1:
            yield from _store(x, "r7", shape.x_stride)
        else:
            yield from (f"vstrb.32 q{x}, [r7, q7]", *_add("r7", shape.x_stride))


def depthwise(shape: HeliumDepthwise) -> Iterator[str]:
    """r0 table, r1 the three rows' addresses, r2 columns.

    Four channels of up to three outputs: sums in q0 to q2, a kernel row's weights in q3 to q5, inputs in q6. r3, r4,
    r5: rows; r6 the zero point; r7, r8, r9: where the next channels begin in rows; r10 the same in the columns; r11
    groups of channels to go; lr tiles to go.
    """
    yield from (*_SAVE, "ldm r1, {r7, r8, r9}", "mov r10, r2", f"movw r11, #{shape.channels // CHANNELS}")
    first = shape.tiles()[0][0]
    if first.at:
        yield from (line for row in ("r7", "r8", "r9") for line in _add(row, first.at * shape.channels))
    if shape.end.zero_point:
        yield _move("r6", shape.end.zero_point)
    yield from ("10:", "mov r3, r7", "mov r4, r8", "mov r5, r9", "mov r2, r10")
    for number, (tile, count) in enumerate(shape.tiles()):
        label = 20 + number
        if count > 1:
            yield from (f"movw lr, #{count}", f"{label}:")
        for i, row in enumerate(("r3", "r4", "r5")):
            yield from _kernel_row(shape, tile, i, row)
        yield from ("vldrw.u32 q3, [r0, #36]", "vldrw.u32 q4, [r0, #52]", "vldrb.s32 q5, [r0, #68]")
        for x in range(tile.outputs):
            yield from _end(shape.end, x, "q3", "q4", "q5", "q7", "r6")
            yield from _store(x, "r2", shape.channels)
        if count > 1:
            yield from ("subs lr, #1", f"bne {label}b")
    yield from ("add r7, #4", "add r8, #4", "add r9, #4", "add r10, #4", "add r0, #72")
    yield from ("subs r11, #1", "bne 10b", *_RESTORE)


def _kernel_row(shape: HeliumDepthwise, tile: Tile, i: int, row: str) -> Iterator[str]:
    """Adds the products of one kernel row; afterwards its pointer is at the next tile."""
    yield from (f"vldrb.s32 q{3 + j}, [r0, #{4 * (3 * i + j)}]" for j in range(3))
    at = 0
    begun: set[int] = set()
    for column in tile.inside:
        taps = shape.taps(tile, column)
        if not taps:
            continue
        offset = column * shape.channels - at
        if not -FARTHEST <= offset <= FARTHEST:
            yield from _add(row, offset)
            at, offset = at + offset, 0
        yield f"vldrb.u32 q6, [{row}, #{offset}]"
        for x, j in taps:
            if i == 0 and x not in begun:
                yield f"vmul.i32 q{x}, q6, q{3 + j}"
                begun.add(x)
            else:
                yield from (f"vmul.i32 q7, q6, q{3 + j}", f"vadd.i32 q{x}, q{x}, q7")
    yield from _add(row, tile.outputs * shape.stride * shape.channels - at)


def _end(end: End, q: int, start: str, multiplier: str, shift: str, spare: str, zero_point: str) -> Iterator[str]:
    """Requantizes the sums in a vector to bytes, which are then the lowest of its four words."""
    high = "vqdmulh.s32" if end.form == "truncated" else "vqrdmulh.s32"
    yield from (f"vadd.i32 q{q}, q{q}, {start}", f"{high} q{q}, q{q}, {multiplier}")
    if end.form == "rounded_signed":
        yield from (f"vshr.s32 {spare}, q{q}, #31", f"vadd.i32 q{q}, q{q}, {spare}")
    yield f"vrshl.s32 q{q}, q{q}, {shift}"
    if end.zero_point:
        yield f"vadd.i32 q{q}, q{q}, {zero_point}"
    if (end.minimum, end.maximum) == (0, 255):
        yield from (f"vqmovunb.s32 q{q}, q{q}", f"vqmovnb.u16 q{q}, q{q}")
    elif (end.minimum, end.maximum) == (-128, 127):
        yield from (f"vqmovnb.s32 q{q}, q{q}", f"vqmovnb.s16 q{q}, q{q}")
    else:
        yield from (_constant(spare, end.minimum), f"vmax.s32 q{q}, q{q}, {spare}")
        yield from (_constant(spare, end.maximum), f"vmin.s32 q{q}, q{q}, {spare}")


def _store(q: int, register: str, stride: int) -> Iterator[str]:
    """The lowest bytes of the four words; the register moves on by the stride."""
    if stride <= FARTHEST:
        yield f"vstrb.32 q{q}, [{register}], #{stride}"
    else:
        yield from (f"vstrb.32 q{q}, [{register}]", *_add(register, stride))


def _constant(vector: str, value: int) -> str:
    return f"vmvn.i32 {vector}, #{-value - 1}" if value < 0 else f"vmov.i32 {vector}, #{value}"


def _move(register: str, value: int) -> str:
    return f"mvn {register}, #{-value - 1}" if value < 0 else f"movw {register}, #{value}"


def _add(register: str, value: int) -> Iterator[str]:
    yield from _address(register, register, value)


def _address(register: str, base: str, value: int) -> Iterator[str]:
    """register = base + value; r12 where that takes two steps, which is free wherever an address is computed."""
    if value == 0:
        if register != base:
            yield f"mov {register}, {base}"
    elif abs(value) < 4096:
        yield f"{'addw' if value > 0 else 'subw'} {register}, {base}, #{abs(value)}"
    else:
        yield from (f"movw r12, #{abs(value)}", f"{'add' if value > 0 else 'sub'} {register}, {base}, r12")
