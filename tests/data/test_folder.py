"""Image folders and IDX files: sizes, splits, what cannot be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from mcugen.data import Resize, load_folder, load_splits, resize_pixels
from mcugen.data.dataset import Dataset
from mcugen.diagnostics import McugenError
from tests.support.needs import module

Image = module("PIL.Image")

SIZE = {"height": 12, "width": 16, "channels": 3}


def _image(path: Path, color: tuple[int, int, int], size: tuple[int, int] = (16, 12)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten red images of class `red`, five blue ones of `blue`, of several sizes and forms."""
    for index in range(10):
        _image(tmp_path / "set" / "red" / f"{index}.png", (255, 0, 0), (16 + index, 12))
    for index in range(5):
        _image(tmp_path / "set" / "blue" / f"{index}.jpg", (0, 0, 255))
    return tmp_path / "set"


def test_every_class_is_split(folder: Path) -> None:
    train, test = load_folder(folder, **SIZE, split=0.2)
    assert train.classes == test.classes == ("blue", "red")
    assert np.bincount(train.labels).tolist() == [4, 8]
    assert np.bincount(test.labels).tolist() == [1, 2]
    assert train.images.shape == (12, 12, 16, 3)
    assert (train.images[train.labels == 1] == (255, 0, 0)).all()
    again, _ = load_folder(folder, **SIZE, split=0.2)
    assert np.array_equal(again.images, train.images)


def test_the_split_depends_on_seed_and_names_only(folder: Path) -> None:
    for index in range(10):
        _image(folder / "red" / f"{index}.png", (index, 0, 0))

    def chosen(seed: int) -> list[int]:
        test = load_folder(folder, **SIZE, split=0.3, seed=seed)[1]
        return test.images[test.labels == 1][:, 0, 0, 0].tolist()

    assert chosen(1) == chosen(1)
    assert len({tuple(chosen(seed)) for seed in range(6)}) > 1


def test_given_split(folder: Path, tmp_path: Path) -> None:
    _image(tmp_path / "own" / "val" / "red" / "x.png", (200, 0, 0))
    folder.rename(tmp_path / "own" / "train")
    train, test = load_folder(tmp_path / "own", **SIZE)
    assert (len(train.images), test.labels.tolist()) == (15, [1])
    _image(tmp_path / "own" / "val" / "green" / "x.png", (0, 200, 0))
    with pytest.raises(McugenError, match="green"):
        load_folder(tmp_path / "own", **SIZE)


def test_unreadable_files_are_named_and_left_out(folder: Path) -> None:
    (folder / "red" / "0.png").write_bytes((folder / "red" / "1.png").read_bytes()[:40])
    (folder / "red" / "2.png").write_text("not an image")
    (folder / "blue" / "empty.jpg").touch()
    (folder / "blue" / "notes.txt").write_text("no image and not meant as one")
    seen: list[tuple[str, int, int]] = []
    train, test = load_folder(folder, **SIZE, progress=lambda *step: seen.append(step))
    skipped = sorted(Path(line.partition(": ")[0]).name for line in train.skipped + test.skipped)
    assert skipped == ["0.png", "2.png", "empty.jpg"]
    assert len(train.images) + len(test.images) == 13
    assert seen[-1] == ("reading images", 16, 16)


def test_a_class_that_cannot_be_read_at_all(folder: Path) -> None:
    for path in (folder / "blue").iterdir():
        path.write_text("")
    with pytest.raises(McugenError, match="blue"):
        load_folder(folder, **SIZE)


def test_nothing_to_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(McugenError, match="CLASS"):
            load_folder(path, **SIZE)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1", "I;16", "CMYK"])
def test_other_modes(folder: Path, mode: str) -> None:
    path = folder / "red" / "0.png"
    if mode == "I;16":
        Image.fromarray(np.full((12, 16), 0x80FF, np.uint16)).save(path)
    else:
        image = Image.new("RGB", (16, 12), (128, 128, 128)).convert(mode)
        path = path.with_suffix(".jpg") if mode == "CMYK" else path
        image.save(path)
    train, test = load_folder(folder, height=12, width=16, channels=1)
    assert not train.skipped
    assert not test.skipped
    assert train.images.shape[3] == 1


def test_16_bits_are_scaled(tmp_path: Path) -> None:
    for index in range(2):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.fromarray(np.full((12, 16), 0x80FF, np.uint16)).save(tmp_path / "a" / f"{index}.png")
    train, _ = load_folder(tmp_path, height=12, width=16, channels=1)
    assert (train.images == 0x80).all()


