"""YOLO's data sets: data.yaml as people have it, lists of classes, and lines of boxes and outlines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcugen.data.boxes import load_boxes
from mcugen.diagnostics import McugenError
from tests.data.test_boxes import picture


def described(folder: Path, text: str, train: str, test: str | None) -> Path:
    """Two images to train on and one to test on, in folders of these names; labels where YOLO's rule has them."""
    for number, part in enumerate((train, train, *([test] if test else []))):
        picture(folder / part / f"{number}.png")
        label = folder / part.replace("images", "labels") / f"{number}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(f"{number % 2} 0.2 0.3 0.2 0.4\n")
    (folder / "data.yaml").write_text(text)
    return folder


@pytest.mark.needs("torch")
@pytest.mark.parametrize(
    ("text", "train", "test"),
    [
        # Roboflow's.
        (
            "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 2\nnames: ['no', '007']\n",
            *("train/images", "valid/images"),
        ),
        # Ultralytics's.
        (
            "path: ../datasets/mine # root\ntrain: images/train\nval: images/val\ntest:\nnames:\n  0: no\n  1: 007\n",
            *("images/train", "images/val"),
        ),
        (
            "path: /content/gone\ntrain: [images/train]\nval: images/val\nnames: [no, 007]\n",
            "images/train",
            "images/val",
        ),
        ("train: list.txt\nval: images/val\nnames: {0: no, 1: 007, 5: never}\n", "images/train", "images/val"),
        ("train: images\nnames: [no, 007]\nnc: 2\n", "images", None),
    ],
)
@pytest.mark.parametrize("named", ["file", "folder"])
def test_yolo_data_sets_are_read_as_they_are_written(
    text: str, train: str, test: str | None, named: str, tmp_path: Path
) -> None:
    folder = described(tmp_path / "mine", text, train, test)
    (folder / "list.txt").write_text(f"./{train}/0.png\n{train}/1.png\n")
    # What systems and tools leave there.
    for hidden in (".ipynb_checkpoints/0-checkpoint.png", "__MACOSX/0.png", "._0.png"):
        picture(folder / train / hidden)
    parts = load_boxes(folder if named == "folder" else folder / "data.yaml", height=20, width=40, channels=1)
    assert [len(part.images) for part in parts] == ([2, 1] if test else [1, 1])
    assert parts[0].classes == parts[1].classes == ("007", "no")
    assert parts[0].unused == (("never",) if "never" in text else ())
    if test:
        assert np.concatenate(parts[0].boxes) == pytest.approx(np.array([[1, 4, 2, 12, 10], [0, 4, 2, 12, 10]]))
        assert Path(parts[1].files[0]).name == "2.png"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train: images\nnames: [a, b", "not YAML"),
        ("- a\n- b\n", "not a description"),
        ("train: images\nnc: 3\nnames: [a, b]\n", "names no classes: 2 names, and nc: 3"),
        ("train: images\n", "names no classes"),
        ("train: images\nnames: {first: a}\n", "names no classes"),
        ("train: images\nnames: [a, ' a']\n", "a name stands there twice"),
        ("train: images\nnames: [a, [b]]\n", "a name is a word"),
        ("train: images\nnc: many\n", "names no classes"),
        ("names: [a, b]\n", "names no images to train on"),
        ("train: pictures\nnames: [a, b]\n", "there is no 'pictures' beneath"),
        ("train: images\nval: images/val\nnames: [a, b]\n", "there is no 'images/val' beneath"),
        ("train: {a: b}\nnames: [a, b]\n", "is no folder"),
        ("train: data.yaml\nnames: [a, b]\n", "neither a folder nor a list"),
        ("train: list.txt\nnames: [a, b]\n", "list.txt, line 2: there is no image 'gone.png'"),
        ("train: images\nnames: {0: a, 7: b}\n", "the classes are numbered 0, 7, and the rest"),
        ("train: images\nnames: [a]\n", "the classes are 1, numbered 0 to 0, and the rest"),
        ("train: images\nnames: [a, b]\nkpt_shape: [17, 3]\n", "keypoints"),
        ("train: bare\nnames: [a, b]\n", "no boxes for 1 images"),
        (f"train: {'[' * 4000}\n", "not YAML"),
    ],
)
@pytest.mark.needs("torch")
def test_a_description_that_is_none(text: str, said: str, tmp_path: Path) -> None:
    folder = described(tmp_path / "mine", text, "images", None)
    picture(folder / "bare" / "a.png")
    (folder / "list.txt").write_text("images/0.png\ngone.png\n")
    with pytest.raises(McugenError) as refused:
        load_boxes(folder, height=20, width=40, channels=1)
    assert said in f"{refused.value.message} {refused.value.hint}"
    assert "\n" not in str(refused.value)


@pytest.mark.needs("torch")
@pytest.mark.parametrize(("train", "test"), [("images/train", "images/val"), ("train/images", "valid/images")])
def test_images_of_two_parts_with_a_list_of_classes(train: str, test: str, tmp_path: Path) -> None:
    folder = described(tmp_path / "mine", "", train, test)
    (folder / "data.yaml").rename(folder / "classes.txt")
    (folder / "classes.txt").write_text("cup\nlamp\n")
    parts = load_boxes(folder, height=20, width=40, channels=1)
    assert [len(part.files) for part in parts] == [2, 1]
    assert [Path(file).name for part in parts for file in part.files] == ["0.png", "1.png", "2.png"]


@pytest.mark.needs("torch")
@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("0.0 0.2 0.3 0.2 0.4", [4, 2, 12, 10]),
        ("0 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5", [4, 2, 12, 10]),
        ("0 0.2 0.1 0.3 0.3 0.1 0.5", [4, 2, 12, 10]),
        ("0 1.0 0.3 0.2 0.4", [36, 2, 40, 10]),
        ("0 0.2 0.3 0 0.4", None),
        ("0 1.5 0.3 0.2 0.4", None),
        ("0 8 6 8 8", "not YOLO's"),
        ("0.5 0.2 0.3 0.2 0.4", "not YOLO's"),
        ("0 0.2 0.3 0.2 0.4 0.9", "not YOLO's"),
        ("-1 0.2 0.3 0.2 0.4", "not YOLO's"),
        ("nan 0.2 0.3 0.2 0.4", "not YOLO's"),
        ("0 0.2 0.3 -0.2 0.4", "not YOLO's"),
    ],
)
def test_lines_of_yolo(line: str, box: list[float] | str | None, tmp_path: Path) -> None:
    folder = described(tmp_path, "train: images\nval: test/images\nnames: [cup, lamp]\n", "images", "test/images")
    (folder / "labels" / "1.txt").write_text(f"{line}\n\n")
    if isinstance(box, str):
        with pytest.raises(McugenError, match=box):
            load_boxes(folder, height=20, width=40, channels=1)
        return
    train, _ = load_boxes(folder, height=20, width=40, channels=1)
    assert train.lost == (box is None)
    assert train.boxes[1] == pytest.approx(np.array([[0, *box]] if box else np.zeros((0, 5))))
