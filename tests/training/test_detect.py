"""Nets that find objects: cells of boxes, F1 by object, and the way from images with boxes to C."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.detection import Detection
from mcugen.detection.matching import Counts, count_matches, total
from tests.support.command import mcugen
from tests.support.needs import module

BOXES = [
    np.array([[0, 8, 8, 16, 24], [1, 40, 0, 64, 8]], np.float64),
    np.zeros((0, 5)),
    np.array([[1, 0, 0, 5, 5]], np.float64),
]


def found_at(number: int, x: int, y: int) -> Detection:
    return Detection(number, 100, x, y, x, y, x + 1, y + 1, cells=1, first_cell=0)


def test_each_box_is_found_once() -> None:
    found = [found_at(1, 9, 20), found_at(1, 12, 12), found_at(1, 50, 4), found_at(2, 63, 7)]
    counts = count_matches(found, BOXES[0], 1, 2)
    assert counts == [Counts(1, 2, 0), Counts(1, 0, 0)]
    assert count_matches([], BOXES[0], 1, 2) == [Counts(0, 0, 1), Counts(0, 0, 1)]
    assert total([counts, counts], 2) == [Counts(2, 4, 0), Counts(2, 0, 0)]
    assert Counts(2, 1, 3).precision == pytest.approx(2 / 3)
    assert Counts(2, 1, 3).recall == pytest.approx(2 / 5)
    assert Counts(2, 1, 3).f1 == pytest.approx(1 / 2)
    assert Counts().f1 == 0.0


def test_of_two_boxes_around_it_an_object_takes_the_nearer() -> None:
    boxes = np.array([[0, 0, 0, 30, 30], [0, 8, 8, 16, 16]], np.float64)
    assert count_matches([found_at(1, 12, 12), found_at(1, 2, 2)], boxes, 1, 1) == [Counts(2, 0, 0)]


@pytest.mark.needs("torch")
def test_the_cell_of_a_boxs_middle_is_of_its_class() -> None:
    torch = module("torch")
    from mcugen.training.cells import cell_classes, middles, padded_boxes

    targets = cell_classes(middles(torch.from_numpy(padded_boxes(BOXES))), (32, 64), (4, 8)).numpy()
    expected = np.zeros((3, 4, 8), np.int64)
    expected[0, 2, 1], expected[0, 0, 6], expected[2, 0, 0] = 1, 2, 2
    assert np.array_equal(targets, expected)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("names", [("shift", "flip"), ("shift", "flip", "crop")])
def test_boxes_move_with_augmented_images(names: tuple[str, ...]) -> None:
    """A bright pixel is where its box's middle is, unless both were moved out."""
    torch = module("torch")
    from mcugen.training.augment.draws import draw
    from mcugen.training.augment.shown import shown
    from mcugen.training.cells import middles
    from mcugen.training.recipe import Recipe

    pixels = torch.zeros(40, 16, 24, 1, dtype=torch.uint8)
    boxes = torch.full((40, 1, 5), -1.0)
    for index in range(40):
        y, x = 3 + index % 10, 3 + index % 18
        pixels[index, y, x] = 255
        boxes[index, 0] = torch.tensor([0, x, y, x + 1, y + 1])
    recipe = Recipe(shift=3, augment=names)
    draws = draw(torch.arange(40), recipe, (16, 24), torch.Generator().manual_seed(1))
    moved, found = shown(pixels, draws, recipe, boxes)
    assert found is not None
    inside = 0
    for image, ((_, x, y),) in zip(moved[..., 0], middles(found).tolist(), strict=True):
        if 0 < x < 24 and 0 < y < 16:
            # A crop puts it between pixels.
            near = image[max(int(y - 0.5), 0) : int(y + 0.5) + 1, max(int(x - 0.5), 0) : int(x + 0.5) + 1]
            assert near.max() > 60
            assert near.max() == image.max()
            inside += 1
    assert inside > 28
    assert not torch.equal(moved, pixels)


