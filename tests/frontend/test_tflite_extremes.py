"""One operator with scales, zero points and biases out of all proportion: refused in a line, or what TensorFlow Lite
Micro computes, byte for byte."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mcugen import reference
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.plan.planner import make_plan
from mcugen.targets import find_target
from tests.support.passes import optimized
from tests.support.tflite_builder import NetworkBuilder
from tests.support.tflite_oracle import run_micro

_INT32 = 1 << 31
# From where every product with another scale is next to nothing to where it is next to anything.
_scales = st.one_of(
    st.floats(1e-3, 1.0), st.integers(-40, 40).map(lambda exponent: 2.0**exponent), st.floats(1e-10, 1e9)
)
_zero_points = st.one_of(st.sampled_from([-128, -1, 0, 127]), st.integers(-128, 127))
_biases = st.one_of(
    st.integers(-(1 << 12), 1 << 12), st.integers(-_INT32, _INT32 - 1), st.sampled_from([-_INT32, _INT32 - 1, 1 << 30])
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[str, NetworkBuilder]:
    """(kind, a network of one operator of that kind between an input and an output of any scale)."""
    kinds = (
        "convolution",
        "depthwise",
        "dense",
        "mean",
        "average",
        "maximum",
        "quantize",
        "relu",
        "relu6",
        "add",
        "softmax",
    )
    kind = draw(st.sampled_from(kinds))
    shape = (1, 1, draw(st.integers(1, 20))) if kind in ("dense", "softmax") else (3, 2, draw(st.integers(1, 3)))
    net = NetworkBuilder(draw(st.integers(0, 99)), shape, draw(_scales), draw(_zero_points))
    output = {"scale": draw(_scales), "zero_point": draw(_zero_points)}
    activation = draw(st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]))
    weighted = {
        "activation": activation,
        "per_channel": draw(st.booleans()),
        "biases": draw(st.lists(_biases, min_size=1)),
    }
    match kind:
        case "convolution":
            net.convolution(2, **weighted, **output)
        case "depthwise":
            net.depthwise(2, **weighted, **output)
        case "dense":
            net.fully_connected(2, **weighted, **output)
        case "mean":
            net.mean(keep_dims=draw(st.booleans()), **output)
        case "average" | "maximum":
            net.pool("AVERAGE" if kind == "average" else "MAX", activation=activation, padding="SAME")
        case "quantize":
            net.quantize(**output)
        case "relu":
            net.activate("RELU", **output)
        case "relu6":
            net.activate("RELU6")
        case "add":
            net.add(net.current, net.current, activation=activation, **output)
        case "softmax":
            net.softmax(beta=draw(st.floats(0.01, 100)))
    return kind, net


@given(networks())
@settings(max_examples=250)
def test_refused_or_exact(network: tuple[str, NetworkBuilder]) -> None:
    kind, net = network
    data = net.finish()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(data)
        try:
            graph = load_model(path)
            live = optimized(graph)
            make_plan(live, find_target("generic"))
        except McugenError:
            event(f"{kind}: refused")
            return
    event(f"{kind}: exact")
    random = np.random.default_rng(1)
    inputs = random.integers(-128, 128, (6, *graph.input_border.shape[1:])).astype(np.int8)
    inputs[-2], inputs[-1] = -128, 127
    expected = run_micro(data, inputs)
    for each in (graph, live):
        computed = reference.run(each, reference.quantize_input(each, inputs))
        np.testing.assert_array_equal(reference.dequantize_output(each, computed), expected)
