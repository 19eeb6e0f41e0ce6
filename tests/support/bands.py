"""Options of bands of rows, for caches that hold much or hardly anything of a small net."""

from __future__ import annotations

from hypothesis import strategies as st

from mcugen.plan.bands import ANY_ROWS, BandOptions
from mcugen.targets.memory import Cache, MemorySystem

_PLENTY = 1 << 20


def slow_flash(cache_bytes: int) -> MemorySystem:
    """Flash so slow that everything pays that saves reading it, behind a cache of so many bytes."""
    return MemorySystem("slow", 1_000_000, 0, 1, 10_000, (), instruction_cache=Cache(cache_bytes, 8, 2), unified=True)


def band_options() -> st.SearchStrategy[BandOptions]:
    """Few rows or any, in RAM of any size or in no more than without; weights in parts or all at once."""
    return st.builds(
        BandOptions,
        rows=st.sampled_from([2, 3, 4, ANY_ROWS]),
        ram_bytes=st.sampled_from([None, _PLENTY, _PLENTY]),
        memory=st.one_of(st.none(), st.sampled_from([256, 1024, 16384]).map(slow_flash)),
    )
