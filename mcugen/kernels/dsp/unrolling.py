"""How much of the matrix kernels' sums is written out: quads of weights before their loops and in a turn of them.

The first quad stands apart, as sums begin there. The more quads a turn takes, the less often its end is asked for; but
where a core's instruction cache is small, all that is done for a tile has to stay in it, or each tile reads the code
from flash again, line by line.
"""

from __future__ import annotations

LOOP_QUADS = 8
"""Quads of weights that one turn of the matrix kernel's loop takes where its code may have any size."""
SHORT_LOOP_QUADS = 3
"""The same where code is to be short: it divides one less than the quads of many depths, so that they share kernels."""
PIXEL_QUADS = 4
"""Quads of a column that one turn of the loop of a matrix kernel of one pixel takes at most."""
_EIGHT_PIXELS = (12, 8, 6, 4, 3, 2, 1)
"""Pixels of a turn of the kernel of depth 8: the first of these that divides their number."""
# Bytes of a quad's code by the pixels of a tile, and at most of all other code of the loop over pairs of channels.
_QUAD_BYTES = {3: 72, 2: 56, 1: 44}
# Of paired ones, which part sums behind it; three pixels' columns are loaded one by one, behind weights.
_PAIRED_QUAD_BYTES, _PARTING_BYTES = {3: 78, 2: 48, 1: 36}, 28
_OTHER_BYTES = {"fitted": 260, "fitted_addend": 260, "signed": 344}
# The same of the kernel of four channels by two pixels.
_FOUR_LOOP_QUADS = 6
_FOUR_QUAD_BYTES = 96
_FOUR_OTHER_BYTES = {"fitted": 330, "fitted_addend": 340, "signed": 456}


def unrolling(depth: int, loop: int) -> tuple[int, int]:
    """(peel, loop) of a matrix kernel: the quads of its depth are 1 + peel + a multiple of loop. 0 for loop: there is
    none."""
    behind = depth // 4 - 1
    return (behind % loop, loop) if behind >= LOOP_QUADS else (behind, 0)


def bounded_unrolling(depth: int, pixels: int, form: str, loop_bytes: int, *, paired: bool) -> tuple[int, int]:
    """The same with the fewest turns, and then the least code, that keep the kernel's loops within so many bytes.
    pixels: of a tile. form: of the end of its sums. paired: as of `DspMatrix`."""
    quad_bytes, other_bytes = _QUAD_BYTES[pixels], _OTHER_BYTES[form]
    if paired:
        quad_bytes, other_bytes = _PAIRED_QUAD_BYTES[pixels], other_bytes + _PARTING_BYTES
    return _bounded(depth, (loop_bytes - other_bytes) // quad_bytes)


def four_unrolling(depth: int, form: str, loop_bytes: int) -> tuple[int, int]:
    """The same of the kernel of four channels by two pixels; loop_bytes 0: without a bound."""
    if not loop_bytes:
        return unrolling(depth, _FOUR_LOOP_QUADS)
    return _bounded(depth, (loop_bytes - _FOUR_OTHER_BYTES[form]) // _FOUR_QUAD_BYTES)


def _bounded(depth: int, most: int) -> tuple[int, int]:
    """most: quads behind the first that may be written out."""
    behind = depth // 4 - 1
    if behind <= most:
        return behind, 0
    # Where it takes one, the loop needs nothing before it.
    loops = [loop for loop in range(1, most + 1) if behind % loop + loop <= most]
    loop = min(loops, key=lambda loop: (behind // loop, behind % loop + loop))
    return behind % loop, loop


def pixel_unrolling(depth: int) -> tuple[int, int, int]:
    """(tail, peel, loop) of a matrix kernel of one pixel: its depth is tail + 4 * (peel + a multiple of loop)."""
    quads, tail = divmod(depth, 4)
    if quads <= PIXEL_QUADS:
        return tail, quads, 0
    loop = PIXEL_QUADS if quads % PIXEL_QUADS == 0 or quads % 3 else 3
    return tail, quads % loop, loop


def eight_unrolling(pixels: int) -> int:
    """Pixels that a turn of the matrix kernel of depth 8 takes."""
    return next(number for number in _EIGHT_PIXELS if pixels % number == 0)
