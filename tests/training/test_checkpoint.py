"""Checkpoints: what is written is read again, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

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
    assert ("resnet" if damage == "net" else str(saved)) in str(caught.value)