def test_images_get_a_size() -> None:
    pixels = np.full((2, 4, 8), 200, np.uint8)
    padded = resize_pixels(pixels, 8, 8, 1, Resize.PAD)
    assert (padded[:, 2:6] == 200).all()
    assert padded.sum() == pixels.sum()
    assert (resize_pixels(pixels, 8, 8, 1, Resize.RESIZE) == 200).all()
    assert (resize_pixels(pixels, 2, 2, 3, Resize.CROP) == 200).all()
    shrunk = resize_pixels(pixels, 4, 4, 3, Resize.PAD)
    assert shrunk.shape == (2, 4, 4, 3)
    assert (shrunk[:, 1:3] == 200).all()
    assert (shrunk[:, 0] == 0).all()


@pytest.mark.parametrize("names", ["{}-images-idx3-ubyte.gz", "{}-images-idx3-ubyte", "{}-images.idx3-ubyte"])
def test_mnist_files(tmp_path: Path, names: str) -> None:
    random = np.random.default_rng(0)
    sets = {split: random.integers(0, 256, (count, 28, 28)) for split, count in (("train", 6), ("t10k", 4))}
    for split, images in sets.items():
        for name, values in ((names, images), (names.replace("images", "labels"), np.arange(len(images)))):
            name = name.replace("idx3", f"idx{values.ndim}")
            data = bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes()
            data += values.astype(np.uint8).tobytes()
            path = tmp_path / name.format(split)
            path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    train, test = load_splits(tmp_path, height=32, width=32, channels=1)
    assert isinstance(train, Dataset)
    assert np.array_equal(train.images[:, 2:30, 2:30, 0], sets["train"])
    assert test.images.shape == (4, 32, 32, 1)
    (tmp_path / names.replace("images", "labels").replace("idx3", "idx1").format("t10k")).unlink()
    with pytest.raises(McugenError, match="t10k-labels"):
        load_splits(tmp_path, height=32, width=32, channels=1)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    for name, mode in (("a", "RGBA"), ("b", "LA"), ("c", "P")):
        folder = tmp_path / name
        folder.mkdir()
        for index in range(2):
            image = Image.new("RGBA", (16, 12), (200, 0, 0, 0))
            image.paste((0, 0, 0, 255), (0, 0, 8, 12))
            image.convert(mode).save(folder / f"{index}.png")
    train, _ = load_folder(tmp_path, height=12, width=16, channels=1, split=0.5)
    assert (train.images[:, :, :8] == 0).all()
    assert (train.images[:, :, 8:] == 255).all()


