"""The process in which atheris runs: `python -m tests.fuzzing.guide SUFFIX CORPUS TRIED SEED COUNT`.

Every input that it tries is written to TRIED/NUMBER. It ends after COUNT inputs.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["mcugen"]):
    from mcugen.frontend import load_model
    from mcugen.frontend.onnx import load as _load_onnx  # noqa: F401
    from mcugen.frontend.tflite import load as _load_tflite  # noqa: F401
    from mcugen.passes import run_passes
    from mcugen.targets.generic import GENERIC

from mcugen.diagnostics import McugenError
from tests.fuzzing.inputs import mutate

_LARGEST_INPUT = 1 << 20


class _Guide:
    def __init__(self, suffix: str, tried: Path, count: int) -> None:
        self._suffix, self._tried, self._left, self._number = suffix, tried, count, 0
        self._path = tried.parent / f"model{suffix}"

    def try_one(self, data: bytes) -> None:
        """What atheris calls. Failures are found again by whoever judges the inputs."""
        if self._number == self._left:
            os._exit(0)
        (self._tried / f"{self._number}{self._suffix}").write_bytes(data)
        self._number += 1
        self._path.write_bytes(data)
        try:
            run_passes(load_model(self._path), GENERIC)
        except McugenError:
            pass
        except Exception:
            pass

    def mutate(self, data: bytes, maximum: int, seed: int) -> bytes:
        """One of: fields where the file can be read, raw bytes, what libFuzzer would do."""
        random = np.random.default_rng(seed)
        kind = random.random()
        if kind < 0.2:
            return atheris.Mutate(data, maximum)
        try:
            return mutate(random, "fields" if kind < 0.8 else "bytes", self._suffix, data)[:maximum]
        except Exception:
            return mutate(random, "bytes", self._suffix, data)[:maximum]


def main() -> None:
    """Runs until COUNT inputs are written."""
    suffix, corpus, tried, seed, count = sys.argv[1:]
    warnings.simplefilter("ignore")
    guide = _Guide(suffix, Path(tried), int(count))
    flags = [sys.argv[0], corpus, f"-seed={seed}", f"-max_len={_LARGEST_INPUT}", "-verbosity=0", "-detect_leaks=0"]
    atheris.Setup(flags, guide.try_one, custom_mutator=guide.mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
