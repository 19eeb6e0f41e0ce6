"""Weights of trained nets: what each format gives, which layers they go to, and that the net then computes the same."""

from __future__ import annotations

import importlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen.diagnostics import McugenError
from mcugen.nets import Architecture, architecture, build
from mcugen.nets.costs import WITHOUT_WEIGHTS
from mcugen.nets.layers import Kind, named_layers
from tests.support.needs import MODELS, module, need
from tests.support.tflite_builder import NetworkBuilder

torch = module("torch")

from mcugen.data import Dataset  # noqa: E402
from mcugen.training.checkpoint import Checkpoint, save_checkpoint  # noqa: E402
from mcugen.training.pretrained.beginning import Beginning, find_beginning  # noqa: E402
from mcugen.training.pretrained.read import read_weights  # noqa: E402

SMALL: dict[str, Any] = {"alpha": 0.1, "size": 32, "in_chans": 3}


def _net(name: str = "mobilenet_v1", **options: Any) -> Architecture:
    return architecture(name, **{**SMALL, "num_classes": 2, **options})


def _trained(net: Architecture) -> Any:
    """A module whose batch norms are not what they begin as."""
    torch.manual_seed(0)
    made = build(net).eval()
    for part in made.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            for tensor in (part.weight, part.running_var):
                torch.nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (part.bias, part.running_mean):
                torch.nn.init.uniform_(tensor, -0.5, 0.5)
    return made


def _images(channels: int = 3) -> Dataset:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 32, 32, channels)).astype(np.uint8)
    return Dataset("noise", pixels, np.arange(40) % 2)


def _features(made: Any, images: Dataset) -> Any:
    from mcugen.training.augment import to_input

    with torch.no_grad():
        return made.eval().features(to_input(torch.from_numpy(images.images)))


def _begun(path: Path, net: Architecture, images: Dataset) -> tuple[Any, Beginning]:
    beginning = find_beginning(path, net)
    torch.manual_seed(1)
    made = build(net)
    beginning.give(made, images.images)
    return made, beginning


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "resnet8"])
def test_a_checkpoint_gives_all_but_the_head(tmp_path: Path, name: str) -> None:
    # ResNet8 of one channel would look like depthwise layers.
    options = {"alpha": 0.25} if name == "resnet8" else {}
    net = _net(name, num_classes=3, **options)
    made = _trained(net)
    save_checkpoint(tmp_path / "net.pt", Checkpoint(name, dict(net.options), made.state_dict()))
    begun, beginning = _begun(tmp_path / "net.pt", _net(name, **options), _images())
    assert [name.partition(".")[0] for name in beginning.matches.fresh] == ["classifier"]
    assert beginning.matches.unused == ("classifier",)
    assert torch.allclose(_features(begun, _images()), _features(made, _images()), atol=1e-5)


def _as_torchvision(made: Any) -> dict[str, Any]:
    """The same weights under names that say only that batch norm follows its convolution, for ImageNet's pixels."""
    named = {name.replace(".conv.", ".0.").replace(".bn.", ".1."): value for name, value in made.state_dict().items()}
    first = next(iter(named))
    deviation = torch.tensor([0.229, 0.224, 0.225])
    named[first] = named[first] * deviation[:, None, None]
    return named


def test_a_state_dict_was_trained_on_imagenets_pixels(tmp_path: Path) -> None:
    net = _net("mobilenet_v2", in_chans=3)
    made = _trained(net)
    torch.save({"state_dict": {f"module.{k}": v for k, v in _as_torchvision(made).items()}}, tmp_path / "net.pth")
    begun, beginning = _begun(tmp_path / "net.pth", net, _images())
    assert len(beginning.matches.pairs) == 52
    ours, theirs = begun.features.stem.conv, made.features.stem.conv
    assert torch.allclose(ours.conv.weight, theirs.conv.weight, atol=1e-6)
    # The mean that their pixels have lost: batch norm takes it back.
    mean = torch.tensor([0.485, 0.456, 0.406])
    moved = (theirs.conv.weight.sum((2, 3)) * mean).sum(1)
    assert torch.allclose(ours.bn.running_mean, theirs.bn.running_mean + moved, atol=1e-5)


def test_gray_is_the_sum_of_the_colours(tmp_path: Path) -> None:
    made = _trained(_net())
    save_checkpoint(tmp_path / "net.pt", Checkpoint("mobilenet_v1", dict(_net().options), made.state_dict()))
    gray = _images(1)
    begun, _ = _begun(tmp_path / "net.pt", _net(in_chans=1), gray)
    colour = Dataset("gray", np.repeat(gray.images, 3, axis=3), gray.labels)
    assert torch.allclose(_features(begun, gray), _features(made, colour), atol=1e-5)


