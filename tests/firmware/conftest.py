"""PlatformIO without its registry, and small firmwares built by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import need
from tests.support.small_net import small_network

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A separable network of a few layers: 9 x 8 x 3 -> 4 classes."""
    path = tmp_path_factory.mktemp("firmware-model") / "small.tflite"
    path.write_bytes(small_network(softmax=False))
    return path


@pytest.fixture(scope="session")
def platformio(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a PlatformIO that was seeded and needs no network."""
    need("platformio")
    environment = os.environ | {
        "PLATFORMIO_CORE_DIR": str(tmp_path_factory.mktemp("platformio")),
        "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
        "PYTHONPATH": str(ROOT),
        # Nothing may be fetched: a proxy that is not there makes every attempt fail at once.
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    seeding = [sys.executable, str(ROOT / "firmware" / "scripts" / "seed_platformio.py")]
    subprocess.run(seeding, env=environment, check=True, capture_output=True)
    return environment


def tools_of(board: str) -> tuple[str, ...]:
    """What a board of QEMU takes to be built for and run here: entries of `tests.support.needs`."""
    return {"native": ("cc",), "riscv-virt": ("rv32imc",)}.get(board, ("cortex-m4",))


def flash(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`mcugen flash` in a process of its own."""
    command = [sys.executable, "-m", "mcugen", "flash", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
