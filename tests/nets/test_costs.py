"""The paper's tables (arXiv 1704.04861), reproduced from the description of the nets."""

from __future__ import annotations

import pytest

from mcugen.diagnostics import McugenError
from mcugen.nets import NETS, Kind, architecture
from mcugen.nets.builder import make_divisible
from mcugen.nets.costs import layer_macs, layer_weights, net_cost, separable_ratio

# (net, alpha, size, million multiply-accumulates, million parameters)
PAPER = [
    # Table 4: full convolution against separable.
    ("mobilenet_v1_full", 1.0, 224, 4866, 29.3),
    ("mobilenet_v1", 1.0, 224, 569, 4.2),
    # Table 5: thin against shallow.
    ("mobilenet_v1", 0.75, 224, 325, 2.6),
    ("mobilenet_v1_shallow", 1.0, 224, 307, 2.9),
    # Table 6: width multiplier.
    ("mobilenet_v1", 0.5, 224, 149, 1.3),
    ("mobilenet_v1", 0.25, 224, 41, 0.5),
    # Table 7: resolution.
    ("mobilenet_v1", 1.0, 192, 418, 4.2),
    ("mobilenet_v1", 1.0, 160, 290, 4.2),
    ("mobilenet_v1", 1.0, 128, 186, 4.2),
]


@pytest.mark.parametrize(("net", "alpha", "size", "macs", "parameters"), PAPER)
def test_tables_4_to_7(net: str, alpha: float, size: int, macs: float, parameters: float) -> None:
    cost = net_cost(architecture(net, alpha=alpha, rho=size / 224))
    # The paper rounds now up, now down, and leaves the classifier's million out of the full net.
    assert cost.macs / 1e6 == pytest.approx(macs, abs=1.0 if net != "mobilenet_v1_full" else 1.5)
    assert round(cost.weights / 1e6, 1) == parameters
    assert round(cost.parameters / 1e6, 1) == parameters


def test_table_2_shares() -> None:
    cost = net_cost(architecture("mobilenet_v1"))
    # For the convolution of the first layer the paper prints 1.19 %: digits in the wrong order, as its column then adds
    # up to 99.29 %, and with 1.91 to 100.01.
    percent = {
        Kind.POINTWISE: (94.86, 74.59),
        Kind.DEPTHWISE: (3.06, 1.06),
        Kind.CONV: (1.91, 0.02),
        Kind.DENSE: (0.18, 24.33),
    }
    for kind, printed in percent.items():
        shares = [100 * part for part in cost.share([kind])]
        assert shares == pytest.approx(printed, abs=0.0051)


def test_table_3_a_layer_of_14_x_14_x_512() -> None:
    """Convolution, then separable, then with alpha 0.75, then with rho 5/7 on top."""

    def block(net: str, alpha: float, rho: float) -> tuple[float, float]:
        (found,) = [block for block in architecture(net, alpha=alpha, rho=rho).blocks if block.name == "block8"]
        return (
            sum(map(layer_macs, found.layers)) / 1e6,
            sum(map(layer_weights, found.layers)) / 1e6,
        )

    assert block("mobilenet_v1_full", 1, 1) == pytest.approx((462, 2.36), rel=0.01)
    assert block("mobilenet_v1", 1, 1) == pytest.approx((52.3, 0.27), rel=0.02)
    assert block("mobilenet_v1", 0.75, 1) == pytest.approx((29.6, 0.15), rel=0.02)
    assert block("mobilenet_v1", 0.75, 5 / 7) == pytest.approx((15.1, 0.15), rel=0.02)
    ratio = block("mobilenet_v1", 1, 1)[0] / block("mobilenet_v1_full", 1, 1)[0]
    assert ratio == pytest.approx(separable_ratio(512, 3))