def test_a_shallow_net_takes_the_layers_that_it_has(tmp_path: Path) -> None:
    made = _trained(_net())
    save_checkpoint(tmp_path / "net.pt", Checkpoint("mobilenet_v1", dict(_net().options), made.state_dict()))
    matches = find_beginning(tmp_path / "net.pt", _net("mobilenet_v1_shallow")).matches
    assert [name.partition(".")[0] for name in matches.fresh] == ["classifier"]
    assert len(matches.unused) == 11


def test_another_width_is_refused_with_what_was_found(tmp_path: Path) -> None:
    net = architecture("mobilenet_v1", alpha=0.5, size=32, num_classes=2)
    save_checkpoint(tmp_path / "net.pt", Checkpoint(net.name, dict(net.options), build(net).state_dict()))
    with pytest.raises(McugenError, match=r"holds mobilenet_v1 with alpha 0\.5, not mobilenet_v1 with alpha 0\.25"):
        find_beginning(tmp_path / "net.pt", architecture("mobilenet_v1", alpha=0.25))
    with pytest.raises(McugenError, match=r"holds mobilenet_v1 with alpha 0\.5, not mobilenet_v2"):
        find_beginning(tmp_path / "net.pt", architecture("mobilenet_v2", alpha=0.5))


def test_other_channels_are_refused_before_any_image_is_read(tmp_path: Path) -> None:
    made = _trained(_net(in_chans=1))
    save_checkpoint(tmp_path / "net.pt", Checkpoint("mobilenet_v1", dict(_net(in_chans=1).options), made.state_dict()))
    with pytest.raises(McugenError, match=r"net\.pt: .* reads images of 1 channels, not of 3"):
        find_beginning(tmp_path / "net.pt", _net())


def _tflite(path: Path, net: Architecture) -> None:
    """A uint8 file with the layers of a net and random weights."""
    builder = NetworkBuilder(seed=3, shape=net.input_shape, unsigned=True, io="uint8")
    layers = [layer for layer in net.layers if layer.kind not in WITHOUT_WEIGHTS]
    for layer in layers[:-1]:
        stride = (layer.stride, layer.stride)
        if layer.kind is Kind.DEPTHWISE:
            builder.depthwise(kernel=layer.kernel, stride=stride, activation="RELU6")
        else:
            builder.convolution(layer.outputs, kernel=layer.kernel, stride=stride, activation="RELU6")
    builder.mean()
    builder.fully_connected(layers[-1].outputs)
    path.write_bytes(builder.finish())


def test_a_quantized_file_gives_real_weights_and_batch_norm_is_put_behind_them(tmp_path: Path) -> None:
    net = _net()
    _tflite(tmp_path / "net.tflite", net)
    begun, beginning = _begun(tmp_path / "net.tflite", net, _images())
    assert [name.partition(".")[0] for name in beginning.matches.fresh] == ["classifier"]
    source = read_weights(tmp_path / "net.tflite", net).layers[0]
    # What the first layer computes, without batch norm, from the pixels that the file was trained on.
    stem = begun.eval().features.stem.conv
    gain, offset = float(beginning.source.gain[0]), float(beginning.source.offset[0])
    images = torch.rand(2, 3, 9, 9)
    with torch.no_grad():
        wanted = torch.nn.functional.conv2d(
            images * gain + offset, torch.tensor(source.weight), torch.tensor(source.bias), stride=2
        )
        stem.conv.padding = (0, 0)
        assert torch.allclose(stem.bn(stem.conv(images)), wanted, rtol=1e-3, atol=1e-3 * float(wanted.abs().max()))


def _keras_layers(net: Architecture) -> list[tuple[str, str, list[tuple[str, np.ndarray]]]]:
    """(class, name, arrays) of random weights, as Keras has the net's layers."""
    random = np.random.default_rng(5)
    found: list[tuple[str, str, list[tuple[str, np.ndarray]]]] = []
    for name, layer in named_layers(net):
        if layer.kind in WITHOUT_WEIGHTS:
            continue
        kind, kernel, shape = "Conv2D", "kernel", (*layer.kernel, layer.inputs, layer.outputs)
        if layer.kind is Kind.DEPTHWISE:
            kind, kernel, shape = "DepthwiseConv2D", "depthwise_kernel", (*layer.kernel, layer.inputs, 1)
        elif layer.kind is Kind.DENSE:
            kind, shape = "Dense", (layer.inputs, layer.outputs)
        place = name.replace(".", "_")
        arrays = [(kernel, random.normal(size=shape).astype(np.float32))]
        if not layer.normalized or layer.kind is Kind.DENSE:
            arrays.append(("bias", random.normal(size=layer.outputs).astype(np.float32)))
        found.append((kind, place, arrays))
        if layer.normalized and layer.kind is not Kind.DENSE:
            norms = ("gamma", "beta", "moving_mean", "moving_variance")
            values = [(each, random.uniform(0.5, 1.5, layer.outputs).astype(np.float32)) for each in norms]
            found.append(("BatchNormalization", f"{place}_bn", values))
    return found


