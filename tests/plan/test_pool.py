"""Pools of rings: rows that exist at the same moment never have the same slot, and no slot is there in vain."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcugen.plan.pool import Ring, make_pools


@st.composite
def rings(draw: st.DrawFn) -> list[Ring]:
    made = []
    for number in range(draw(st.integers(1, 5))):
        rows = draw(st.integers(1, 12))
        births = np.cumsum(draw(st.lists(st.integers(1, 9), min_size=rows, max_size=rows)))
        deaths = births + draw(st.lists(st.integers(0, 20), min_size=rows, max_size=rows))
        made.append(Ring(f"ring {number}", draw(st.integers(8, 40)), rows, births, deaths))
    return made


@given(rings())
def test_living_rows_never_share_a_slot(members: list[Ring]) -> None:
    by_name = {ring.name: ring for ring in members}
    pooled: set[str] = set()
    for pool in make_pools(members):
        assert not pooled & set(pool.places)
        pooled |= set(pool.places)
        rows = [
            (by_name[name].births[y], by_name[name].deaths[y], slot)
            for name, places in pool.places.items()
            for y, slot in enumerate(places)
        ]
        for i, (birth, death, slot) in enumerate(rows):
            assert pool.item.births[slot] <= birth
            assert death <= pool.item.deaths[slot]
            assert all(slot != other[2] or other[1] < birth or death < other[0] for other in rows[:i])
        # As many slots as rows live at the fullest moment, of which one is a birth.
        fullest = max(sum(b <= birth <= d for b, d, _ in rows) for birth, _, _ in rows)
        assert len(pool.item.births) == fullest
        assert all(by_name[name].row_bytes <= pool.item.slot_bytes for name in pool.places)
        assert pool.item.size < sum(by_name[n].slots * by_name[n].row_bytes for n in pool.places)