def test_table_1_body() -> None:
    layers = architecture("mobilenet_v1").layers
    body = [
        (layer.kind.value, layer.stride, layer.inputs, layer.outputs, layer.height)
        for layer in layers
        if layer.kind is not Kind.POOL
    ]
    # 28 layers, depthwise and pointwise counted apart.
    assert len(body) == 28
    assert body[:5] == [
        ("conv", 2, 3, 32, 224),
        ("depthwise", 1, 32, 32, 112),
        ("pointwise", 1, 32, 64, 112),
        ("depthwise", 2, 64, 64, 112),
        ("pointwise", 1, 64, 128, 56),
    ]
    assert body[13:23] == [("depthwise", 1, 512, 512, 14), ("pointwise", 1, 512, 512, 14)] * 5
    assert body[23:] == [
        ("depthwise", 2, 512, 512, 14),
        ("pointwise", 1, 512, 1024, 7),
        ("depthwise", 1, 1024, 1024, 7),
        ("pointwise", 1, 1024, 1024, 7),
        ("dense", 1, 1024, 1000, 1),
    ]


def test_mobilenet_v2() -> None:
    """arXiv 1801.04381, table 4: 300 million multiply-adds, 3.4 million parameters."""
    cost = net_cost(architecture("mobilenet_v2"))
    assert cost.macs / 1e6 == pytest.approx(300, abs=1)
    assert cost.weights / 1e6 == pytest.approx(3.47, abs=0.005)
    residual = [block.name for block in architecture("mobilenet_v2").blocks if block.residual]
    assert len(residual) == 10


@pytest.mark.parametrize(
    ("net", "alpha", "macs", "parameters"),
    [
        ("mobilenet_v3_large", 1.0, 219, 5.4),
        ("mobilenet_v3_large", 0.75, 155, 4.0),
        ("mobilenet_v3_small", 1.0, 56, 2.5),
        ("mobilenet_v3_small", 0.75, 44, 2.0),
    ],
)
def test_mobilenet_v3(net: str, alpha: float, macs: float, parameters: float) -> None:
    """arXiv 1905.02244, table 3: millions of multiply-adds and of parameters."""
    cost = net_cost(architecture(net, alpha=alpha))
    # Keras' and torchvision's large net have 217 million, too.
    assert cost.macs / 1e6 == pytest.approx(macs, rel=0.02)
    assert cost.weights / 1e6 == pytest.approx(parameters, abs=0.06)


def test_mobilenet_v3_bodies() -> None:
    """arXiv 1905.02244, tables 1 and 2: (kernel, expanded, squeeze and excite, activation, stride, outputs)."""
    bodies = {}
    for name in ("mobilenet_v3_large", "mobilenet_v3_small"):
        blocks = [block for block in architecture(name).blocks if block.name.startswith("block")]
        bodies[name] = [
            (d.kernel[0], d.outputs, any(x.kind is Kind.SCALE for x in b.layers), d.activation.value, d.stride,
             b.layers[-1].outputs)
            for b in blocks for d in b.layers if d.kind is Kind.DEPTHWISE
        ]  # fmt: skip
    large, small = bodies.values()
    assert (len(large), len(small)) == (15, 11)
    assert large[0] == (3, 16, False, "relu", 1, 16)
    assert large[3] == (5, 72, True, "relu", 2, 40)
    assert large[6] == (3, 240, False, "hard_swish", 2, 80)
    assert large[8] == (3, 184, False, "hard_swish", 1, 80)
    assert large[12] == (5, 672, True, "hard_swish", 2, 160)
    assert small[0] == (3, 16, True, "relu", 2, 16)
    assert small[2] == (3, 88, False, "relu", 1, 24)
    assert small[-1] == (5, 576, True, "hard_swish", 1, 96)