def squares(folder: Path, count: int) -> Path:
    """Images of 32 x 32 with one bright square or one dark one."""
    random = np.random.default_rng(count)
    images = module("PIL.Image")
    folder.mkdir(parents=True)
    (folder / "classes.txt").write_text("bright\ndark\n")
    for index in range(count):
        pixels = np.full((32, 32), 128, np.uint8)
        left, top = random.integers(0, 24, 2)
        pixels[top : top + 8, left : left + 8] = (255, 0)[index % 2]
        images.fromarray(pixels).save(folder / f"{index}.png")
        (folder / f"{index}.txt").write_text(f"{index % 2} {(left + 4) / 32} {(top + 4) / 32} 0.25 0.25\n")
    return folder


@pytest.mark.slow
@pytest.mark.needs("torch")
def test_from_images_with_boxes_to_c(tmp_path: Path) -> None:
    squares(tmp_path / "data/train", 96)
    squares(tmp_path / "data/test", 40)
    arguments = ["train", "--task", "detect", "--data", tmp_path / "data", "--net", "mobilenet_v1_fomo"]
    arguments += ["--alpha", "0.1", "--size", "32", "--channels", "1", "--batch", "16", "--epochs", "10"]
    arguments += ["--object-weight", "10", "--lr", "0.01", "--threads", "1"]
    run = tmp_path / "run"
    trained = mcugen(*arguments, "-o", run, "--json")
    assert trained.code == 0, trained.stderr
    view = trained.json
    assert view["labels"] == ["background", "bright", "dark"]
    assert (view["images"], view["objects"], view["test_objects"]) == (96, 96, 40)
    assert view["f1"] > 0.3
    assert len((run / "metrics.csv").read_text().splitlines()) == 11
    quantized = mcugen("quantize", run / "checkpoint.pt", "-o", tmp_path / "net.pt2", "--json")
    assert quantized.code == 0, quantized.stderr
    overall, *by_class = quantized.json["objects"]
    assert [each["label"] for each in by_class] == ["bright", "dark"]
    assert overall["objects"] == 40
    assert abs(overall["int8_f1"] - view["f1"]) < 0.1
    measured = mcugen(
        *("accuracy", tmp_path / "net.pt2", "--data", tmp_path / "data", "--detect", "0.5", "--json"),
        *("--picture", tmp_path / "found.png"),
    )
    assert measured.code == 0, measured.stderr
    assert [(each["label"], each["f1"], each["precision"], each["recall"]) for each in measured.json["objects"]] == [
        (each["label"], each["int8_f1"], each["int8_precision"], each["int8_recall"])
        for each in quantized.json["objects"]
    ]
    assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")
    generated = mcugen("generate", tmp_path / "net.pt2", "-o", tmp_path / "lib", "--name", "net", "--detect", "0.5")
    assert generated.code == 0, generated.stderr
    assert (tmp_path / "lib/net_detect.c").exists()
    assert [line.partition(":")[0] for line in view["doubts"]] == ["2 test images are among those to train on"]
    assert (run / "report.html").exists()
    assert '"background",' in (tmp_path / "lib/net_weights.c").read_text()
    again = mcugen(*arguments, "-o", run)
    assert again.code != 0
    assert "holds a run with 10 of 10 epochs" in again.error
    _check_tuning(run / "checkpoint.pt", tmp_path / "tuned.pt2", {"--qat": 3}, view["f1"] - 0.1)
    elsewhere = mcugen("quantize", run / "checkpoint.pt", "-o", tmp_path / "other.pt2", "--data-dir", tmp_path)
    assert "--data-dir is of data sets known by name" in elsewhere.error


def _check_tuning(checkpoint: Path, output: Path, options: dict[str, int], least: float) -> None:
    """Fine-tunes with quantization in the loop: F1 of the int8 net is no less than this, and its maps find objects."""
    words = [word for pair in options.items() for word in pair]
    quantized = mcugen("quantize", checkpoint, "-o", output, *words, "--batch-size", 8, "--json")
    assert quantized.code == 0, quantized.stderr
    assert quantized.json["method"].startswith("quantization-aware fine-tuning")
    assert quantized.json["objects"][0]["int8_f1"] >= least
    assert quantized.json["layers"][-1]["operator"] == "softmax"
    generated = mcugen("generate", output, "-o", output.parent / "tuned", "--name", "net", "--detect", "0.5")
    assert generated.code == 0, generated.stderr


