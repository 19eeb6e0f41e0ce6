"""Untrained nets: graphs of the sizes that the cost model says, which compile to C that equals the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.explore.untrained import untrained_graph
from mcugen.inputs import random_images
from mcugen.ir import Graph
from mcugen.nets.architecture import NETS, architecture
from mcugen.nets.costs import net_cost
from mcugen.nets.layers import Architecture
from mcugen.plan.live import graph_live_macs
from mcugen.plan.macs import graph_macs, graph_parameters
from tests.end_to_end.comparison import assert_equal_everywhere

# Trunks of others have the same layers.
NAMES = [name for name in NETS if not name.endswith("_fomo") or name == "mobilenet_v2_fomo"]


def _net(name: str, **options: Any) -> Architecture:
    """The autoencoder as it is: narrow, hardly any of its eight channels would be left."""
    return architecture(name) if name == "fc_autoencoder" else architecture(name, **options)


def _graph(name: str) -> Graph:
    return untrained_graph(_net(name, alpha=0.1, size=24, in_chans=2, num_classes=3))


@pytest.mark.parametrize("name", NAMES)
def test_costs_are_those_of_the_formulas(name: str) -> None:
    net = _net(name, alpha=0.25, size=32, in_chans=3, num_classes=10)
    graph = untrained_graph(net)
    assert graph_macs(graph) == net_cost(net).macs
    assert graph_parameters(graph) == net_cost(net).parameters
    assert graph_live_macs(compile_model(graph).optimized) == net_cost(net).macs


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_all(name: str) -> None:
    images = random_images(_graph(name).input_tensor, 4, 1)
    first, second = (reference.run(_graph(name), images) for _ in range(2))
    assert np.array_equal(first, second)
    # The logits are neither all clamped nor all the same.
    assert len(np.unique(first)) > 1


@pytest.mark.parametrize("name", NAMES)
def test_c_equals_the_reference(name: str) -> None:
    graph = _graph(name)
    assert_equal_everywhere(graph, random_images(graph.input_tensor, 2, 1), fold_constants=True, target="cortex-m4")
