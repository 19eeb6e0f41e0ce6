"""Bounds of sums in narrow lanes, as benchmarks/lanes.py has them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.lanes import blocks, extremes, layers
from mcugen.frontend import load_model
from mcugen.ir.operators.weighted import Weighted
from mcugen.passes.intervals import analyze_intervals
from tests.support.needs import ROOT

_PRODUCTS = st.lists(st.integers(-60, 60), min_size=1, max_size=5)


@given(_PRODUCTS)
def test_one_block_is_when_no_order_leaves_the_lane(products: list[int]) -> None:
    row = np.array([products])
    reached = [sum(order[:count]) for order in permutations(products) for count in range(1, len(products) + 1)]
    assert (blocks(row, row, 7) == 1) == (min(0, *reached) >= -64 and max(0, *reached) < 64)


def test_a_block_ends_before_the_product_that_is_too_much() -> None:
    row = np.array([[60, 3, 1, 60, -60, 3, 1]])
    assert blocks(row, row, 7) == 3


@pytest.mark.parametrize("name", ["fashion_mnist", "fashion_mnist_tiny"])
def test_products_of_real_values_lie_between_the_extremes(name: str) -> None:
    (path,) = (ROOT / "examples" / name).glob("*.onnx")
    graph = load_model(path)
    stored = analyze_intervals(graph).tensors
    for op in graph.operators:
        if isinstance(op, Weighted):
            low, high = extremes(op, stored[op.inputs[0]], graph.tensors[op.inputs[0]].zero_point)
            assert low.shape == op.weight_matrix.shape
            assert (low <= high).all()
            assert np.abs(low).max() <= 128 * 128
    assert all(layer.blocks == 1 for layer in layers(graph, 32))
