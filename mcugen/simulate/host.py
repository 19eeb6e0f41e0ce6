"""Runs generated C on the host: compiles it with the system's compiler, feeds images, collects every layer."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.codegen.environment import environment
from mcugen.codegen.library import Library, output_rows_variables
from mcugen.diagnostics import McugenError

STRICT_FLAGS = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wpedantic",
    "-Werror",
)
SANITIZE_FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")
_TIMEOUT_S = 600
# Beside the errors that a library returns.
_MISORDERED_ROWS = 100


class CompileError(McugenError):
    """The C compiler is missing or refused the generated code."""


class RunError(McugenError):
    """The compiled program crashed, hung, or was stopped by a sanitizer."""

    # Not the user's fault: the generated code does not do what it should.
    exit_code = 1


@dataclass(frozen=True, eq=False)
class HostRun:
    """outputs: int8 [N, H, W, C]. layers: int8 [N, H, W, C] by tensor name, empty without tracing.
    context_bytes: sizeof the context as the compiler sees it, with pointers as on the target."""

    outputs: np.ndarray
    layers: dict[str, np.ndarray]
    context_bytes: int


@dataclass(frozen=True, eq=False)
class HostProgram:
    """A library compiled for the host, in a temporary directory that is there as long as `host_program` is open."""

    library: Library
    directory: Path

    def run(self, images: np.ndarray) -> HostRun:
        """Runs it on images, int8 [N, H, W, C], or, where it was made for them, on frames of the camera."""
        (self.directory / "images").write_bytes(images.tobytes())
        _run([str(self.directory / "runner"), "images", "results"], self.directory)
        return _parse(self.library, (self.directory / "results").read_bytes(), len(images))


def run_once_variables(library: Library) -> dict[str, Any]:
    """Of `run_once.c.j2`, beside the library's name."""
    return {**output_rows_variables(library.plan.graph), "misordered_rows": _MISORDERED_ROWS}


def error_text(error: int) -> str:
    """What the generated code did that a program of `run_once.c.j2` ended with this error."""
    return "left out rows of an output, or mixed them up" if error == _MISORDERED_ROWS else f"returned error {error}"


@contextmanager
def host_program(
    library: Library,
    *,
    compiler: str = "cc",
    sanitize: bool = False,
    flags: Sequence[str] = (),
    frames: bool = False,
) -> Iterator[HostProgram]:
    """Compiles the library with all warnings as errors; the program can then run any number of times. frames: it takes
    those of the library's camera, not images."""
    with tempfile.TemporaryDirectory(prefix="mcugen-") as name:
        directory = Path(name)
        for file, text in library.files.items():
            (directory / file).write_text(text)
        largest = max(t.width * t.channels for t in library.layers)
        runner = environment().get_template("host/runner.c.j2")
        variables = {"name": library.name, "upper": library.name.upper(), "largest_row": largest, "frames": frames}
        variables |= run_once_variables(library)
        (directory / "runner.c").write_text(runner.render(variables))
        sanitizers = SANITIZE_FLAGS if sanitize else ()
        sources = [file for file in library.files if file.endswith(".c")]
        compile_c(
            [compiler, *STRICT_FLAGS, "-O2", *sanitizers, *flags, *sources, "runner.c", "-o", "runner"], directory
        )
        yield HostProgram(library, directory)


def run_on_host(
    library: Library,
    images: np.ndarray,
    *,
    compiler: str = "cc",
    sanitize: bool = False,
    flags: Sequence[str] = (),
    frames: bool = False,
) -> HostRun:
    """Compiles the library with all warnings as errors and runs it once on images, int8 [N, H, W, C], or on frames."""
    with host_program(library, compiler=compiler, sanitize=sanitize, flags=flags, frames=frames) as program:
        return program.run(images)


def compile_c(command: list[str], directory: Path) -> None:
    """Runs a compiler command in a directory; raises CompileError with its first lines where it fails."""
    if shutil.which(command[0]) is None:
        raise CompileError(f"there is no C compiler {command[0]!r}", "apt-get install gcc, or name one with --cc")
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as expired:
        raise CompileError(f"{command[0]} did not end within {_TIMEOUT_S} s") from expired
    if done.returncode != 0:
        raise CompileError(f"{command[0]} refused the generated code: {done.stderr.strip()[:2000]}")


def _run(command: list[str], directory: Path) -> None:
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as expired:
        raise RunError(f"the generated code did not end within {_TIMEOUT_S} s") from expired
    if done.returncode != 0:
        raise RunError(f"the generated code stopped with status {done.returncode}: {done.stderr.strip()[:2000]}")


def _parse(library: Library, data: bytes, count: int) -> HostRun:
    graph = library.plan.graph
    outputs = np.zeros((count, *graph.output_tensor.shape), np.int8)
    layers: dict[str, np.ndarray] = {}
    context_bytes, pointer_bytes = struct.unpack_from("<2I", data)
    if context_bytes == library.context_bytes_at(pointer_bytes):
        context_bytes = library.context_bytes
    position, case = 8, 0
    while position < len(data):
        kind, number, size = struct.unpack_from("<3i", data, position)
        values = np.frombuffer(data, np.int8, size, position + 12)
        position += 12 + size
        if kind >= 0:
            tensor = library.layers[kind]
            maps = layers.setdefault(tensor.name, np.zeros((count, *tensor.shape), np.int8))
            maps[case, number] = values.reshape(tensor.width, tensor.channels)
            continue
        if number != 0:
            raise RunError(f"the generated code {error_text(number)}")
        outputs[case] = values.reshape(graph.output_tensor.shape)
        case += 1
    if case != count:
        raise RunError(f"the generated code gave {case} results for {count} images")
    return HostRun(outputs, layers, context_bytes)
