"""What all tests share: the models of the workplace, loaded once, with a reason where they are absent."""

from __future__ import annotations

import os

# Matrices here are small: threads of BLAS only get into each other's way. Must stand before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from mcugen.frontend import load_model as load_any_model
from mcugen.ir import Graph

MODELS = Path(__file__).resolve().parents[1].parent / "shared" / "models"
TFLITE_MODELS = (
    "mnv1_a010_r48_gray_c2_relu_nosoftmax",
    "mnv1_a025_r32_gray_c10",
    "mnv1_a025_r96_rgb_c10",
    "mnv2_a035_r96_rgb_c2",
    "person_detect",
    "vww_96_int8",
)

settings.register_profile("mcugen", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mcugen")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", type=Path, help="directory for pictures of the pages that tests open in a browser"
    )


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a test leaves pictures for people: --screenshots, or the test's own directory."""
    directory = request.config.getoption("screenshots") or tmp_path
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def models() -> Path:
    """The directory of the workplace's models."""
    if not MODELS.is_dir():
        pytest.skip(f"the models of the workplace are not here ({MODELS})")
    return MODELS


@pytest.fixture(scope="session")
def broken() -> Path:
    """The directory of files that a fuzzer made."""
    folder = MODELS.parent / "field" / "broken"
    if not folder.is_dir():
        pytest.skip(f"the files of the workplace are not here ({folder})")
    return folder


@pytest.fixture(scope="session")
def load_model(models: Path) -> Callable[[str], Graph]:
    """Loads `NAME.tflite` or `NAME.onnx` of the models directory as a graph, each once."""

    @cache
    def load(file_name: str) -> Graph:
        path = models / file_name
        if not path.exists():
            pytest.skip(f"{path} is not here")
        return load_any_model(path)

    return load


@pytest.fixture(scope="session")
def load_vectors(models: Path) -> Callable[[str], dict[str, np.ndarray]]:
    """Loads `NAME.npz` of the models directory: its arrays by name."""

    @cache
    def load(name: str) -> dict[str, np.ndarray]:
        with np.load(models / f"{name}.npz") as archive:
            return dict(archive)

    return load