def _table(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def test_a_table_names_files_and_labels(folder: Path) -> None:
    rows = [f"red/{index}.png,10" for index in range(10)] + [f"blue/{index}.jpg,9" for index in range(5)]
    table = _table(folder, "\n".join(["File, Label", *rows, "blue/none.jpg,9"]))
    train, test = load_splits(table, height=12, width=16, channels=3)
    assert train.classes == ("9", "10")
    assert np.bincount(train.labels + 0).sum() + len(test.labels) == 15
    assert (train.images[train.labels == 1] == (255, 0, 0)).all()
    assert "none.jpg" in "".join(train.skipped + test.skipped)
    assert set(train.files + test.files) >= {"red/0.png", "blue/4.jpg"}


def test_numbers_of_any_length_name_classes(folder: Path) -> None:
    long = "9" * 5000
    rows = [f"red/{index}.png,{long}" for index in range(10)] + [f"blue/{index}.jpg,010" for index in range(5)]
    train, _ = load_folder(_table(folder, "\n".join(["file,label", *rows])), **SIZE)
    assert train.classes == ("010", long)


def test_a_table_may_have_its_split(folder: Path) -> None:
    rows = ["file,label,part", "red/0.png,r,train", "blue/0.jpg,b,train", "red/1.png,r,test", "blue/1.jpg,b,val"]
    train, test = load_folder(_table(folder, "\n".join(rows)), **SIZE)
    assert (train.files, test.files) == (("red/0.png", "blue/0.jpg"), ("red/1.png", "blue/1.jpg"))


def test_images_with_boxes_are_no_classes(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("train: train/images")
    for part in ("train", "test"):
        _image(tmp_path / part / "images" / "0.png", (0, 0, 0))
        (tmp_path / part / "labels").mkdir()
        (tmp_path / part / "labels" / "0.txt").write_text("0 0.5 0.5 0.1 0.1")
    for data in (tmp_path, tmp_path / "data.yaml"):
        with pytest.raises(McugenError) as refused:
            load_folder(data, **SIZE)
        assert refused.value.hint == "images with boxes are for --task detect"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_of_spreadsheets_and_of_windows(folder: Path, mark: str) -> None:
    odd = folder / "red" / f"odd{mark.strip() or '-'} ä.jfif"
    Image.new("RGB", (40, 20), (255, 0, 0)).save(odd, format="jpeg")
    rows = [
        mark.join(("\ufefffile", "label", "part")),
        mark.join((f'"red/{odd.name}"', "r", "train")),
        mark.join(("red\\0.png", "r", "train")),
        mark.join((str((folder / "blue" / "0.jpg").absolute()), "b", "train")),
        "",
        mark.join(("blue/1.jpg", "b", "test")),
        mark.join(("C:\\Users\\me\\1.jpg", "b", "test")),
    ]
    train, test = load_folder(_table(folder, "\r\n".join(rows)), **SIZE)
    assert train.files == (f"red/{odd.name}", "red/0.png", "blue/0.jpg")
    assert test.files == ("blue/1.jpg",)
    assert ["No such file" in line for line in test.skipped] == [True]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_orientation_leaves_the_picture(folder: Path) -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\xff\xff\xff\xff\xff\xff\xff\xff"
    Image.new("RGB", (40, 20), (0, 0, 255)).save(folder / "blue" / "0.jpg", exif=exif)
    train, test = load_folder(folder, **SIZE)
    assert len(train.images) + len(test.images) == 15
    assert not train.skipped + test.skipped


@pytest.mark.parametrize(
    "text",
    [
        "",
        "file,label\nred/0, 1.png,r",
        "name,class\na,b",
        "file,label\n,x",
        "file,label,part\na,b,other",
        "file,label\na",
        f"file,label\na,{'b' * 200_000}",
    ],
)
def test_a_table_that_says_something_else(folder: Path, text: str) -> None:
    with pytest.raises(McugenError, match=r"labels\.csv"):
        load_folder(_table(folder, text), **SIZE)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_tables_as_spreadsheets_write_them(folder: Path, encoding: str) -> None:
    table = folder / "labels.csv"
    rows = [f"red/{index}.png\tré" for index in range(10)] + [f"blue/{index}.jpg\tblau" for index in range(5)]
    table.write_text("\n".join(["file\tlabel", *rows]), encoding=encoding)
    train, _ = load_folder(table, **SIZE)
    assert train.classes == ("blau", "ré")


def test_what_a_table_lacks_is_said_of_tables(folder: Path) -> None:
    (folder / "labels.csv").write_bytes("file,label\nred/0.png,ré".encode("latin-1"))
    with pytest.raises(McugenError, match=r'not text in UTF-8 \(spreadsheets write that as "CSV UTF-8"\)'):
        load_folder(folder / "labels.csv", **SIZE)
    rows = "file,label,part\nred/0.png,r,train\nblue/0.jpg,b,test"
    with pytest.raises(McugenError, match=r"class b is left for training \(its first line names the columns"):
        load_folder(_table(folder, rows), **SIZE)


def test_more_images_than_memory_is_for_are_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcugen.data import folder as module_

    usual = load_folder(folder, **SIZE)
    monkeypatch.setattr(module_, "_MOST_IN_MEMORY", 100)
    train, test = load_folder(folder, **SIZE)
    assert isinstance(train.images, np.memmap)
    assert np.array_equal(train.images, usual[0].images)
    assert np.array_equal(test.images, usual[1].images)


def test_images_on_both_sides_of_the_split_are_found() -> None:
    from mcugen.data.duplicates import shared_images

    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1)).astype(np.uint8)
    train = Dataset("a", pixels[:4], np.zeros(4, np.int64))
    assert shared_images(train, Dataset("b", pixels[[5, 2, 4]], np.zeros(3, np.int64))) == ((1, 2),)


def test_some_of_each_class() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    whole = Dataset("a", np.arange(6).reshape(6, 1), labels, files=tuple("abcdef"))
    some = whole.some_of_each_class(2, seed=1)
    assert np.bincount(some.labels).tolist() == [2, 2, 1]
    assert [f"{'abcdef'[int(image[0])]}" for image in some.images] == list(some.files)
    assert np.array_equal(some.images, whole.some_of_each_class(2, seed=1).images)
    assert whole.some_of_each_class(None, seed=1) is whole
