"""Reasons by which families refuse a stage name what is to blame."""

from __future__ import annotations

import pytest

from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.ir import Graph
from mcugen.kernels.refusals import named, refused_input
from mcugen.passes.unsigned_activations import keepers
from mcugen.plan.explain import kernel_choice, reasons
from tests.support.random_graphs import Block, build

RELU = {"clamp": "relu", "zero_point": -128}
DEPTHWISE = Block("depthwise", (3, 3), padding=(1, 1, 1, 1), **RELU)
POINTWISE = Block("conv", (1, 1), channels=8, **RELU)


def reason(graph: Graph) -> str:
    """Why kernels do not read the input of the last depthwise convolution."""
    graph = compile_model(graph, target="cortex-m4", fold_constants=False).plan.graph
    (op,) = [op for op in graph.operators if type(op).__name__ == "DepthwiseConv2D"]
    found = refused_input(graph, graph.tensors[op.input])
    keeper = keepers(graph).get(op.input)
    assert keeper is None or named(keeper) in found
    return found


def net(*before: Block) -> Graph:
    return build((8, 8, 4), -128, Rounding.SINGLE, [*before, DEPTHWISE, POINTWISE], seed=3)


def test_behind_relu_nothing_is_refused() -> None:
    assert reason(net(POINTWISE)) == ""


def test_an_operator_that_hands_values_on_keeps_what_it_reads_and_writes_int8() -> None:
    """Zero points are those of ReLU: nothing else than the copy stands against uint8."""
    found = reason(net(POINTWISE, Block("slice", channels=4)))
    assert found.startswith("its input stays int8, as ")
    assert found.endswith(" (Slice) hands values on as they are")


def test_a_zero_point_within_the_range() -> None:
    found = reason(net(Block("conv", (1, 1), channels=8, zero_point=-3)))
    assert found == "its input cannot be stored with 0 for 0: its zero point is -3, not -128 as behind ReLU"


def test_the_image() -> None:
    assert reason(net()) == "its input stays int8, as it is the network's own"


@pytest.mark.parametrize("target", ["cortex-m3", "cortex-m4", "cortex-m55"])
def test_all_families_say_so(target: str) -> None:
    plan = compile_model(net(POINTWISE, Block("slice", channels=4)), target=target, fold_constants=False).plan
    (planned,) = [planned for planned in plan.stages if planned.stage.depthwise is not None]
    assert planned.kernel is not None
    assert planned.kernel.remark.startswith("columns by portable C: its input stays int8, as ")


def alone(*behind: Block) -> tuple[str, str]:
    """The name of what reads the depthwise convolution, and why no kernel takes that."""
    graph = build((8, 8, 4), -128, Rounding.SINGLE, [POINTWISE, DEPTHWISE, *behind], seed=3)
    plan = compile_model(graph, target="cortex-m4", fold_constants=False).plan
    (planned,) = [planned for planned in plan.stages if planned.stage.depthwise is not None]
    readers = plan.graph.consumers(planned.stage.output.name)
    ((family, reason),) = planned.refused
    assert family == "dsp"
    return " and ".join(map(named, readers)), reason


def test_a_depthwise_convolution_that_no_pointwise_one_reads_names_its_reader() -> None:
    reader, reason = alone(Block("maximum", (2, 2)), POINTWISE)
    assert reader.endswith("(MaxPool2D)")
    assert reason.startswith(f"{reader} reads its output, and only a pointwise convolution")


def test_a_depthwise_convolution_at_the_end() -> None:
    assert alone()[1].startswith("its output is the network's, and only a pointwise convolution")


def test_helium_says_of_which_convolution_a_reason_is_and_nothing_is_said_twice() -> None:
    """What makes columns by portable C is the reason by which Helium refused."""
    plan = compile_model(net(POINTWISE, Block("slice", channels=4)), target="cortex-m55", fold_constants=False).plan
    (planned,) = [planned for planned in plan.stages if planned.stage.depthwise is not None]
    found = kernel_choice(plan, planned)
    assert found.refused[0].reason.startswith("depthwise: its input stays int8, as ")
    assert found.remark == "columns by portable C, for the same reason"
    assert sum("its input stays int8" in line for line in reasons(found)) == 1
