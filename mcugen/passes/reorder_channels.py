"""Channels between a convolution and a depthwise one are put into an order in which small sums stay small.

Kernels of packed pixels sum blocks of four neighbouring channels in 16-bit lanes. Whether that is exact for an output
channel depends on which input channels stand together, and their order is free: the convolution before writes them in
any order, the depthwise convolution works on each alone, the pointwise one behind it is given its weights in that
order.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcugen.ir import ChannelOrigin, Conv2D, DepthwiseConv2D, Graph, Operator, Tensor
from mcugen.memo import remembered
from mcugen.passes.intervals import Interval, analyze_intervals
from mcugen.passes.lanes import LANE_LIMIT, lanes_are_exact, products

BLOCK = 4
# Swaps that are tried by layer, in products of weights and candidates: bounds the time, whatever the layer's size.
_WORK = 8_000_000
_ROUNDS = 250
_FRUITLESS_ROUNDS = 40
_TABU_ROUNDS = 12
# What an output channel with a block that is not exact costs, in products beyond the limit.
_INEXACT = 2000


def reorder_channels(graph: Graph) -> Graph:
    """The graph with the channels of every separable convolution in the order that was found for them."""
    intervals = analyze_intervals(graph)
    # By name. The convolution before may be the one after another depthwise convolution, reordered already.
    convolutions: dict[str, Conv2D] = {}
    depthwise_ones: dict[str, DepthwiseConv2D] = {}
    tensors = dict(graph.tensors)
    for op in graph.operators:
        around = _separable(graph, op)
        if around is None:
            continue
        before, depthwise, after = around
        order = best_order(after.weight_matrix, intervals.tensors[depthwise.output])
        if order is None:
            continue
        writes, reads = convolutions.get(before.name, before), convolutions.get(after.name, after)
        convolutions[before.name] = replace(
            writes,
            weights=writes.weights[order],
            bias=writes.bias[order],
            requantization=writes.requantization.select(order),
        )
        depthwise_ones[depthwise.name] = replace(
            depthwise,
            weights=depthwise.weights[:, :, order],
            bias=depthwise.bias[order],
            requantization=depthwise.requantization.select(order),
        )
        convolutions[after.name] = replace(reads, weights=reads.weights[..., order])
        for name in (depthwise.input, depthwise.output):
            tensors[name] = _reordered(tensors[name], order)
    changed: dict[str, Operator] = {**convolutions, **depthwise_ones}
    return graph.with_operators(tuple(changed.get(op.name, op) for op in graph.operators), tensors)


def _separable(graph: Graph, op: Operator) -> tuple[Conv2D, DepthwiseConv2D, Conv2D] | None:
    """The convolution before a depthwise one, that, and the pointwise one after, if nothing else reads or writes what
    lies between them."""
    before, readers = graph.producer(op.input), graph.consumers(op.output)
    alone = len(readers) == 1 and len(graph.consumers(op.input)) == 1
    if not alone or graph.output in (op.input, op.output):
        return None
    match before, op, readers[0]:
        case Conv2D(), DepthwiseConv2D(depth_multiplier=1), Conv2D(is_pointwise=True) as after:
            return before, op, after
    return None


def _reordered(tensor: Tensor, order: np.ndarray) -> Tensor:
    channels = len(order)
    origin = tensor.origin or ChannelOrigin(np.arange(channels), np.zeros(channels, np.int64), np.ones(channels, bool))
    return replace(tensor, origin=replace(origin, kept=origin.kept[order]))


@remembered
def best_order(weights: np.ndarray, columns: Interval) -> np.ndarray | None:
    """An order of the columns of weights [C, K] with more exact rows, None if the given one is as good."""
    exact = np.sum(lanes_are_exact(weights, columns, BLOCK))
    if exact == len(weights) or weights.shape[1] <= BLOCK:
        return None
    search = _Search(weights, columns)
    search.improve()
    order = search.order()
    reordered = Interval(columns.low[order], columns.high[order])
    return order if np.sum(lanes_are_exact(weights[:, order], reordered, BLOCK)) > exact else None


class _Search:
    """Blocks of channels: heavy ones are dealt out first, then channels of inexact blocks change places.

    The last block is filled up with channels of zeros, which keep their places.
    """

    def __init__(self, weights: np.ndarray, columns: Interval) -> None:
        least, largest = products(weights, columns)
        self.channels = weights.shape[1]
        padding = ((0, 0), (0, -self.channels % BLOCK))
        # By channel, then by output channel: the sums of a block are contiguous.
        self.least = np.pad(least, padding).T.astype(np.int32).copy()
        self.largest = np.pad(largest, padding).T.astype(np.int32).copy()
        self.blocks = self._dealt()

    def order(self) -> np.ndarray:
        """The channels, padding left out: it is at the end."""
        flat = self.blocks.reshape(-1)
        return flat[flat < self.channels]

    def _dealt(self) -> np.ndarray:
        """Heaviest channels first, each into the block where it costs least."""
        channels, outputs = self.least.shape
        blocks = channels // BLOCK
        magnitude = np.maximum(-self.least, self.largest) / np.float64(LANE_LIMIT)
        heaviest = np.argsort(-(magnitude[: self.channels] ** 4).sum(axis=1), kind="stable")
        low, high = np.zeros((blocks, outputs)), np.zeros((blocks, outputs))
        costs = np.zeros(blocks)
        members: list[list[int]] = [[] for _ in range(blocks)]
        members[-1] = list(range(self.channels, channels))
        for channel in heaviest.tolist():
            candidates = np.maximum(high + self.largest[channel], -low - self.least[channel]) / LANE_LIMIT
            after = _power(candidates).sum(axis=1)
            growth = np.where([len(m) < BLOCK for m in members], after - costs, np.inf)
            chosen = int(np.argmin(growth))
            members[chosen].append(channel)
            low[chosen] += self.least[channel]
            high[chosen] += self.largest[channel]
            costs[chosen] = after[chosen]
        members[-1].sort()
        return np.array(members)

    def improve(self) -> None:
        """Steepest descent with a memory: one channel of the worst block changes places with one of another."""
        blocks, outputs = len(self.blocks), self.least.shape[1]
        low, high = self.least[self.blocks].sum(axis=1), self.largest[self.blocks].sum(axis=1)
        costs = _cost(low, high)
        best, kept, fruitless = int(costs.sum()), self.blocks.copy(), 0
        left_at: dict[tuple[int, int], int] = {}
        rounds = min(_ROUNDS, _WORK // (BLOCK * BLOCK * blocks * outputs) + 1)
        for number in range(rounds):
            by_block = costs.sum(axis=1)
            if best == 0 or fruitless > _FRUITLESS_ROUNDS:
                break
            # Now the worst block, now one that is merely bad: the worst may have no good swap.
            bad = np.flatnonzero(by_block)
            block = int(np.argmax(by_block)) if number % 3 == 0 else int(bad[number * 7919 % len(bad)])
            swap = self._best_swap(block, low, high, by_block, left_at, number)
            if swap is None:
                fruitless += 1
                continue
            place, other, other_place = swap
            mine, theirs = int(self.blocks[block, place]), int(self.blocks[other, other_place])
            left_at[mine, block] = left_at[theirs, other] = number
            self.blocks[block, place], self.blocks[other, other_place] = theirs, mine
            for b in (block, other):
                low[b], high[b] = self.least[self.blocks[b]].sum(axis=0), self.largest[self.blocks[b]].sum(axis=0)
                costs[b] = _cost(low[b], high[b])
            total = int(costs.sum())
            fruitless += 1
            if total < best:
                best, kept, fruitless = total, self.blocks.copy(), 0
        self.blocks = kept

    def _best_swap(
        self,
        block: int,
        low: np.ndarray,
        high: np.ndarray,
        by_block: np.ndarray,
        left_at: dict[tuple[int, int], int],
        number: int,
    ) -> tuple[int, int, int] | None:
        """(place in the block, other block, place there) of the cheapest swap that does not undo a recent one."""
        best: tuple[int, int, int] | None = None
        least_cost = None
        for place in range(BLOCK):
            mine = int(self.blocks[block, place])
            if mine >= self.channels:
                continue
            gain_low = self.least[self.blocks] - self.least[mine]
            gain_high = self.largest[self.blocks] - self.largest[mine]
            here = _cost(low[block] + gain_low, high[block] + gain_high).sum(axis=2)
            there = _cost(low[:, None] - gain_low, high[:, None] - gain_high).sum(axis=2)
            change = here + there - by_block[block] - by_block[:, None]
            change[block] = np.iinfo(change.dtype).max
            change[self.blocks >= self.channels] = np.iinfo(change.dtype).max
            for flat in np.argsort(change, axis=None, kind="stable")[:3].tolist():
                other, other_place = divmod(flat, BLOCK)
                theirs = int(self.blocks[other, other_place])
                recent = max(left_at.get((mine, other), -_TABU_ROUNDS), left_at.get((theirs, block), -_TABU_ROUNDS))
                if number - recent < _TABU_ROUNDS or other == block or theirs >= self.channels:
                    continue
                if least_cost is None or change[other, other_place] < least_cost:
                    least_cost, best = int(change[other, other_place]), (place, other, other_place)
        return best


def _cost(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    beyond = np.maximum(np.maximum(high, -low) - LANE_LIMIT, 0)
    return beyond + _INEXACT * (beyond > 0)


def _power(values: np.ndarray) -> np.ndarray:
    squares = np.square(np.maximum(values, 0))
    fourth = np.square(squares)
    return np.square(fourth)
