"""Synthetic layers: small networks whose shapes are varied, to measure what code costs by its loops.

No trained model has a part in them. They are built as the tests' random graphs are, but calmer: every channel is
calibrated, as training and quantization leave it. The last are drawn as those are that predictions are judged by, by
other seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import layers_of_branches as branches
import layers_of_convolutions as convolutions
import layers_of_filters as filters
import layers_of_operators as operators
import layers_of_pools as of_pools
from layers_of_convolutions import DENSE

from mcugen.ir import Graph
from tests.support.unseen_nets import FIRST_SEEN, unseen_net

_WIDTHS = ((48, 24, 12, 6, 3), (40, 20, 10, 5), (36, 18, 9), (28, 14, 7), (32, 16, 8, 4), (44, 22, 11), (26, 13))
_OTHERS = (
    *("add", "residual", "average", "mul", "lookup", "maximum", "pad", "resize", "slice", "concat", "reshape"),
    "repeat",
)

_BY_NUMBER = (
    ("reaching", 3, of_pools.reaching, True),
    ("thrice rounded", 2, operators.thrice_rounded, True),
    ("small windows", 4, convolutions.small_windows, True),
    ("lengths", 2, operators.lengths, True),
    ("cropped", 6, operators.cropped, False),
    ("vectors", 4, operators.vectors, True),
    ("around", 5, of_pools.around, False),
    ("two pixels", 8, of_pools.two_pixels, True),
    ("few columns", 10, of_pools.few_columns, True),
    ("last", 6, of_pools.last, True),
    ("indexed", 3, of_pools.indexed, True),
    ("halved", 12, of_pools.halved, True),
    ("few rows", 10, of_pools.few_rows, False),
    ("wide", 42, of_pools.wide, True),
    ("whole", 6, of_pools.whole, True),
    ("small pools", 4, of_pools.small, True),
    ("turned", 6, operators.turned, True),
    ("beside", 7, operators.beside, True),
    ("narrow", 6, operators.narrow, True),
    ("odd windows", 6, convolutions.odd_windows, True),
    ("prime rows", 3, convolutions.prime_rows, True),
    ("unpaired", 4, convolutions.unpaired, True),
    ("padded cells", 4, convolutions.padded_cells, True),
    ("one pixel", len(DENSE), convolutions.one_pixel, False),
    ("filters", 18, filters.filters, True),
    ("signed filters", 3, filters.signed_filters, True),
    ("planar images", 18, filters.planar_images, False),
    ("small maps", 8, filters.small_maps, True),
    ("exactly rounded", 16, filters.exactly_rounded, True),
    ("slim", 44, filters.slim, True),
    ("inside", 30, filters.inside, True),
    ("activated", 4, branches.activated, True),
    ("joined", 8, branches.joined, True),
    ("drawn", 300, lambda number: unseen_net(FIRST_SEEN + number), True),
)
"""Name, how many, what builds one of a number, and whether its channels are aligned."""

_OF_LAST_FAMILY = ("odd windows", "unpaired", "padded cells", "prime rows")
"""Networks of windows, of which cores of two families rarely leave any to the second one."""


@dataclass(frozen=True)
class Network:
    """portable: it is compiled for portable code alone. aligned: channels are padded to the multiple that kernels
    want. last_family: of a core's kernel families it may use the last one alone."""

    name: str
    graph: Graph
    portable: bool = False
    aligned: bool = True
    last_family: bool = False


def networks() -> Iterator[Network]:
    """All of them, the same in every run."""
    for number, widths in enumerate(widths for widths in _WIDTHS for _ in range(2)):
        yield Network(f"separable {number}", convolutions.separable(widths, number))
    for number, width in enumerate((48, 40, 36, 28, 44, 32)):
        yield Network(f"strided {number}", convolutions.strided(width, number))
    for number, width in enumerate(width for width in (10, 14, 18, 22, 26, 30) for _ in range(2)):
        yield Network(f"odd rows {number}", convolutions.odd_rows(width, number))
    for number in range(7):
        yield Network(f"windows {number}", convolutions.windows(Random(number), number))
    for number in range(5):
        yield Network(f"deep windows {number}", convolutions.deep_windows(number))
    for number in range(4):
        yield Network(f"columns {number}", convolutions.columns(number))
    for number in range(6):
        graph = convolutions.odd(Random(number), number)
        yield Network(f"odd {number}", graph)
        yield Network(f"portable {number}", graph, portable=True)
    for number, kind in enumerate(_OTHERS):
        yield Network(kind, operators.repeated(kind, number))
    yield Network("average again", operators.repeated("average", 13))
    for number in range(8):
        yield Network(f"gated {number}", operators.gated(Random(number), number))
    for number in range(5):
        yield Network(f"pools {number}", of_pools.pools(Random(number), number))
    for number in range(6):
        yield Network(f"rough {number}", convolutions.rough(Random(number), number))
    for number in range(2):
        yield Network(f"residual {number}", convolutions.residual(number))
    for number in range(4):
        yield Network(f"over channels {number}", operators.over_channels(number))
    for number in range(3):
        yield Network(f"axes {number}", operators.axes(number))
    for number in range(8):
        yield Network(f"wide columns {number}", convolutions.wide_columns(Random(2000 + number), number))
    for number in range(48):
        yield Network(f"mixed {number}", operators.mixed(Random(1000 + number), number))
    for number in range(14):
        yield Network(f"between {number}", operators.between(Random(3000 + number), number))
    for number in range(5):
        yield Network(f"clipped {number}", of_pools.clipped(Random(4000 + number), number))
    for name, count, build, aligned in _BY_NUMBER:
        for number in range(count):
            yield Network(f"{name} {number}", build(number), aligned=aligned)
    for name, count, build, aligned in _BY_NUMBER:
        for number in range(count) if name in _OF_LAST_FAMILY else ():
            yield Network(f"last family of {name} {number}", build(number), aligned=aligned, last_family=True)
