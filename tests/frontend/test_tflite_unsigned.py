"""Networks that are uint8 inside (TensorFlow's older quantizer) against LiteRT's reference kernels, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.tflite.model import OPERATOR_NAMES
from mcugen.frontend.tflite.operators import HANDLERS
from mcugen.ir import AveragePool2D, Conv2D, Graph, Lookup
from tests.end_to_end.comparison import assert_equal_everywhere
from tests.frontend.tflite_comparison import load_bytes, random_inputs
from tests.support.litert_oracle import run_litert
from tests.support.tflite_builder import Map, NetworkBuilder


def assert_equals_oracle(data: bytes, folder: Path) -> Graph:
    graph = load_bytes(data, folder)
    inputs = random_inputs(graph)
    expected = run_litert(data, inputs)
    computed = reference.dequantize_output(graph, reference.run(graph, reference.quantize_input(graph, inputs)))
    assert computed.dtype == expected.dtype
    np.testing.assert_array_equal(computed, expected)
    return graph


def _classifier(net: NetworkBuilder) -> None:
    net.convolution(6, stride=(2, 2), activation="RELU6", zero_point=-128)
    net.depthwise(activation="RELU6", zero_point=-128)
    net.convolution(9, kernel=(1, 1), activation="RELU6")
    net.pool("AVERAGE", kernel=net.current.shape[1:3], stride=(2, 2))
    net.convolution(5, kernel=(1, 1))
    net.reshape((1, 5))
    net.softmax()


def _residual(net: NetworkBuilder) -> None:
    left = net.convolution(4, kernel=(1, 1))
    right = net.depthwise(kernel=(5, 3))
    net.add(left, right, activation="RELU6")
    net.add(net.current, net.current)


def _padded(net: NetworkBuilder) -> None:
    net.pad((1, 2, 0, 3))
    net.pad((0, 1, 0, 1), value=net.current.zero_point)
    net.depthwise(2, padding="VALID", stride=(2, 1), activation="RELU_N1_TO_1")
    net.pool("MAX", kernel=(3, 2), stride=(1, 2), padding="SAME", activation="RELU")


def _dense(net: NetworkBuilder) -> None:
    net.fully_connected(5, keep_dims=True, activation="RELU")
    net.fully_connected(6, keep_dims=True)
    net.mean(keep_dims=True)
    net.squeeze()
    net.fully_connected(40, activation="RELU6")


def _averaged(net: NetworkBuilder) -> None:
    net.pool("AVERAGE", kernel=(2, 2), stride=(1, 2), padding="SAME")
    net.pool("AVERAGE", kernel=(4, 2), stride=(1, 1), activation="RELU6")


def _functions(net: NetworkBuilder) -> None:
    net.quantize(0.03, 7)
    net.activate("RELU", scale=0.02, zero_point=-100)
    net.activate("RELU6")
    net.activate("HARD_SWISH", scale=0.03, zero_point=-100)
    net.activate("LEAKY_RELU", scale=0.02, zero_point=5, Alpha=0.3)
    net.activate("RELU_N1_TO_1", scale=0.01, zero_point=7)
    net.activate("RELU_0_TO_1", scale=0.005, zero_point=-120)
    net.activate("GELU", scale=0.02, zero_point=-90, Approximate=True)
    net.activate("TANH", scale=1 / 128, zero_point=0)
    net.activate("LOGISTIC", scale=1 / 256, zero_point=-128)


def _softmax_over_a_map(net: NetworkBuilder) -> None:
    net.convolution(5)
    net.softmax(beta=1.3)


def _pieces(net: NetworkBuilder) -> None:
    left = net.convolution(4, kernel=(1, 1))
    right = net.depthwise(kernel=(5, 3))
    net.concatenate(left, right, left)
    joined = net.concatenate(right, net.current, right, scale=left.scale, zero_point=-100)
    first, *_, last = net.split(5)
    net.current = joined
    net.split([5, -1], axis=1)
    net.slice((0, 1, 2, 3), (1, -1, 5, 9))
    net.strided_slice((0, 0, 1, 0), (1, 4, 5, 9), (1, 2, 3, 1))
    net.concatenate(first, last, axis=1)


def _elementwise(kind: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        source = net.current
        net.elementwise(kind, source, net.convolution(3), "RELU6")
        net.elementwise(kind, net.current, net.convolution(1))
        net.elementwise(kind, net.mean(keep_dims=True, scale=0.01), source)
        net.elementwise(kind, net.current, net.values([1, -128, 55], 0.1), zero_point=-128)
        net.elementwise(kind, net.values(100), net.current)

    return build


def _compared(kind: str) -> Callable[[NetworkBuilder], None]:
    def build(net: NetworkBuilder) -> None:
        alike = {"scale": net.current.scale, "zero_point": net.current.zero_point}
        net.elementwise(kind, net.current, net.convolution(3, **alike), **alike)
        net.elementwise(kind, net.current, net.values([1, -70, 55], *alike.values()), **alike)

    return build


def _reduced(net: NetworkBuilder) -> None:
    net.prelu([[[30, -128, 127]]], scale=0.03, zero_point=-60)
    net.reduce("REDUCE_MAX", True, (3,))
    net.reduce("REDUCE_MIN", True, (2,))
    net.reduce("MEAN", False, (1,), scale=0.03)


def _averages_of_rows(net: NetworkBuilder) -> None:
    net.reduce("MEAN", True, (2,), scale=0.03)
    net.reduce("MEAN", False, (3,), scale=0.02)


def _blocks(net: NetworkBuilder) -> None:
    net.slice((0, 0, 1, 0), (1, 8, 6, 3))
    net.blocks("SpaceToDepth", 2)
    net.blocks("DepthToSpace", 2)
    net.pad((0, 1, 2, 0), channels=(1, 5))
    net.pad((0, 0, 0, 0), channels=(0, 2), value=net.current.zero_point)
    net.transpose((0, 3, 1, 2))
    net.mean()
    net.expand_dims(1)


def _resized(net: NetworkBuilder) -> None:
    net.resize("NearestNeighbor", (10, 5))
    net.resize("NearestNeighbor", (3, 9), align_corners=True)
    net.resize("Bilinear", (6, 36))
    net.resize("Bilinear", (41, 71), align_corners=True)
    net.slice((0, 3, 2, 0), (1, 5, 4, 3))
    net.resize("Bilinear", (10, 16), half_pixel=True)


def _dilated(net: NetworkBuilder) -> None:
    net.images((2, 2), ((2, 3), (2, 3)))
    net.depthwise(padding="VALID")
    net.image((2, 2), ((0, 1), (0, 1)))


def _largest_class(net: NetworkBuilder) -> None:
    net.convolution(5)
    net.arg_max()


def _transposed(net: NetworkBuilder) -> None:
    net.slice((0, 2, 1, 0), (1, 4, 3, 3))
    net.transposed(5, (3, 3), (2, 2), "SAME", activation="RELU6")
    net.transposed(2, (2, 5), (1, 3), "VALID", bias=False)


NETWORKS: dict[str, Callable[[NetworkBuilder], None]] = {
    "classifier": _classifier,
    "residual": _residual,
    "padded": _padded,
    "dense": _dense,
    "averaged": _averaged,
    "functions of one value": _functions,
    "softmax over a map": _softmax_over_a_map,
    "pieces": _pieces,
    "blocks": _blocks,
    "largest class": _largest_class,
    "dilated": _dilated,
    "transposed": _transposed,
    "reduced": _reduced,
    "averages of rows": _averages_of_rows,
    **{f"{kind} of maps and constants": _compared(kind) for kind in ("MAXIMUM", "MINIMUM")},
    "resized": _resized,
    **{f"{kind} of maps and constants": _elementwise(kind) for kind in ("ADD", "SUB", "MUL")},
}


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("io", ["uint8", "float32"])
@pytest.mark.parametrize("seed", range(5))
def test_equals_oracle(build: Callable[[NetworkBuilder], None], io: str, seed: int, tmp_path: Path) -> None:
    net = NetworkBuilder(seed, shape=(9, 7, 3), scale=0.05, io=io, unsigned=True)
    build(net)
    graph = assert_equals_oracle(net.finish(), tmp_path)
    assert (graph.input_border.dtype, graph.output_border.dtype) == (io, "int32" if build is _largest_class else io)
    assert graph.input_tensor.dtype == graph.output_tensor.dtype == "int8"


def test_every_operator_that_takes_uint8_is_compared() -> None:
    used = set()
    for build in NETWORKS.values():
        net = NetworkBuilder(shape=(9, 7, 3), io="uint8", unsigned=True)
        build(net)
        used |= {OPERATOR_NAMES[op.code] for op in net.file.operators}
    taken = {OPERATOR_NAMES[code] for code, handler in HANDLERS.items() if handler.unsigned}
    assert used - {"QUANTIZE"} == taken


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m0plus", "cortex-m55"])
def test_generated_code_equals_the_reference(
    build: Callable[[NetworkBuilder], None], target: str, tmp_path: Path
) -> None:
    net = NetworkBuilder(3, shape=(9, 7, 3), scale=0.05, io="uint8", unsigned=True)
    build(net)
    graph = load_bytes(net.finish(), tmp_path)
    images = reference.quantize_input(graph, random_inputs(graph))
    assert_equal_everywhere(graph, images, fold_constants=True, target=target, sanitize=True)


def test_wide_weights_stay_whole(tmp_path: Path) -> None:
    net = NetworkBuilder(1, io="uint8", unsigned=True)
    net.convolution(7)
    (op,) = assert_equals_oracle(net.finish(), tmp_path).operators
    assert isinstance(op, Conv2D)
    assert op.weights.dtype == np.int16
    assert op.weights.max() - op.weights.min() > 200


def test_halves_of_uint8_averages_round_up(tmp_path: Path) -> None:
    """Below the middle of uint8, where int8's round away from zero and so down."""
    net = NetworkBuilder(1, io="uint8", unsigned=True)
    net.pool("AVERAGE")
    graph = assert_equals_oracle(net.finish(), tmp_path)
    (op,) = graph.operators
    assert isinstance(op, AveragePool2D)
    images = np.zeros((1, *graph.input_border.shape[1:]), np.uint8)
    images[:, ::2] = 1
    assert np.all(reference.run(graph, reference.quantize_input(graph, images)) == -127)