def _write_keras(path: Path, net: Architecture) -> None:
    h5py = importlib.import_module("h5py")
    layers = _keras_layers(net)
    if path.name.endswith(".weights.h5") or path.suffix == ".keras":
        inner = path.with_name("model.weights.h5")
        counts: dict[str, int] = {}
        with h5py.File(inner, "w") as file:
            for kind, _, arrays in layers:
                snake = {"Conv2D": "conv2d", "DepthwiseConv2D": "depthwise_conv2d", "Dense": "dense"}
                name = snake.get(kind, "batch_normalization")
                number = counts.get(name, 0)
                counts[name] = number + 1
                inner_model = "functional/layers/" if path.stem == "nested" and kind != "Dense" else ""
                for index, (_, values) in enumerate(arrays):
                    place = f"layers/{inner_model}{name}_{number}" if number else f"layers/{inner_model}{name}"
                    file[f"{place}/vars/{index}"] = values
        if path.suffix == ".keras":
            listed: list[dict[str, Any]] = [{"class_name": kind} for kind, _, _ in layers]
            if path.stem == "nested":
                below = [layer for layer in listed if layer["class_name"] != "Dense"]
                listed = [
                    {"class_name": "Functional", "config": {"layers": below}},
                    {"class_name": "Dense", "config": {}},
                ]
            config = {"config": {"layers": listed}}
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("config.json", json.dumps(config))
                archive.write(inner, "model.weights.h5")
        else:
            inner.rename(path)
        return
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for _, name, _ in layers]
        for _, name, arrays in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{what}:0".encode() for what, _ in arrays]
            for what, values in arrays:
                group[f"{name}/{what}:0"] = values


@pytest.mark.needs("pretrained")
@pytest.mark.parametrize("file", ["net.h5", "net.weights.h5", "net.keras", "nested.keras", "nested.weights.h5"])
@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small"])
def test_files_of_keras(tmp_path: Path, name: str, file: str) -> None:
    net = _net(name)
    _write_keras(tmp_path / file, net)
    begun, beginning = _begun(tmp_path / file, net, _images())
    assert [name.partition(".")[0] for name in beginning.matches.fresh] == ["classifier"]
    last = next(layer for layer in reversed(_keras_layers(net)) if layer[1].endswith("_bn"))
    norm = [part for part in begun.modules() if isinstance(part, torch.nn.BatchNorm2d)][-1]
    assert np.allclose(norm.weight.detach(), dict(last[2])["gamma"])
    assert np.allclose(norm.running_mean, dict(last[2])["moving_mean"])


@pytest.mark.parametrize(
    ("file", "wrapped"),
    [
        ("net.pth", lambda state: {"model": state}),
        ("net.pth.tar", lambda state: {"epoch": 3, "state_dict": state, "state_dict_ema": {}}),
        ("net.ckpt", lambda state: {"state_dict": {f"model.{name}": tensor for name, tensor in state.items()}}),
        ("net.pt", lambda state: {"n_averaged": torch.tensor(1), **{f"module.{k}": v for k, v in state.items()}}),
        ("net.pth", lambda state: {f"_orig_mod.module.{name}": tensor for name, tensor in state.items()}),
        ("net.pth", lambda state: {name: tensor.half() for name, tensor in state.items()}),
    ],
)
def test_state_dicts_as_trainings_keep_them(tmp_path: Path, file: str, wrapped: Any) -> None:
    net = _net("mobilenet_v2", in_chans=3)
    torch.save(wrapped(_as_torchvision(_trained(net))), tmp_path / file)
    beginning = find_beginning(tmp_path / file, net)
    assert len(beginning.matches.pairs) == 52
    assert {name.partition(".")[0] for _, layer in beginning.matches.pairs for name in [layer.name]} == {"features"}


