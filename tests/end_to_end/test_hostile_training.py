"""Hostile names of classes, images, folders, nets and sweeps through the commands that train, quantize and explore."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mcugen.compiler import compile_model
from mcugen.frontend import load_model
from mcugen.text import one_line
from tests.end_to_end.test_hostile_text import assert_inert, file_name
from tests.support.command import Outcome, mcugen
from tests.support.hostile_text import HOSTILE_TEXTS
from tests.support.needs import module

pytestmark = pytest.mark.slow

NET = ("--alpha", 0.1, "--size", 32, "--batch", 8, "--threads", 1, "--epochs", 1)
CLASSES = [f"{number:02} {file_name(text)[:60]}" for number, text in enumerate(HOSTILE_TEXTS)]


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of every hostile name, two images each and a file that is none, in a folder of a hostile name."""
    picture = module("PIL.Image")
    random = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("data") / file_name(HOSTILE_TEXTS[10] + HOSTILE_TEXTS[11])
    for number, name in enumerate(CLASSES):
        folder = root / name
        folder.mkdir(parents=True)
        for index in range(2):
            pixels = random.integers(0, 100, (8, 8, 3)) + 5 * number
            picture.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
        (folder / f"{file_name(HOSTILE_TEXTS[number])[:60]}.png").write_bytes(b"\x89PNG\r\n")
    return root


