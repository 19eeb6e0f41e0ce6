"""mcugen generate: what is in the directory, and what it leaves alone."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mcugen import __version__
from mcugen.simulate.host import STRICT_FLAGS
from tests.support.command import mcugen
from tests.support.schemas import conform
from tests.support.small_net import small_network

FILES = {
    "small.h",
    "small.c",
    "small_weights.c",
    "small_kernels.h",
    "small_test_vectors.h",
    "small_test_vectors.c",
    "small.json",
    "library.json",
    "README.md",
    "CMakeLists.txt",
    "idf_component.yml",
    "library.properties",
    "examples/SelfTest/SelfTest.ino",
    "zephyr/CMakeLists.txt",
    "zephyr/Kconfig",
    "zephyr/module.yml",
}
SELF_TEST = """
#include <string.h>
#include "small_test_vectors.h"
static small_ctx ctx;
int main(void)
{
    int8_t some[SMALL_CLASSES] = {-128, 5, 5, -1};
    int failed = small_top1(some) != 1;
    some[3] = 6;
    failed |= small_top1(some) != 3;
    failed |= strlen(SMALL_MODEL_SHA256) != 64 || strcmp(SMALL_MCUGEN_VERSION, MCUGEN_VERSION) != 0;
    for (int i = 0; i < SMALL_TEST_VECTORS; i++) {
        int8_t scores[SMALL_OUTPUT_BYTES];
        failed |= small_invoke(&ctx, small_test_vectors[i].image, scores);
        failed |= memcmp(scores, small_test_vectors[i].scores, SMALL_OUTPUT_BYTES) != 0;
    }
    return failed;
}
"""


def _contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_the_directory(tflite_model: Path, tmp_path: Path) -> None:
    outcome = mcugen("generate", tflite_model, "-o", tmp_path / "new" / "small", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert set(_contents(tmp_path / "new" / "small")) == FILES
    assert set(outcome.json["files"]) == FILES
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["small"]


def test_the_same_bytes_twice(tflite_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / tflite_model.name
    copy.parent.mkdir()
    shutil.copy(tflite_model, copy)
    mcugen("generate", tflite_model, "-o", tmp_path / "a")
    mcugen("generate", copy, "-o", tmp_path / "b")
    assert _contents(tmp_path / "a") == _contents(tmp_path / "b")
    for data in _contents(tmp_path / "a").values():
        assert str(tmp_path).encode() not in data


def test_the_self_test_passes(tflite_model: Path, onnx_model: Path, tmp_path: Path) -> None:
    for model in (tflite_model, onnx_model):
        directory = tmp_path / model.suffix[1:]
        assert mcugen("generate", model, "-o", directory).code == 0
        (tmp_path / "main.c").write_text(SELF_TEST)
        sources = sorted(str(path) for path in directory.glob("*.c"))
        command = [
            "cc",
            *STRICT_FLAGS,
            f"-I{directory}",
            f'-DMCUGEN_VERSION="{__version__}"',
            *sources,
            str(tmp_path / "main.c"),
            "-o",
            str(tmp_path / "a.out"),
        ]
        subprocess.run(command, check=True)
        subprocess.run([str(tmp_path / "a.out")], check=True)


def test_the_manifest(tflite_model: Path, tmp_path: Path) -> None:
    mcugen("generate", tflite_model, "-o", tmp_path / "out", "--target", "host")
    manifest = json.loads((tmp_path / "out" / "small.json").read_text())
    conform(manifest, "manifest")
    assert manifest["generator"] == "mcugen"
    assert manifest["mcugen_version"] == __version__
    model = {
        "file": "small.tflite",
        "sha256": hashlib.sha256(tflite_model.read_bytes()).hexdigest(),
        "format": "tflite",
    }
    assert manifest["model"] == model
    assert manifest["target"]["name"] == "generic"
    costs = mcugen("analyze", tflite_model, "--json").json
    assert manifest["sizes"]["ram_bytes"] == costs["ram_bytes"]
    assert manifest["sizes"]["weight_bytes"] == costs["flash"]["weight_bytes"]
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert set(manifest["files"]) == FILES - {"small.json"}
    plan = manifest["plan"]
    assert [layer for stage in plan["stages"] for layer in stage["layers"]]
    forms = [form for stage in plan["stages"] for form in stage["requantization"].values()]
    assert all(form["proved_accumulators"] > 0 for form in forms)
    for buffer in plan["buffers"]:
        assert buffer["offset"] + buffer["slots"] * buffer["row_bytes"] <= manifest["sizes"]["arena_bytes"]
    assert "fold_constant_channels" in [entry["name"] for entry in manifest["passes"]]


def test_a_pass_left_out_is_not_in_the_manifest(tflite_model: Path, tmp_path: Path) -> None:
    mcugen("generate", tflite_model, "-o", tmp_path / "out", "--no-fold-constant-channels")
    manifest = json.loads((tmp_path / "out" / "small.json").read_text())
    assert "fold_constant_channels" not in [entry["name"] for entry in manifest["passes"]]
    assert manifest["dead_channels"] == []


def test_names(tflite_model: Path, tmp_path: Path) -> None:
    assert mcugen("generate", tflite_model, "-o", tmp_path / "out", "--name", "My net").code == 0
    assert (tmp_path / "out" / "my_net.h").exists()
    assert "my_net_invoke" in (tmp_path / "out" / "README.md").read_text()


def test_generating_again_under_another_name_removes_the_old_files(tflite_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    mcugen("generate", tflite_model, "-o", out, "--name", "first")
    (out / "notes.txt").write_text("mine")
    assert mcugen("generate", tflite_model, "-o", out, "--name", "second").code == 0
    names = set(_contents(out))
    assert not [name for name in names if name.startswith("first")]
    assert {"second.c", "notes.txt"} <= names


def test_a_foreign_directory_is_refused(tflite_model: Path, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { return 0; }")
    (tmp_path / "small.json").write_text('{"name": "not a manifest of ours"}')
    before = _contents(tmp_path)
    outcome = mcugen("generate", tflite_model, "-o", tmp_path)
    assert outcome.code == 2
    assert "--force" in outcome.error
    assert _contents(tmp_path) == before
    assert mcugen("generate", tflite_model, "-o", tmp_path, "--force").code == 0
    after = _contents(tmp_path)
    assert set(after) == FILES | {"main.c"}
    assert after["main.c"] == before["main.c"]


def test_over_budget_nothing_is_written(tflite_model: Path, tmp_path: Path) -> None:
    outcome = mcugen("generate", tflite_model, "-o", tmp_path / "out", "--max-ram", "10")
    assert outcome.code == 3
    assert "over the budget of 10" in outcome.error
    assert not (tmp_path / "out").exists()


def test_damaged_models_leave_nothing(tflite_model: Path, tmp_path: Path) -> None:
    data = tflite_model.read_bytes()
    for length in range(0, len(data), max(1, len(data) // 25)):
        path = tmp_path / "cut.tflite"
        path.write_bytes(data[:length])
        outcome = mcugen("generate", path, "-o", tmp_path / "out")
        assert outcome.code == 2
        assert outcome.error.startswith("mcugen: error: ")
        assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_nothing(tflite_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.write_bytes

    def full(path: Path, *arguments: object, **options: object) -> int:
        if path.name.endswith("_weights.c"):
            raise OSError(28, "No space left on device")
        return real(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_bytes", full)
    outcome = mcugen("generate", tflite_model, "-o", tmp_path / "parent" / "out")
    assert outcome.code == 2
    assert "no space left on device" in outcome.error
    assert list(tmp_path.iterdir()) == []


def test_labels_of_a_file(tflite_model: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("\ufeffcat\nd\u00f6g \n\nbird\nmouse\n", encoding="utf-8")
    assert mcugen("generate", tflite_model, "-o", tmp_path / "out", "--labels", labels).code == 0
    source = (tmp_path / "out" / "small_weights.c").read_text()
    assert re.search(r'"cat",\s+"d\\303\\266g",\s+"bird",\s+"mouse"', source)
    assert json.loads((tmp_path / "out" / "small.json").read_text())["labels"] == ["cat", "d\u00f6g", "bird", "mouse"]
    labels.write_text("cat\n")
    outcome = mcugen("generate", tflite_model, "-o", tmp_path / "none", "--labels", labels)
    assert outcome.code == 2
    assert "1 labels for a model with 4 classes" in outcome.error
    labels.write_bytes(b"\xff\xfe\x00")
    assert f"{labels}: not text in UTF-8" in mcugen("generate", tflite_model, "-o", "none", "--labels", labels).error
    assert not (tmp_path / "none").exists()


def test_what_is_said_of_scores(tmp_path: Path) -> None:
    for softmax, said in ((True, "ZERO_POINT), a probability."), (False, "ZERO_POINT), a logit unless")):
        model = tmp_path / "small.tflite"
        model.write_bytes(small_network(softmax=softmax))
        mcugen("generate", model, "-o", tmp_path / str(softmax))
        assert said in (tmp_path / str(softmax) / "small.h").read_text()
        assert "yours to use under any terms (0BSD)" in (tmp_path / str(softmax) / "library.properties").read_text()
