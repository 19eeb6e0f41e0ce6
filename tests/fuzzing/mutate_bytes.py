"""Changes of a file's raw bytes, whatever its format."""

from __future__ import annotations

import numpy as np

_WORDS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE]
_LARGEST_RUN = 64


def mutate_bytes(random: np.random.Generator, data: bytes) -> bytes:
    """The bytes with one to eight changes; most of them where the structure is, at both ends of a file."""
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 9))):
        if not changed:
            return b""
        place, length = _place(random, len(changed)), int(random.integers(1, _LARGEST_RUN))
        kind = int(random.integers(7))
        if kind == 0:
            changed[place] ^= 1 << int(random.integers(8))
        elif kind == 1:
            changed[place] = int(random.integers(256))
        elif kind == 2:
            word = _WORDS[int(random.integers(len(_WORDS)))].to_bytes(4, "little")
            changed[place : place + 4] = word
        elif kind == 3:
            del changed[place : place + length]
        elif kind == 4:
            changed[place:place] = random.bytes(length)
        elif kind == 5:
            other = _place(random, len(changed))
            changed[place : place + length] = changed[other : other + length]
        elif random.random() < 0.2:
            del changed[place:]
    return bytes(changed)


def _place(random: np.random.Generator, length: int) -> int:
    if random.random() < 0.25:
        return int(random.integers(length))
    distance = min(int(length * random.random() ** 6), length - 1)
    return distance if random.random() < 0.5 else length - 1 - distance