@pytest.fixture(scope="session")
def run(images: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A trained run in a directory of a hostile name, and what was printed."""
    module("torch")
    module("tensorboard")
    directory = tmp_path_factory.mktemp("runs") / file_name(HOSTILE_TEXTS[11] + HOSTILE_TEXTS[10])
    return directory, mcugen("train", "--data", images, "-o", directory, *NET)


def assert_refused_inertly(outcome: Outcome) -> None:
    assert outcome.code == 2, outcome.stderr
    assert outcome.error.isprintable()
    assert outcome.stdout == ""


def test_train(run: tuple[Path, Outcome]) -> None:
    directory, outcome = run
    assert_inert(outcome)
    assert outcome.stderr.count("left out") == len(CLASSES)
    assert (directory / "metrics.csv").read_text().isascii()


@pytest.fixture(scope="session")
def quantized(run: tuple[Path, Outcome], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    directory, _ = run
    place = tmp_path_factory.mktemp("quantized")
    names = [place / f"{file_name(HOSTILE_TEXTS[number])[:60]}{end}" for number, end in ((11, ".pt2"), (10, ".onnx"))]
    outcome = mcugen("quantize", directory / "checkpoint.pt", "-o", names[0], "--onnx", names[1], columns=300)
    assert_inert(outcome)
    assert outcome.stdout.count("skipped") == len(CLASSES)
    return names[0], names[1]


@pytest.mark.parametrize("which", [0, 1], ids=["pt2", "onnx"])
def test_names_of_classes_stay_one_name_each(which: int, quantized: tuple[Path, Path]) -> None:
    """Separators of the files (line breaks, commas) in a name would move the names of all classes behind it."""
    labels = load_model(quantized[which]).labels
    expected = [one_line(name) for name in CLASSES]
    assert list(labels) == (expected if which == 0 else [name.replace(",", ";") for name in expected])


@pytest.mark.parametrize("which", [0, 1], ids=["pt2", "onnx"])
def test_what_is_made_of_the_quantized_net(which: int, quantized: tuple[Path, Path], tmp_path: Path) -> None:
    model = quantized[which]
    assert_inert(mcugen("analyze", model))
    assert_inert(mcugen("generate", model, "-o", tmp_path / "out", "--name", "net", "--micropython"))
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in (".c", ".h", ".py", ".mk", ".cmake") or path.name in ("Makefile", "CMakeLists.txt"):
            text = path.read_text()
            assert all(line.isprintable() for line in text.replace("\t", " ").split("\n")), path
            assert "<script>" not in text or path.suffix in (".c", ".h"), path
    assert len(compile_model(model, name="net").imported.labels) == len(CLASSES)


def test_the_accuracy_of_classes(quantized: tuple[Path, Path], images: Path, run: tuple[Path, Outcome]) -> None:
    checkpoint = run[0] / "checkpoint.pt"
    shown = mcugen("analyze", quantized[0], "--data", images, "--float", checkpoint, "--mean", 0, columns=300)
    assert_inert(shown)
    assert one_line(CLASSES[8])[:20] in shown.stdout


def test_a_run_of_another_name_is_refused(run: tuple[Path, Outcome], images: Path) -> None:
    assert_refused_inertly(mcugen("train", "--data", images, "-o", run[0], *NET))


@pytest.fixture(params=range(len(HOSTILE_TEXTS)), ids=lambda number: ascii(HOSTILE_TEXTS[number][:20]))
def text(request: pytest.FixtureRequest) -> str:
    return HOSTILE_TEXTS[request.param]


def test_names_that_there_are_not(text: str, tmp_path: Path) -> None:
    """Of boards, targets, nets, data sets and schedulers."""
    # No shell hands on a zero byte.
    named = text.replace("\0", "")[:300] or "-"
    for words in (
        ["fit", f"--board={named}"],
        ["fit", f"--target={named}"],
        ["fit", "--target", "generic", f"--net={named}"],
        ["fit", "--target", "generic", f"--sweep={tmp_path / file_name(text)}"],
        ["new", tmp_path / "new", "--model", tmp_path / f"{file_name(text)}.tflite", "--board", "native"],
        ["new", tmp_path / "new", "--model", "x.tflite", f"--board={named}"],
        ["flash", "x.tflite", f"--board={named}"],
        ["diff", f"x{named}", f"y{named}"],
        ["nets", "cost", f"x{named}"],
        ["accuracy", "x.tflite", f"--images={tmp_path / file_name(text)}"],
        ["generate", "x.tflite", "-o", tmp_path / "out", f"--target={named}"],
    ):
        assert_refused_inertly(mcugen(*words))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_data_that_there_is_not(command: str, text: str, tmp_path: Path) -> None:
    for name in ("torch", "tensorboard", "torchao", "distributed", "matplotlib"):
        module(name)
    data = tmp_path / file_name(text)
    assert_refused_inertly(mcugen(command, f"--data={data}", "-o", tmp_path / "out"))
    assert_refused_inertly(mcugen("quantize", data, "-o", tmp_path / f"{file_name(text)}.pt2"))


def test_a_sweep_of_others(text: str, tmp_path: Path) -> None:
    """Its table names nets that there are not, and numbers that are none."""
    for number, row in enumerate(
        (
            (text, "0.1", "32", "0.5"),
            ("mobilenet_v1", text, "32", "0.5"),
            ("mobilenet_v1", "0.1", text, "0.5"),
            ("mobilenet_v1", "0.1", "32", text or " "),
        )
    ):
        table = tmp_path / f"{number}.csv"
        with table.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([("net", "alpha", "size", "int8_top1"), row])
        options = ("--target", "generic", "--net", "mobilenet_v1", "--alphas", "0.1", "--sizes", "32")
        assert_refused_inertly(mcugen("fit", *options, "--sweep", table))


@pytest.mark.parametrize(
    "row",
    [("nan", "32", "0.5"), ("0.1", "-1", "0.5"), ("0.1", "9" * 30, "0.5"), ("0.1", "32", "nan"), ("inf", "1", "1")],
)
def test_numbers_of_a_sweep_that_cannot_be(row: tuple[str, str, str], tmp_path: Path) -> None:
    table = tmp_path / "sweep.csv"
    table.write_text("net,alpha,size,int8_top1\n" + ",".join(("mobilenet_v1", *row)) + "\n")
    options = ("--target", "generic", "--net", "mobilenet_v1", "--alphas", "0.1", "--sizes", "32")
    assert_refused_inertly(mcugen("fit", *options, "--sweep", table))


@pytest.mark.parametrize("key", ["macs", "parameters", "int8_top1", "modelled_cycles", "decay", "net", "unknown"])
def test_a_run_of_others(key: str, images: Path, tmp_path: Path) -> None:
    """What a sweep finds in its directory and goes on with, training nothing."""
    for name in ("torch", "tensorboard", "torchao", "distributed", "matplotlib"):
        module(name)
    name = "mobilenet_v1-a0.1-16"
    row: dict[str, object] = {"net": "mobilenet_v1", "alpha": 0.1, "size": 16, "decay": False, "cell": name}
    row |= dict.fromkeys(("macs", "parameters", "ram_bytes", "flash_bytes", "modelled_cycles", "live_macs"), 5)
    row |= {"float_top1": 0.5, "int8_top1": 0.5, "unknown": "", "instructions": 5, "seconds": 1.0}
    options = ("--alphas", "0.1", "--sizes", "16", "--question", "grid")
    (tmp_path / "out" / "cells").mkdir(parents=True)
    for text in (HOSTILE_TEXTS[10] + HOSTILE_TEXTS[11], HOSTILE_TEXTS[29], HOSTILE_TEXTS[14]):
        (tmp_path / "out" / "cells" / f"{name}.json").write_text(json.dumps(row | {key: text}))
        outcome = mcugen("sweep", "--data", images, "-o", tmp_path / "out", *options)
        if key != "unknown":
            assert_refused_inertly(outcome)
            continue
        assert_inert(outcome)
        assert text not in (tmp_path / "out" / "accuracy-macs.svg").read_text()


def test_a_manifest_of_others(text: str, tmp_path: Path) -> None:
    numbers = {"context_bytes": 1, "constant_bytes": 1, "macs": 1, "live_macs": 1, "parameters": 1}
    layer = {"name": text, "live_macs": 1, "live_parameters": 1, "instructions": None, "modelled_cycles": None}
    for macs in (1, 2):
        manifest = {"costs": numbers, "sizes": numbers, "model": {"file": text}, "target": {"name": text}}
        manifest["layers"] = [layer | {"live_macs": macs}]
        (tmp_path / f"{macs}.json").write_text(json.dumps(manifest))
    shown = mcugen("diff", tmp_path / "1.json", tmp_path / "2.json", columns=300)
    assert_inert(shown)
    # Rich shows a backslash at the end twice.
    start = one_line(shown.stdout).replace("\\", "")
    assert start.startswith(one_line(f"A: {text} for {text}"[:200]).replace("\\", ""))


def test_boards(tmp_path: Path) -> None:
    assert_inert(mcugen("boards"))
