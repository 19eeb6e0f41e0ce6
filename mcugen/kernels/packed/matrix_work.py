"""Loop turns of the matrix kernel of packed pixels."""

from __future__ import annotations

import numpy as np

from mcugen.ir import Conv2D
from mcugen.kernels.packed import armv6m, armv7m
from mcugen.kernels.packed.armv6m_literal import length_of_literal
from mcugen.kernels.packed.armv6m_outputs import is_harmless
from mcugen.kernels.packed.select import COMPILED, PackedKernel, core_of
from mcugen.kernels.packed.shapes import TILE_PIXELS
from mcugen.plan.buffer import Buffer
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan, StagePlan

_WRITTEN_OUT = {"c": 3, "c-split": 2}
"""Turns of the loop over a column, of four values each, that compilers write out, by variant of the kernel."""
_IMMEDIATE = 255
"""Largest distance that an instruction adds to a pointer by itself."""


def matrix(plan: Plan, planned: StagePlan, packed: PackedKernel, op: Conv2D) -> Part:
    """The matrix kernel: whole tiles of pixels and the rest, in blocks of either size for one or two pairs of them."""
    stage, buffer = planned.stage, plan.buffers[planned.stage.output.name]
    calls = stage.output.height * packed.fills
    tiles, rest = divmod(stage.output.width // packed.fills, TILE_PIXELS)
    turns: dict[str, float] = {"call": calls * packed.parts(len(packed.blocks))}
    mixed = len(set(packed.blocks.tolist())) == 2
    loop, core = packed.depth // 4, core_of(plan.target)
    # Where no row has two tiles a compiler has no loop around them, and more registers for what is in it.
    alone = " alone" * (core in COMPILED and tiles <= 1)
    for block in (4, 2):
        channels = calls * int(np.sum(packed.blocks == block))
        # One pair of pixels or two.
        whole, pair = tiles + (rest == 3), rest in (1, 2)
        of_column = packed.depth // block
        # A compiler writes the loop over a short column out, differently where there are blocks of both sizes.
        short = f" of {loop} turn{'s' * (loop > 1)}{' among others' * mixed}"
        name = f"block of {block}{short * (loop <= _WRITTEN_OUT.get(core, 0))}{alone}"
        turns[name] = channels * whole * of_column
        turns[f"{name}, one pair"] = channels * pair * of_column
        turns[f"loop, blocks of {block}"] = channels * (whole + pair) * _loop_turns(plan, packed.depth, block)
    channels = calls * len(packed.blocks)
    if mixed:
        for block in (4, 2):
            turns[f"channel of {block} among others"] = calls * int(np.sum(packed.blocks == block))
    else:
        turns["channel"] = channels
    turns |= {"row of tiles": channels * (tiles > 0), f"tile{alone}": channels * tiles, f"rest of {rest}": channels}
    if rest == 0:
        del turns["rest of 0"]
    pixels = TILE_PIXELS * tiles + rest
    if packed.zero_point is not None:
        turns["signed pixel"] = channels * pixels
    elif stage.output.dtype == "int8":
        turns["int8 pixel"] = channels * pixels
    if buffer.x_stride > _IMMEDIATE:
        turns["far pixel"] = channels * pixels
    elif TILE_PIXELS * buffer.x_stride > _IMMEDIATE:
        turns["far tile"] = channels * tiles
    if core == "armv6-m":
        turns |= _of_armv6m(packed, buffer, calls, tiles, rest)
    if core != "armv7-m":
        # What lies outside the range goes another way; below it that is about half of what an activation cuts off.
        turns["unrectified pixel"] = channels * pixels * (op.requantization.zero_point > op.requantization.minimum)
    chunks = len(packed.blocks)
    return Part(
        "matrix",
        "packed matrix",
        turns,
        weight_reads=calls * (tiles + (rest > 0)),
        weight_walks=calls,
        weight_chunks=chunks,
    )


def _of_armv6m(packed: PackedKernel, buffer: Buffer, calls: int, tiles: int, rest: int) -> dict[str, float]:
    """What only the assembly for Armv6-M has: numbers in several instructions, and what lies on the stack where the sum
    over a column is a loop."""
    channels, (unrolled, loop) = calls * len(packed.blocks), armv6m.word_loop(packed.depth)
    row_bytes = packed.channel_bytes
    bytes_of_tiles = TILE_PIXELS * tiles * buffer.x_stride
    in_a_loop = loop > 1
    literals = [
        (bytes_of_tiles, channels * (tiles > 0)),
        (buffer.channel_stride, channels),
        (row_bytes, channels * (1 + in_a_loop)),
        (buffer.x_stride, channels * tiles),
    ]
    if buffer.x_stride > _IMMEDIATE:
        literals.append((buffer.x_stride, channels * (tiles * (TILE_PIXELS - 1) + max(rest - 1, 0))))
    stores = channels * (tiles + (rest > 0))
    two_lines = packed.zero_point is not None
    cleared = not two_lines and 2 in packed.blocks and not is_harmless(packed.matrix.shift)
    return {
        "instruction of a number": sum(length_of_literal(value) * times for value, times in literals),
        "next tile": channels * max(tiles - 1, 0),
        "rest behind tiles": channels * (tiles > 0 and rest > 0),
        "store on two lines": stores * two_lines,
        "store without bit 31": stores * cleared,
        "channel of a loop": channels * in_a_loop,
        "tile of a loop": channels * tiles * in_a_loop,
        "loop that begins inside": stores * (in_a_loop and unrolled * loop > packed.depth // 4),
    }


def _loop_turns(plan: Plan, depth: int, block: int) -> int:
    """Turns of the loop over a column, 0 where there is none."""
    match core_of(plan.target):
        case "armv7-m":
            turns = armv7m.block_loop(depth, block)[1]
        case "armv6-m":
            turns = armv6m.word_loop(depth)[1]
        case _:
            return 0
    return turns if turns > 1 else 0