def test_a_border_of_another_type_stays_a_table(tmp_path: Path) -> None:
    net = NetworkBuilder(io="int8", unsigned=True)
    net.convolution(5)
    graph = assert_equals_oracle(net.finish(), tmp_path)
    assert (graph.input_border.dtype, graph.output_border.dtype) == ("int8", "int8")


def test_an_image_without_a_scale_is_pixels(tmp_path: Path) -> None:
    """The user's own uint8, of which the network makes float32 first."""
    net = NetworkBuilder(shape=(9, 7, 3), io="uint8", unsigned=True)
    net.file.tensors[net.input].scales.clear()
    net.file.tensors[net.input].zero_points.clear()
    scaled = net.of_reals("DIV", net.real("CAST"), net.file.constant("range", 127.5, "float32"))
    net.unsigned = False
    net.stored(net.of_reals("SUB", scaled, net.file.constant("one", 1.0, "float32")), 1 / 128, 0)
    net.convolution(4)
    graph = assert_equals_oracle(net.file.finish([net.input], [net.current.index]), tmp_path)
    assert [type(op) for op in graph.operators] == [Lookup, Conv2D]
    assert (graph.input_border.dtype, graph.input_border.scale, graph.input_border.zero_point) == ("uint8", 1, 0)


def _unsigned_dense(
    weights: str, source: str, output: str, **quantization: object
) -> Callable[[NetworkBuilder], bytes]:
    def build(net: NetworkBuilder) -> bytes:
        file, size = net.file, net.current.size
        image = file.tensor("image", net.current.shape, source, 0.01, 3)
        values = file.constant(
            "weights", np.ones((4, size)), weights, **{"scale": 0.1, "zero_point": 0, **quantization}
        )
        result = file.tensor("result", (1, 4), output, 0.2, 1)
        file.operator("FULLY_CONNECTED", [image, values], [result], "FullyConnectedOptions")
        return file.finish([image], [result])

    return build


