"""Where the rows of a tensor lie, and in which order their values stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from mcugen.ir import Graph, Planes, Tensor
from mcugen.plan.memory import Placement
from mcugen.plan.pool import Pool


class Layout(Enum):
    """Order of the values of a row. PLANAR: [channel][x]. INTERLEAVED: [x][channel]."""

    PLANAR = "planar"
    INTERLEAVED = "interleaved"


@dataclass(frozen=True, eq=False)
class Buffer:
    """The rows of one tensor in the arena: a ring where slots < height, else the whole map.

    offset: bytes from the arena's begin. row_bytes: of one slot. places: the slot of each row where the slots are a
    pool's, None where row y lies in slot y % slots.
    """

    tensor: Tensor
    layout: Layout
    slots: int
    row_bytes: int
    offset: int
    places: tuple[int, ...] | None = None

    @property
    def is_ring(self) -> bool:
        """Rows share slots."""
        return self.places is not None or self.slots < self.tensor.height

    def place(self, y: int) -> int:
        """Bytes from the arena's begin to row y."""
        slot = self.places[y] if self.places is not None else y % self.slots
        return self.offset + slot * self.row_bytes

    @property
    def rows_are_equidistant(self) -> bool:
        """Any three neighbouring rows lie at distances that do not change: in a ring of three, or in a whole map."""
        return self.places is None and (self.slots == 3 or self.slots >= self.tensor.height)

    @property
    def x_stride(self) -> int:
        """Bytes from one pixel to the next in a row."""
        return 1 if self.layout is Layout.PLANAR else self.tensor.channels

    @property
    def channel_stride(self) -> int:
        """Bytes from one channel to the next in a row."""
        return self.tensor.width if self.layout is Layout.PLANAR else 1


def choose_layout(graph: Graph, name: str, interleaved: Collection[str] | None = None) -> Layout:
    """PLANAR where a reader of the tensor needs planes, or all want them; rows for the caller are INTERLEAVED.

    interleaved: on cores whose kernels work on interleaved rows, the depthwise convolutions that have such a kernel.
    """
    if name in graph.by_rows:
        return Layout.INTERLEAVED
    consumers = graph.consumers(name)
    wanted = bool(consumers) and all(op.planes is Planes.ALONE for op in consumers)
    needed = any(op.planes is Planes.ALWAYS and op.name not in (interleaved or ()) for op in consumers)
    return Layout.PLANAR if needed or (wanted and interleaved is None) else Layout.INTERLEAVED


def place_buffer(tensor: Tensor, layout: Layout, slots: int, placement: Placement, pools: Sequence[Pool]) -> Buffer:
    """The buffer of a tensor of the arena: in a pool where one has it, else rows of its own."""
    for pool in pools:
        if tensor.name in pool.places:
            item, places = pool.item, pool.places[tensor.name]
            return Buffer(tensor, layout, len(item.births), item.slot_bytes, placement.offsets[item.name], places)
    return Buffer(tensor, layout, slots, tensor.width * tensor.channels, placement.offsets[tensor.name])