@pytest.mark.needs("pretrained")
@pytest.mark.parametrize("prefix", ["", "model.", "module.model."])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_safetensors_in_timms_names_are_put_in_order(tmp_path: Path, prefix: str, dtype: torch.dtype) -> None:
    """Twelve and more blocks, so that the order of names is not that of numbers."""
    from safetensors.torch import save_file

    state = {}
    random = torch.Generator().manual_seed(0)

    def put(conv: str, norm: str, shape: tuple[int, ...]) -> None:
        state[f"{conv}.weight"] = torch.randn(shape, generator=random)
        for what in ("weight", "bias", "running_mean", "running_var"):
            state[f"{norm}.{what}"] = torch.rand(shape[0], generator=random)

    net = _net("mobilenet_v2")
    for block in net.blocks[:-1]:
        number = int(block.name.removeprefix("block") or 0) if block.name.startswith("block") else None
        for index, layer in enumerate(block.layers):
            shape = (layer.outputs, 1 if layer.kind is Kind.DEPTHWISE else layer.inputs, *layer.kernel)
            names = ["conv_pw", "conv_dw", "conv_pwl"] if len(block.layers) == 3 else ["conv_dw", "conv_pw"]
            if number is None:
                where = ("conv_stem", "bn1") if block.name == "stem" else ("conv_head", "bn2")
            else:
                where = (f"blocks.{number}.0.{names[index]}", f"blocks.{number}.0.bn{index + 1}")
            put(*where, shape)
    state = {name: tensor.to(dtype) for name, tensor in state.items()}
    save_file({f"{prefix}{name}": tensor for name, tensor in state.items()}, tmp_path / "net.safetensors")
    begun, beginning = _begun(tmp_path / "net.safetensors", net, _images())
    assert [name.partition(".")[0] for name in beginning.matches.fresh] == ["classifier"]
    last = begun.features.block17.pointwise_2 if hasattr(begun.features.block17, "pointwise_2") else None
    assert last is not None
    assert torch.equal(last.conv.weight, state["blocks.17.0.conv_pwl.weight"].float())
    assert torch.equal(last.bn.weight, state["blocks.17.0.bn3.weight"].float())


@pytest.mark.parametrize("file", ["net.onnx", "net.pth", "net.tflite", "net.h5", "net.keras", "net.safetensors"])
def test_other_files_are_refused_in_one_line(tmp_path: Path, file: str) -> None:
    if file in ("net.h5", "net.keras", "net.safetensors"):
        need("pretrained")
    with pytest.raises(McugenError, match="no such file"):
        read_weights(tmp_path / file, _net())
    (tmp_path / file).write_bytes(b"something else, long enough to be looked at")
    with pytest.raises(McugenError) as error:
        read_weights(tmp_path / file, _net())
    assert "\n" not in str(error.value)


@pytest.mark.needs("shared-models")
def test_person_detects_first_layer_is_depthwise_and_its_biases_have_the_axis_of_weights() -> None:
    net = architecture("mobilenet_v1", alpha=0.25, size=96, in_chans=1, num_classes=2)
    beginning = find_beginning(MODELS / "person_detect.tflite", net)
    assert [name.partition(".")[0] for name in beginning.matches.fresh] == ["classifier"]


@pytest.mark.parametrize("part", ["bias", "running_mean"])
@pytest.mark.parametrize("wrong", [torch.zeros(3), torch.full((8,), float("nan"))])
def test_numbers_that_do_not_fit_are_refused_before_training(tmp_path: Path, part: str, wrong: Any) -> None:
    net = _net("mobilenet_v2")
    state = _as_torchvision(_trained(net))
    name = next(name for name in state if name.endswith(f".1.{part}"))
    assert state[name].shape == (8,)
    state[name] = wrong
    torch.save(state, tmp_path / "net.pth")
    with pytest.raises(McugenError, match=r"net\.pth: "):
        find_beginning(tmp_path / "net.pth", net)


@pytest.mark.parametrize("options", [{"dtype": torch.complex64}, {"device": "meta"}])
def test_tensors_without_real_numbers_are_no_layers(tmp_path: Path, options: dict[str, Any]) -> None:
    torch.save({"a.weight": torch.zeros(8, 3, 3, 3, **options)}, tmp_path / "net.pth")
    with pytest.raises(McugenError, match="holds no layers with weights"):
        read_weights(tmp_path / "net.pth", _net())


@pytest.mark.needs("pretrained")
@pytest.mark.parametrize(("given", "scale", "shift"), [("gamma", 2.0, 0.0), ("beta", 1.0, 2.0), ("", 1.0, 0.0)])
def test_batch_norms_of_keras_without_gamma_or_beta(given: str, scale: float, shift: float) -> None:
    from mcugen.training.pretrained.keras_weights import _layers

    ones = np.ones(4, np.float32)
    norm = {"moving_mean": ones, "moving_variance": 3 * ones} | ({given: 2 * ones} if given else {})
    (layer,) = _layers([("conv", {"kernel": np.ones((1, 1, 2, 4), np.float32)}), ("norm", norm)])
    assert layer.norm is not None
    assert (layer.norm.scale == scale).all()
    assert (layer.norm.shift == shift).all()
