"""Teachers: what they compute of the small net's images, and what a net learns of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from mcugen.diagnostics import McugenError
from mcugen.nets import architecture, build
from mcugen.training.checkpoint import Checkpoint, save_checkpoint
from mcugen.training.recipe import Recipe
from tests.support.needs import module

torch = module("torch")
module("tensorboard")

from mcugen.data import Dataset  # noqa: E402
from mcugen.training.teacher import Teacher, load_teacher, loss_function  # noqa: E402

LABELS = ("a", "b", "c")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A net for colour images of 24 x 24."""
    net = architecture("mobilenet_v1", alpha=0.1, size=24, in_chans=3, num_classes=3)
    torch.manual_seed(3)
    save_checkpoint(tmp_path / "net.pt", Checkpoint(net.name, dict(net.options), build(net).state_dict(), LABELS))
    return tmp_path / "net.pt"


def test_it_sees_the_images_in_its_own_size_and_colours(checkpoint: Path) -> None:
    teacher = load_teacher(checkpoint)
    teacher.require_classes(3, LABELS, "net.pt")
    gray = torch.rand(4, 1, 24, 24)
    assert torch.equal(teacher.logits(gray), teacher.logits(gray.repeat(1, 3, 1, 1)))
    assert teacher.logits(torch.rand(2, 1, 32, 40)).shape == (2, 3)


def test_its_accuracy_is_of_the_images_that_it_is_shown() -> None:
    images = np.random.default_rng(0).integers(0, 256, (250, 4, 4, 1)).astype(np.uint8)
    means = images.reshape(250, -1).mean(1)

    def compute(pixels: Any) -> Any:
        light = pixels.mean((1, 2, 3))
        return torch.stack([0.5 - light, light * 0], 1)

    bright = Teacher((4, 4, 1), (), 2, compute)
    assert bright.accuracy(images, (means > 127.5).astype(np.int64)) == 1
    assert bright.accuracy(images, np.zeros(250, np.int64)) == np.mean(means < 127.5)
    # A device without content stands for those that are not here: the images are brought to where the teacher is.
    seen: list[str] = []

    def compute_elsewhere(pixels: Any) -> Any:
        seen.append(pixels.device.type)
        return torch.zeros(len(pixels), 2)

    elsewhere = Teacher((4, 4, 1), (), 2, compute_elsewhere)
    elsewhere.accuracy(images[:1], np.zeros(1, np.int64), "meta")
    assert seen == ["meta"]


def test_it_moves_to_where_the_net_is_trained(checkpoint: Path) -> None:
    teacher = load_teacher(checkpoint)
    teacher.move("meta")
    assert teacher.logits(torch.zeros(2, 1, 24, 24, device="meta")).device.type == "meta"


@pytest.mark.parametrize(("device", "backend"), [("cpu", "gloo"), ("cuda", "nccl"), ("cuda:0", "nccl")])
def test_processes_speak_by_what_their_tensors_are_on(
    device: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a machine with GPUs that are not asked for."""
    from torch import distributed

    from mcugen.training.processes import joined_processes

    told: list[Any] = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "set_device", told.append)
    monkeypatch.setattr(distributed, "is_nccl_available", lambda: True)
    monkeypatch.setattr(distributed, "init_process_group", told.append)
    monkeypatch.setattr(distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    monkeypatch.setattr(distributed, "destroy_process_group", lambda: None)
    with joined_processes(device) as processes:
        assert (processes.rank, processes.count) == (1, 2)
    assert told == ([1, "nccl"] if backend == "nccl" else ["gloo"])


@pytest.mark.parametrize(("count", "labels"), [(2, ("a", "b")), (3, ("a", "c", "b"))])
def test_other_classes_are_refused(checkpoint: Path, count: int, labels: tuple[str, ...]) -> None:
    with pytest.raises(McugenError, match=r"^net\.pt: "):
        load_teacher(checkpoint).require_classes(count, labels, "net.pt")


@pytest.mark.needs("onnxruntime")
@pytest.mark.parametrize("batch", [None, 1, 3])
def test_an_onnx_model_teaches_the_same(checkpoint: Path, tmp_path: Path, batch: int | None) -> None:
    weight = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch or "N", 3, 2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch or "N", 3])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    teacher = load_teacher(tmp_path / "net.onnx")
    images = torch.rand(7, 3, 2, 2)
    assert np.allclose(teacher.logits(images), images.numpy().reshape(7, 12) @ weight, atol=1e-5)


@pytest.mark.parametrize("name", ["net.onnx", "net.pt"])
def test_other_files_are_refused_in_one_line(tmp_path: Path, name: str) -> None:
    if name.endswith(".onnx"):
        module("onnxruntime")
    for content in (None, b"something else"):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(McugenError) as error:
            load_teacher(tmp_path / name)
        assert "\n" not in str(error.value)
        assert name in str(error.value)


def test_the_loss_is_least_at_the_teachers_logits(checkpoint: Path) -> None:
    teacher = load_teacher(checkpoint)
    images, labels = torch.rand(8, 3, 24, 24), torch.zeros(8, dtype=torch.int64)
    all_of_it = loss_function(Recipe(teacher_weight=1.0), teacher)
    same = teacher.logits(images)
    assert all_of_it(images, same, labels).item() == pytest.approx(0, abs=1e-6)
    assert all_of_it(images, same + torch.tensor([0.0, 1.0, 0.0]), labels) > 0.01
    none_of_it = loss_function(Recipe(teacher_weight=0.0), teacher)
    plain = loss_function(Recipe(), None)
    assert torch.equal(none_of_it(images, same, labels), plain(images, same, labels))


def test_a_net_learns_what_no_label_says(checkpoint: Path) -> None:
    """With labels of noise and all of the loss the teacher's, it comes nearer to the teacher."""
    from mcugen.training.loop import Trainer
    from mcugen.training.subset import labelled
    from mcugen.training.tasks.classify import Classify

    teacher = load_teacher(checkpoint)
    random = np.random.default_rng(0)
    images = Dataset("noise", random.integers(0, 256, (48, 24, 24, 3)).astype(np.uint8), random.integers(0, 3, 48))
    torch.manual_seed(0)
    net = build(architecture("mobilenet_v1", alpha=0.1, size=24, in_chans=3, num_classes=3))
    recipe = Recipe(epochs=4, batch=8, teacher_weight=1.0, shift=0, flip=False)
    part = labelled(images)
    losses = [result.loss for result in Trainer(net, Classify(recipe, teacher), part, part, recipe).epochs()]
    assert losses[-1] < losses[0]