def _elu(net: NetworkBuilder) -> bytes:
    net.activate("ELU", scale=0.03, zero_point=-30)
    return net.finish()


def _resize_by_a_third(net: NetworkBuilder) -> bytes:
    net.resize("Bilinear", (24, 8))
    return net.finish()


REFUSED: dict[str, tuple[Callable[[NetworkBuilder], bytes], str]] = {
    "int8 output": (
        _unsigned_dense("int8", "uint8", "int8"),
        r"FULLY_CONNECTED #0 .*mixes uint8 \('image'\) with int8",
    ),
    "int8 weights": (_unsigned_dense("int8", "uint8", "uint8"), r"mixes int8 \('weights'\) with uint8 \('result'\)"),
    "uint8 weights": (_unsigned_dense("uint8", "int8", "int8"), r"mixes uint8 \('weights'\) with int8 \('result'\)"),
    "scales": (
        _unsigned_dense("uint8", "uint8", "uint8", scale=(1, 2, 3, 4)),
        r"a scale for each channel; one for all",
    ),
    "factors": (_resize_by_a_third, r"RESIZE_BILINEAR #0 .*rounds in float32; factors that are powers of two"),
    "operator": (_elu, r"ELU #0 .*not supported in uint8"),
}


@pytest.mark.parametrize(("build", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(build: Callable[[NetworkBuilder], bytes], message: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match=message) as caught:
        load_bytes(build(NetworkBuilder(io="uint8", unsigned=True)), tmp_path)
    assert "\n" not in str(caught.value)


def test_a_zero_point_outside_uint8_is_damage(tmp_path: Path) -> None:
    data = _unsigned_dense("uint8", "uint8", "uint8", zero_point=256)(NetworkBuilder(io="uint8", unsigned=True))
    with pytest.raises(ModelFormatError, match="zero point of its uint8 weights is 256"):
        load_bytes(data, tmp_path)


def _random_network(seed: int) -> NetworkBuilder:
    """Layers drawn at random, of odd sizes and channel counts, ending in a vector."""
    random = np.random.default_rng(seed)

    def pick(*choices: object) -> object:
        return choices[random.integers(len(choices))]

    net = NetworkBuilder(
        seed,
        shape=(int(random.integers(5, 14)), int(random.integers(5, 14)), int(random.integers(1, 6))),
        scale=float(random.uniform(0.001, 0.1)),
        zero_point=int(random.integers(-128, 128)),
        io=str(pick("uint8", "float32")),
        unsigned=True,
    )
    for _ in range(int(random.integers(1, 6))):
        window = {
            "kernel": tuple(int(size) for size in random.integers(1, 4, 2)),
            "stride": tuple(int(size) for size in random.integers(1, 3, 2)),
            "padding": "SAME" if min(net.current.shape[1:3]) < 3 else pick("SAME", "VALID"),
            "activation": pick("NONE", "RELU", "RELU6"),
        }
        match int(random.integers(4)):
            case 0:
                net.convolution(int(random.integers(1, 12)), **window)  # type: ignore[arg-type]
            case 1:
                net.depthwise(int(random.integers(1, 4)), **window)  # type: ignore[arg-type]
            case 2:
                net.pool(str(pick("AVERAGE", "MAX")), **window)  # type: ignore[arg-type]
            case 3:
                left: Map = net.current
                net.add(left, net.convolution(left.shape[3]))
    net.fully_connected(int(random.integers(1, 9)))
    if pick(True, False):
        net.softmax(beta=float(random.uniform(0.5, 2)))
    return net


@pytest.mark.parametrize("seed", range(40))
def test_random_networks_equal_oracle(seed: int, tmp_path: Path) -> None:
    assert_equals_oracle(_random_network(seed).finish(), tmp_path)