@pytest.mark.parametrize(("cut", "last", "side"), [(4, "block4", 24), (8, "block7", 12), (16, "block14", 6)])
def test_a_trunk_is_cut_before_its_maps_get_smaller(cut: int, last: str, side: int) -> None:
    *trunk, head = architecture("mobilenet_v2_fomo", alpha=0.35, size=96, num_classes=3, cut=cut).blocks
    assert (trunk[-1].name, [layer.kind for layer in trunk[-1].layers]) == (last, [Kind.POINTWISE])
    whole = {block.name: block for block in architecture("mobilenet_v2", alpha=0.35, size=96).blocks}
    assert all(block == whole[block.name] for block in trunk[:-1])
    assert [(layer.inputs, layer.outputs) for layer in head.layers] == [(trunk[-1].layers[0].outputs, 32), (32, 3)]
    assert {(layer.output_height, layer.output_width) for layer in head.layers} == {(side, side)}


def test_a_block_is_cut_where_it_gets_smaller() -> None:
    """The first block of MobileNetV3-Small is of stride 2: nothing of its end is kept, nor of squeeze and excite."""
    net = architecture("mobilenet_v3_small_fomo", size=96, cut=8)
    assert [block.name for block in net.blocks] == ["stem", "block1", "block2", "block3", "block4", "head"]
    assert [layer.name for layer in net.blocks[-2].layers] == ["pointwise"]
    assert net.options["cut"] == 8


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("mobilenet_v2_fomo", {"cut": 5}, "cut is 5"),
        ("fc_autoencoder", {"size": 32}, "32 x 32 pixels"),
    ],
)
def test_values_that_make_no_tiny_net(name: str, options: dict[str, int], complaint: str) -> None:
    with pytest.raises(McugenError, match=complaint):
        architecture(name, **options)  # type: ignore[arg-type]


def test_padding_keeps_the_size_of_the_papers() -> None:
    """Half an odd kernel; DS-CNN's kernel of 10 x 4 at stride 2 gives 25 x 5 of 49 x 10."""
    stem = architecture("ds_cnn").layers[0]
    assert (stem.output_height, stem.output_width, stem.padding) == (25, 5, (5, 1))
    sides = {
        (layer.kernel, layer.padding)
        for name in ("mobilenet_v1", "mobilenet_v3_large")
        for size in (32, 45, 224)
        for layer in architecture(name, size=size).layers
    }
    assert sides == {((1, 1), (0, 0)), ((3, 3), (1, 1)), ((5, 5), (2, 2))}


def test_rounding_of_channels() -> None:
    assert [make_divisible(value) for value in (3.2, 11.2, 12.0, 24 * 0.35, 33.6)] == [8, 16, 16, 8, 32]
    keras, slim = (architecture("mobilenet_v1", alpha=0.1, min_depth=least) for least in (1, 8))
    assert [layer.outputs for layer in keras.layers if layer.kind is not Kind.DEPTHWISE][:5] == [3, 6, 12, 12, 25]
    assert [layer.outputs for layer in slim.layers if layer.kind is not Kind.DEPTHWISE][:5] == [8, 8, 12, 12, 25]


def test_sizes() -> None:
    assert architecture("mobilenet_v1", rho=3 / 7).input_shape == (96, 96, 3)
    net = architecture("mobilenet_v1", size=(45, 80), in_chans=1, num_classes=2)
    assert (net.input_shape, net.num_classes) == ((45, 80, 1), 2)
    pool = net.layers[-2]
    assert (pool.kind, pool.height, pool.width) == (Kind.POOL, 2, 3)


def test_an_architecture_is_made_again_from_its_options() -> None:
    for name in NETS:
        net = architecture(name, alpha=0.35, rho=1 if name == "fc_autoencoder" else 0.5, num_classes=7, min_depth=4)
        assert architecture(name, **net.options) == net


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": float("nan")}, "alpha"),
        ({"rho": 0.001}, "height"),
        ({"num_classes": 0}, "num_classes"),
        ({"cut": 8}, "not cut"),
    ],
)
def test_values_that_make_no_net(options: dict[str, float], complaint: str) -> None:
    with pytest.raises(McugenError, match=complaint):
        architecture("mobilenet_v1", **options)  # type: ignore[arg-type]


def test_unknown_net() -> None:
    with pytest.raises(McugenError, match="mobilenet_v2"):
        architecture("mobilenet_v9")
