"""Checkpoints: what is written is read again, and nothing else is taken for one."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from mcugen.diagnostics import McugenError
from mcugen.nets import architecture, build
from mcugen.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tests.support.needs import module

torch = module("torch")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    net = architecture("mobilenet_v1", alpha=0.25, size=(32, 48), in_chans=1, num_classes=3)
    path = tmp_path / "net.pt"
    state = build(net).state_dict()
    save_checkpoint(path, Checkpoint(net.name, dict(net.options), state, ("a", "b", "c"), {"data": "x"}, 4, 7))
    return path


def test_the_float_net_comes_back(saved: Path) -> None:
    checkpoint = load_checkpoint(saved)
    assert (checkpoint.labels, checkpoint.epoch, checkpoint.seed) == (("a", "b", "c"), 4, 7)
    assert checkpoint.input_shape == (32, 48, 1)
    module = checkpoint.module()
    assert not module.training
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, checkpoint.state[name])
    assert [path.name for path in saved.parent.iterdir()] == ["net.pt"]


def test_a_file_of_a_gpu_is_read_where_there_is_none(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To go on from, to quantize and to begin with."""
    from mcugen.training.pretrained.read import read_weights

    checkpoint = load_checkpoint(saved)
    optimizer = torch.optim.RMSprop(checkpoint.module().parameters())
    checkpoint.optimizer = optimizer.state_dict()
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    save_checkpoint(saved, checkpoint)
    monkeypatch.undo()
    assert b"cuda:0" in zipfile.ZipFile(saved).read("archive/data.pkl")
    read = load_checkpoint(saved)
    assert {tensor.device.type for tensor in read.state.values()} == {"cpu"}
    assert read.optimizer == checkpoint.optimizer
    assert read_weights(saved, read.architecture).layers


@pytest.mark.parametrize("damage", ["absent", "cut", "text", "other", "code", "version", "weights", "net"])
def test_anything_else_is_refused_in_one_line(saved: Path, damage: str) -> None:
    content = torch.load(saved, weights_only=True)
    if damage == "absent":
        saved.unlink()
    elif damage == "cut":
        saved.write_bytes(saved.read_bytes()[:-1000])
    elif damage == "text":
        saved.write_text("weights")
    elif damage == "other":
        torch.save(content["state"], saved)
    elif damage == "code":
        torch.save({**content, "labels": Path}, saved)
    elif damage == "version":
        torch.save({**content, "version": 99}, saved)
    elif damage == "weights":
        content["state"].popitem()
        torch.save(content, saved)
    else:
        torch.save({**content, "net": "resnet"}, saved)
    with pytest.raises(McugenError) as caught:
        load_checkpoint(saved)
    assert "\n" not in str(caught.value)
    assert str(saved) in str(caught.value)
    assert "weights_only" not in str(caught.value)


BAD: dict[str, Any] = {
    "net": 3,
    "options": [("alpha", 1)],
    "state": [1, 2],
    "labels": (1, 2, 3),
    "data": {"data": 3},
    "epoch": "4",
    "seed": -1,
    "optimizer": 3,
    "recipe": None,
    "metrics": {"top1": float("nan")},
    "surplus": 1,
}


@pytest.mark.parametrize("field", BAD)
def test_values_of_wrong_types_are_refused(saved: Path, field: str) -> None:
    content = torch.load(saved, weights_only=True)
    torch.save({**content, field: BAD[field]}, saved)
    with pytest.raises(McugenError, match=r"net\.pt: "):
        load_checkpoint(saved)


@pytest.mark.parametrize("key", ["surprise", "fit", "split"])
def test_a_source_of_images_of_wrong_types_is_refused(saved: Path, key: str) -> None:
    content = torch.load(saved, weights_only=True)
    torch.save({**content, "data": {"data": "x", key: "sideways"}}, saved)
    with pytest.raises(McugenError, match=r"net\.pt: not a sound checkpoint"):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": "wide"},
        {"alpha": 1e300},
        {"num_classes": 1 << 40},
        {"size": (1, 2, 3)},
        {"depth": 1},
        {"in_chans": []},
    ],
)
def test_options_that_make_no_net_are_refused_without_taking_memory(saved: Path, options: dict[str, Any]) -> None:
    content = torch.load(saved, weights_only=True)
    torch.save({**content, "options": {**content["options"], **options}}, saved)
    with pytest.raises(McugenError, match=r"net\.pt: "):
        load_checkpoint(saved)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(saved: Path, value: float) -> None:
    content = torch.load(saved, weights_only=True)
    name = next(iter(content["state"]))
    content["state"][name].view(-1)[0] = value
    torch.save(content, saved)
    with pytest.raises(McugenError, match=rf"net\.pt: its weights '{name}' are not finite"):
        load_checkpoint(saved)


def test_packed_members_are_refused(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(McugenError, match=r"net\.pt: members of the archive are compressed"):
        load_checkpoint(saved)


@pytest.mark.parametrize("state", [{"state": {}}, {"state": {0: {"square_avg": torch.zeros(3)}}}, {"state": {0: 3}}])
def test_an_optimizer_of_another_net_is_refused(saved: Path, state: dict[str, Any]) -> None:
    from mcugen.training.run import _resume_optimizer

    module = load_checkpoint(saved).module()
    optimizer = torch.optim.RMSprop(module.parameters())
    with pytest.raises(McugenError, match=r"net\.pt: its optimizer's"):
        _resume_optimizer(optimizer, {**optimizer.state_dict(), "param_groups": [], **state}, saved)
    groups = optimizer.state_dict()["param_groups"]
    with pytest.raises(McugenError, match=r"net\.pt: its optimizer's"):
        _resume_optimizer(optimizer, {"param_groups": groups, "state": {0: {"square_avg": torch.zeros(3)}}}, saved)
