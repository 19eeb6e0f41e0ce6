"""Inputs that reach new lines of the front ends and passes, found by atheris (libFuzzer for Python)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fuzzing.inputs import Input, Model

_SUFFIXES = (".tflite", ".onnx")
_LARGEST_SEED = 60_000


def guided_inputs(models: Sequence[Model], seed: int, count: int) -> Iterator[Input]:
    """`count` inputs, half of each format, in the order in which atheris tried them.

    atheris runs in a process of its own, which only loads each input and writes it down: the caller judges it.
    """
    number = 0
    for suffix in _SUFFIXES:
        chosen = [model for model in models if model.suffix == suffix]
        chosen = [m for m in chosen if len(m.data) <= _LARGEST_SEED] or sorted(chosen, key=lambda m: len(m.data))[:1]
        if not chosen or count == 0:
            continue
        with tempfile.TemporaryDirectory(prefix="mcugen-guided-") as folder:
            corpus, tried = Path(folder) / "corpus", Path(folder) / "tried"
            corpus.mkdir()
            tried.mkdir()
            for model in chosen:
                (corpus / model.name.replace("/", "_")).write_bytes(model.data)
            _explore(suffix, corpus, tried, seed, count // len(_SUFFIXES))
            for path in sorted(tried.iterdir(), key=lambda p: int(p.stem)):
                yield Input(number, "guided", f"atheris{suffix}", path.read_bytes())
                number += 1


def _explore(suffix: str, corpus: Path, tried: Path, seed: int, count: int) -> None:
    command = [sys.executable, "-m", "tests.fuzzing.guide", suffix, str(corpus), str(tried), str(seed), str(count)]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    if not any(tried.iterdir()):
        raise RuntimeError(f"atheris tried nothing: {done.stderr[-2000:]}")
