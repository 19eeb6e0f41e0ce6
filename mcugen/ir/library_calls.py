"""Turns of the compiler's library's functions that copy and clear bytes, by what such a function does with a number of
bytes at an address.

Written in C these functions take words and blocks of words where both addresses are multiples of a word's bytes, else
single bytes, and single bytes of few. Others take words in any case, and make one address a multiple before. Calls for
so few bytes that some cores do without are told apart.
"""

from __future__ import annotations

from collections import Counter

COPY, MOVE, CLEAR = "memcpy", "memmove", "memset"
CALLED = (COPY, MOVE, CLEAR)
"""Names of the functions; those of loops begin with them."""

_WORD, _BLOCK, _LARGE_BLOCK = 4, 16, 64
"""Bytes."""
_IN_PLACE = {COPY: 64, MOVE: 0, CLEAR: 31}
"""The same."""


def called(function: str, size: int, source: int, destination: int) -> Counter[str]:
    """Turns of a call for `size` bytes. source, destination: addresses, or how far these lie behind a multiple
    of a word's bytes."""
    if size <= 0:
        return Counter()
    aligned = (source | destination) % _WORD == 0
    by_bytes = size < _BLOCK or (function == MOVE and not aligned)
    where = " of few bytes" if by_bytes else " apart" * (not aligned)
    # So many are copied and cleared in place on cores that read and write words anywhere.
    short = " short" * (size <= _IN_PLACE[function])
    large = size // _LARGE_BLOCK if function == COPY and not short else 0
    blocks, rest = divmod(size - large * _LARGE_BLOCK, _BLOCK)
    words, left = divmod(rest, _WORD)
    if by_bytes:
        blocks, words, left = 0, 0, size
    loops = {"call": 1, "block of 64": large, "block of 16": blocks, "word": words, "byte": left}
    if function == MOVE:
        loops["loop over words"] = words > 0
    return Counter({f"{function}{short} {loop}{where}": count for loop, count in loops.items() if count})
