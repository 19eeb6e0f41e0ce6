"""Boxes of four formats say the same, and move with their images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mcugen.data.annotated import Box
from mcugen.data.annotations import read_annotations
from mcugen.data.boxes import load_boxes, move_box
from mcugen.data.resize import Resize, resize_image
from mcugen.diagnostics import McugenError
from tests.support.needs import module

# Of an image of 40 x 20: label, left, top, right, bottom.
BOXES = [("cup", 4.0, 2.0, 12.0, 10.0), ("lamp", 20.0, 5.0, 36.0, 15.0)]


def picture(path: Path, size: tuple[int, int] = (40, 20)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = module("PIL.Image").new("RGB", size)
    for _, *bounds in BOXES:
        image.paste((255, 255, 255), tuple(map(int, bounds)))
    image.save(path)


def voc(folder: Path) -> Path:
    picture(folder / "JPEGImages" / "a.png")
    objects = "".join(
        f"<object><name>{label}</name><bndbox><xmin>{left + 1}</xmin><ymin>{top + 1}</ymin>"
        f"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>"
        for label, left, top, right, bottom in BOXES
    )
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(f"<annotation><filename>a.png</filename>{objects}</annotation>")
    return folder


def yolo(folder: Path) -> Path:
    picture(folder / "images" / "a.png")
    (folder / "classes.txt").write_text("cup\nlamp\n")
    lines = [
        f"{number} {(box[1] + box[3]) / 80} {(box[2] + box[4]) / 40} {(box[3] - box[1]) / 40} {(box[4] - box[2]) / 20}"
        for number, box in enumerate(BOXES)
    ]
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text("\n".join(lines))
    return folder


def coco(folder: Path) -> Path:
    picture(folder / "images" / "a.png")
    annotations = [
        {"image_id": 7, "category_id": 3 + number, "bbox": [box[1], box[2], box[3] - box[1], box[4] - box[2]]}
        for number, box in enumerate(BOXES)
    ]
    content = {
        "images": [{"id": 7, "file_name": "a.png"}],
        "annotations": annotations,
        "categories": [{"id": 3, "name": "cup"}, {"id": 4, "name": "lamp"}],
    }
    path = folder / "instances.json"
    path.write_text(json.dumps(content))
    return path


def table(folder: Path) -> Path:
    picture(folder / "a.png")
    lines = [",".join(map(str, ("a.png", *box))) for box in BOXES]
    path = folder / "boxes.csv"
    path.write_text("\n".join(["file,label,left,top,right,bottom", *lines]))
    return path


@pytest.mark.needs("torch")
@pytest.mark.parametrize("made", [voc, yolo, coco, table])
def test_formats_say_the_same(made: object, tmp_path: Path) -> None:
    source = made(tmp_path)  # type: ignore[operator]
    (image,) = read_annotations(source).images
    assert image.path.name == "a.png"
    for box, (label, *bounds) in zip(image.boxes, BOXES, strict=True):
        moved = move_box(box, (40, 20), 20, 40, Resize.RESIZE)
        assert box.label == label
        assert moved == pytest.approx(bounds)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("made", [coco, table])
def test_what_systems_leave_beside_annotations_is_passed_over(made: object, tmp_path: Path) -> None:
    source = made(tmp_path)  # type: ignore[operator]
    (source.parent / f"._{source.name}").write_bytes(b"\x00\x05\x16\x07\xff")
    assert read_annotations(source.parent).has_boxes


@pytest.mark.needs("torch")
@pytest.mark.parametrize("made", [yolo, coco])
def test_classes_that_no_box_has_are_known(made: object, tmp_path: Path) -> None:
    source = made(tmp_path)  # type: ignore[operator]
    for name in ("b", "c"):
        picture(tmp_path / "images" / f"{name}.png")
    if made is yolo:
        (source / "classes.txt").write_text("cup\nlamp\nspoon\n\nfork\n")
    else:
        content = json.loads(source.read_text())
        content["images"].append({"id": 8, "file_name": "b.png"})
        content["categories"] += [{"id": 9, "name": " spoon"}, {"id": 0, "name": "fork"}]
        source.write_text(json.dumps(content))
    for part in load_boxes(source, height=10, width=20, channels=1):
        assert part.classes == ("cup", "lamp")
        assert part.unused == ("fork", "spoon")


@pytest.mark.needs("torch")
@pytest.mark.parametrize("resize", list(Resize))
@pytest.mark.parametrize("size", [(24, 24), (10, 40), (40, 10), (96, 96)])
def test_boxes_move_with_the_image(resize: Resize, size: tuple[int, int]) -> None:
    """The white part of the resized image is where the box is, to a pixel."""
    image = module("PIL.Image").new("L", (40, 20))
    image.paste(255, (8, 6, 30, 16))
    pixels = np.asarray(resize_image(image, *size, resize))
    rows, columns = np.nonzero(pixels > 127)
    left, top, right, bottom = move_box(Box("a", 8, 6, 30, 16), (40, 20), *size, resize)
    found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert (left, top, right, bottom) == pytest.approx(found, abs=1.01)


@pytest.mark.needs("torch")
def test_split_and_classes(tmp_path: Path) -> None:
    rows = ["File, label,LEFT,top,right,bottom"]
    for number in range(10):
        picture(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'cup' if number % 2 else 'bowl'},4,2,12,10")
    picture(tmp_path / "empty.png")
    rows.append("empty.png,,,,,")
    (tmp_path / "bad.png").write_bytes(b"no image")
    rows.append("bad.png,cup,1,1,2,2")
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    train, test = load_boxes(tmp_path, height=10, width=20, channels=1, split=0.25, seed=3)
    assert len(train.images) + len(test.images) == 11
    assert len(train.skipped) + len(test.skipped) == 1
    assert train.classes == test.classes == ("bowl", "cup")
    assert train.images.shape[1:] == (10, 20, 1)
    assert not set(train.files) & set(test.files)
    counts = [len(boxes) for part in (train, test) for boxes in part.boxes]
    assert sorted(counts) == [0] + [1] * 10
    again, _ = load_boxes(tmp_path, height=10, width=20, channels=1, split=0.25, seed=3)
    assert again.files == train.files


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("boxes.csv", "image,label\n", "its columns are"),
        ("boxes.csv", "file,label,left,top,right,bottom\na.png,cup,5,1,2,nan\n", "line 2: not a box"),
        ("boxes.csv", "file,label,left,top,right,bottom\na.png,cup,1_0,1,20,20\n", "line 2: not a box"),
        ("boxes.csv", "file,label,left,top,right,bottom,Label\na.png,cup,1,1,2,2,mug\n", "have one name"),
        ("boxes.csv", "file,label,left,top,right,bottom\n../a.png,cup,1,1,2,2\n", "outside of its folder"),
        ("boxes.csv", "file,label,left,top,right,bottom\na.png,cup,1,1,2,2\n", "there is no image"),
        ("boxes.csv", f"file,label,left,top,right,bottom\na.png,{'c' * 200_000},1,1,2,2\n", "field larger"),
        ("boxes.csv", "file,label,left,top,right,bottom\na.png, ,1,1,2,2\n", "without a label"),
        ("a.xml", "<annotation><filename>*</filename></annotation>", "there is no image"),
        ("a.xml", "<annotation><filename>a**b</filename></annotation>", "there is no image"),
        ("a.xml", "<annotation><filename>.</filename></annotation>", "there is no image"),
        ("boxes.json", '{"images": []}', "not COCO's JSON"),
        ("boxes.json", "[" * 10_000, "not COCO's JSON"),
        ("a.xml", "<annotation><object>", "not Pascal VOC's XML"),
        ("boxes.txt", "0 0 0 0", "no boxes"),
    ],
)
def test_what_is_no_annotation_is_refused_in_one_line(name: str, content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(McugenError, match=said) as refused:
        read_annotations(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.needs("torch")
def test_coco_as_it_is(tmp_path: Path) -> None:
    """Crowds are no objects, outlines are boxes, images lie beside the folder of the annotations."""
    picture(tmp_path / "train2017" / "a.png")
    outline = [4, 2, 12, 2, 12, 10]
    annotations = [
        {"image_id": 7, "category_id": 90, "iscrowd": 0, "segmentation": [outline]},
        {"image_id": 7, "category_id": 3, "iscrowd": 1, "bbox": [0, 0, 5, 5], "segmentation": {"counts": "x"}},
        {"image_id": 7, "category_id": 3, "bbox": [20, 5, 0, 10]},
    ]
    content = {
        "images": [{"id": 7, "file_name": "a.png"}],
        "annotations": annotations,
        "categories": [{"id": 90, "name": "cup"}, {"id": 3, "name": "lamp"}],
    }
    path = tmp_path / "annotations" / "instances_train2017.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    (image,) = read_annotations(path).images
    assert image.path.parent.name == "train2017"
    assert image.boxes == (Box("cup", 4, 2, 12, 10), Box("lamp", 20, 5, 20, 15))
    for change, said in (
        ({"segmentation": {"counts": "x"}}, "neither a bbox nor outlines"),
        ({"image_id": 8, "bbox": [1, 1, 2, 2]}, "an annotation of image 8"),
        ({"category_id": 5, "bbox": [1, 1, 2, 2]}, "category 5"),
    ):
        content["annotations"] = [{"image_id": 7, "category_id": 3, **change}]
        path.write_text(json.dumps(content))
        with pytest.raises(McugenError, match=said):
            read_annotations(path)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("written", ["gone.png", "C:\\Users\\me\\a.png", "/home/me/a.png", ""])
def test_voc_files_that_moved_with_their_images(written: str, tmp_path: Path) -> None:
    folder = voc(tmp_path)
    path = folder / "Annotations" / "a.xml"
    path.write_text(path.read_text().replace("<filename>a.png", f"<filename>{written}"))
    (folder / "Annotations" / "._a.xml").write_bytes(b"\x00\x05\x16\x07\xff")
    (image,) = read_annotations(folder).images
    assert image.path.name == "a.png"
    assert len(image.boxes) == 2


@pytest.mark.needs("torch")
def test_images_with_boxes_are_brought_upright_and_to_8_bits(tmp_path: Path) -> None:
    images = module("PIL.Image")
    images.fromarray(np.full((20, 40), 128 << 8, np.uint16)).save(tmp_path / "deep.png")
    turned = images.new("L", (20, 40))
    exif = images.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    images.new("RGBA", (40, 20)).save(tmp_path / "clear.png")
    images.fromarray(np.zeros((20, 40), np.float32)).save(tmp_path / "real.tiff")
    names = ("deep.png", "turned.jpg", "clear.png", "real.tiff")
    rows = ["\ufefffile;label;left;top;right;bottom", *(f"{name};cup;4;2;12;10" for name in names)]
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    parts = load_boxes(tmp_path, height=20, width=40, channels=1, split=0.5)
    found = {
        Path(file).name: (int(image.mean()), boxes.tolist())
        for part in parts
        for file, image, boxes in zip(part.files, part.images, part.boxes, strict=True)
    }
    box = [[0, 4, 2, 12, 10]]
    assert found == {"deep.png": (128, box), "turned.jpg": (0, box), "clear.png": (255, box)}
    assert ["real numbers" in line for part in parts for line in part.skipped] == [True]