@pytest.mark.needs("torch")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--task", "detect", "--balance"], "--balance is not of --task detect"),
        (["--task", "detect", "--teacher-weight", "0.5"], "--teacher-weight is not of --task detect"),
        (["--task", "detect", "--net", "mobilenet_v1"], "tells no class at every cell"),
        (["--task", "detect"], "no boxes"),
        (["--object-weight", "3"], "--object-weight is not of --task classify"),
    ],
)
def test_refusals(options: list[str], said: str, tmp_path: Path) -> None:
    net = [] if "--net" in options else ["--net", "mobilenet_v1_fomo"]
    refused = mcugen("train", "--data", tmp_path, *options, *net, "-o", tmp_path / "run", "--size", "32")
    assert refused.code != 0
    assert said in refused.error
    assert not (tmp_path / "run").exists()


@pytest.mark.needs("torch")
def test_detectors_resume_begin_with_others_rest_and_hold_images_back(tmp_path: Path) -> None:
    torch = module("torch")
    squares(tmp_path / "data/train", 24)
    squares(tmp_path / "data/test", 8)
    # One class that is only tested, and one that no box has.
    (tmp_path / "data/train/classes.txt").write_text("bright\ndark\ngrey\n")
    for path in (tmp_path / "data/train").glob("*.txt"):
        if path.name != "classes.txt" and path.read_text().startswith("1"):
            path.write_text("")
    arguments = [
        "train",
        "--task",
        "detect",
        "--data",
        tmp_path / "data",
        "--net",
        "mobilenet_v1_fomo",
        "--alpha",
        "0.1",
    ]
    arguments += ["--size", "32", "--channels", "1", "--batch", "8", "--threads", "1"]
    whole = mcugen(*arguments, "--epochs", "2", "-o", tmp_path / "whole", "--json")
    assert whole.code == 0, whole.stderr
    page = (tmp_path / "whole/report.html").read_text(encoding="utf-8")
    for command in ("accuracy", "report"):
        assert f"mcugen {command} net.pt2 --data {tmp_path / 'data'} --detect 0.5" in page
    for command in ("validate net.pt2", "generate net.pt2 -o net --name net"):
        assert f"mcugen {command} --detect 0.5" in page
    assert whole.json["doubts"] == [
        "listed, but no box says it, and so no class of the net: grey",
        "no object to train on: dark",
    ]
    assert "mcugen: no object to train on: dark\n" in whole.stderr
    cut = mcugen(*arguments, "--epochs", "1", "-o", tmp_path / "cut")
    assert cut.code == 0
    assert f"  mcugen quantize {tmp_path / 'cut/checkpoint.pt'} -o net.pt2\n" in cut.stdout
    longer = mcugen(*arguments, "--epochs", "2", "--resume", "-o", tmp_path / "cut", "--json")
    assert longer.json["epochs"] == 2
    _check_tuning(tmp_path / "whole/checkpoint.pt", tmp_path / "tuned.pt2", {"--qat": 1}, 0.0)
    begun = ["--init", tmp_path / "whole/checkpoint.pt", "--freeze", "1", "--validation", "25%", "--epochs", "1"]
    outcome = mcugen(*arguments, *begun, "-o", tmp_path / "begun", "--json")
    assert outcome.code == 0, outcome.stderr
    assert outcome.json["beginning"]["fresh"] == ["head.pointwise", "head.logits"]
    assert (outcome.json["validation_images"], outcome.json["validation_f1"] is None) == (6, False)
    before, after = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["state"] for name in ("whole", "begun")
    )
    for name, tensor in before.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(tensor, after[name]) != name.startswith("features.head"), name
