"""One word, one meaning: the glossary of docs/architecture.md and the names in the code."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

import mcugen
from mcugen.report.proofs import FORMS

PACKAGE = Path(mcugen.__file__).parent
ROWS = re.findall(
    r"^\| ([a-z]+) \| (.+) \| `([a-z_/.]+)` \|$", (PACKAGE.parent / "docs/architecture.md").read_text(), re.MULTILINE
)
_COMMENT = re.compile(r"/\*.*?\*/|\{#.*?#\}|//[^\n]*", re.DOTALL)

# Words that had several meanings, and the modules whose names may hold them.
MEANINGS = {
    "fit": (
        "explore/*", "cli/*", "schemas/*", "firmware/*", "report/answers.py", "report/boards.py",
        "report/document.py",
        # Whether something has room, and the stored name of `train --fit`.
        "report/plots/timeline.py", "simulate/emulator/cycle_model.py", "training/sound.py", "data/*",
        "frontend/*", "ir/operators/weighted.py", "kernels/packed/split_rescaling.py",
    ),
    "twin": (
        "accuracy/*", "calibration/run.py", "cli/accuracy.py", "cli/explained.py", "cli/outputs.py", "report/*",
        "firmware/*", "cli/flash.py",
    ),
    # Of a detector's map; of a Bayer sensor, 2 x 2 pixels; of a window, the taps that a pool has without weights.
    "cell": (
        "detection/*", "training/*", "quantization/detector.py", "cli/train_detect.py",
        "camera/*", "codegen/camera.py", "plan/camera_work.py", "report/camera.py",
        "ir/*", "kernels/*", "frontend/tflite/operators/reduction.py",
    ),
    # Of stages; of channels in a grouped convolution, as ONNX and torch have it; of a regular expression, of processes.
    "group": (
        "plan/*", "codegen/*", "report/*", "schemas/*", "simulate/*", "frontend/*", "nets/*", "training/*",
        "quantization/*", "kernels/call_frame.py", "kernels/encoded.py",
    ),
    "packed": ("kernels/packed/*", "kernels/__init__.py", "frontend/torch/archive.py"),
    # Of what predictions are linear in; of a map, and of torch's modules.
    "feature": ("plan/*", "explore/untrained.py", "frontend/tflite/network.py", "nets/modules.py", "training/loop.py"),
    # Of slots that rings share; of windows and maps, as all frameworks have it; of literals, as assemblers have it;
    # of threads and processes, as Python has it.
    "pool": (
        "plan/*", "report/memory.py", "ir/*", "frontend/*", "nets/*", "explore/untrained.py",
        "accuracy/checkpoint_twin.py", "kernels/encoded.py",
        "data/boxes.py", "data/folder.py", "explore/fit.py", "validation/run.py",
    ),
    "producer": ("ir/graph.py", "passes/*", "codegen/*"),
    "view": (
        "codegen/*", "kernels/*", "ir/*",
        # Of an array: the same values in another shape or order, or as another type.
        "frontend/*", "camera/frame.py", "reference/pixels.py",
    ),
}  # fmt: skip
# The same of templates, whose names become those of generated C.
MEANINGS_IN_TEMPLATES = {
    "fit": ("report/*",),
    "twin": ("report/accuracy.html.j2",),
    "group": ("group.c.j2", "source.c.j2", "camera/camera.c.j2", "report/*"),
    "packed": ("packed/*", "report/layers.html.j2"),
    "producer": (),
}

# Words that variables may hold in their plain sense: the modules that are named after them, or have classes that are.
TITLES = {
    "cell": ("training/cells.py",),
    "column": ("kernels/*", "plan/columns.py", "schemas/manifest.py"),
    "part": ("plan/part.py",),
    "slot": ("kernels/assembly_text.py",),
    "view": ("codegen/views.py", "frontend/onnx/values.py", "kernels/views.py"),
}


def test_the_glossary_is_in_order_and_its_places_exist() -> None:
    words = [word for word, *_ in ROWS]
    assert len(words) > 25
    assert words == sorted(set(words))
    assert [place for *_, place in ROWS if not (PACKAGE / place).exists()] == []


@pytest.mark.parametrize("word", MEANINGS)
def test_a_word_is_in_no_name_of_another_meaning(word: str) -> None:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        if not any(fnmatch(place, pattern) for pattern in MEANINGS[word]):
            found[place] = sorted(name for name in names(ast.parse(path.read_text())) if word in parts(name))
    assert {place: called for place, called in found.items() if called} == {}


@pytest.mark.parametrize("word", TITLES)
def test_a_word_is_in_the_titles_of_one_meaning(word: str) -> None:
    found = []
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        nodes = ast.walk(ast.parse(path.read_text()))
        titles = (path.stem, *(node.name for node in nodes if isinstance(node, ast.ClassDef)))
        if any(word in parts(title) for title in titles) and not any(fnmatch(place, each) for each in TITLES[word]):
            found.append(place)
    assert found == []


def test_no_form_but_those_that_manifests_know_is_called_after_fitting() -> None:
    known = {"fitted", *(f"fitted_{more}" for more in ("addend", "plain", "split", "signed", "split_signed"))}
    assert {form for form in FORMS if "fit" in form} == known


@pytest.mark.parametrize("word", MEANINGS_IN_TEMPLATES)
def test_a_word_is_in_no_name_of_another_meaning_in_generated_code(word: str) -> None:
    templates = PACKAGE.parent / "templates"
    found = {}
    for path in templates.rglob("*.j2"):
        place = path.relative_to(templates).as_posix()
        if not any(fnmatch(place, pattern) for pattern in MEANINGS_IN_TEMPLATES[word]):
            code = _COMMENT.sub("", path.read_text())
            found[place] = sorted(name for name in set(re.findall(r"[A-Za-z_]\w*", code)) if word in parts(name))
    assert {place: called for place, called in found.items() if called} == {}


def names(tree: ast.AST) -> set[str]:
    """The names that a module gives and uses."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
    return found


def parts(name: str) -> set[str]:
    """The words of a name, in lower case and without an s at the end."""
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_words_of_names_are_seen() -> None:
    tree = ast.parse("class SplitFit:\n    def run(self, fits): return self.best_fit")
    assert {name for name in names(tree) if "fit" in parts(name)} == {"SplitFit", "fits", "best_fit"}
