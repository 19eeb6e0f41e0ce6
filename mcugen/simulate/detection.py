"""Runs the C that finds objects in maps, on the host and on emulated cores."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mcugen.codegen.environment import environment
from mcugen.detection import Detection, Detector
from mcugen.simulate.emulator import MACHINES, build, need_tools, run
from mcugen.simulate.host import SANITIZE_FLAGS, STRICT_FLAGS, RunError, compile_c
from mcugen.targets import Target

_TIMEOUT_S = 600
_FIELDS = 10


class HostDetection:
    """NAME_detect compiled for the host, in a directory that the caller keeps as long as it runs."""

    def __init__(
        self,
        files: dict[str, str],
        name: str,
        detector: Detector,
        directory: Path,
        *,
        compiler: str = "cc",
        sanitize: bool = False,
        flags: Sequence[str] = (),
    ) -> None:
        """files: those of a library, or of `detection_files` alone. Raises CompileError."""
        self.program = directory / "detect"
        sources = _write(files, name, detector, directory, emulated=False)
        sanitizers = SANITIZE_FLAGS if sanitize else ()
        compile_c([compiler, *STRICT_FLAGS, "-O2", *sanitizers, *flags, *sources, "-o", "detect"], directory)

    def run(self, maps: np.ndarray, room: int) -> list[list[Detection]]:
        """The objects of each map, int8 [N, height, width, channels]; at most `room`."""
        data = struct.pack("<2i", room, len(maps)) + maps.astype(np.int8).tobytes()
        done = subprocess.run([self.program], input=data, capture_output=True, timeout=_TIMEOUT_S, check=False)
        if done.returncode != 0:
            text = done.stderr.decode(errors="replace").strip()[:2000]
            raise RunError(f"NAME_detect stopped with status {done.returncode}: {text}")
        return _parse(done.stdout, len(maps))


def detect_on_host(
    files: dict[str, str],
    name: str,
    detector: Detector,
    maps: np.ndarray,
    room: int,
    *,
    compiler: str = "cc",
    sanitize: bool = False,
    flags: Sequence[str] = (),
) -> list[list[Detection]]:
    """Compiles NAME_detect with all warnings as errors and runs it once on maps, int8 [N, height, width, channels]."""
    with tempfile.TemporaryDirectory(prefix="mcugen-") as folder:
        program = HostDetection(files, name, detector, Path(folder), compiler=compiler, sanitize=sanitize, flags=flags)
        return program.run(maps, room)


def detect_on_emulator(
    files: dict[str, str], name: str, detector: Detector, target: Target, maps: np.ndarray, room: int
) -> tuple[list[list[Detection]], int]:
    """The objects of each map, int8 [N, height, width, channels], on the target's core; and the most instructions that
    one map took."""
    machine = MACHINES[target.machine]
    need_tools(machine.tools)
    with tempfile.TemporaryDirectory(prefix="mcugen-") as folder:
        directory = Path(folder)
        sources = [directory / file for file in _write(files, name, detector, directory, emulated=True)]
        flags = (target.optimization, "-std=gnu99")
        built = build(machine, sources, [directory], directory / "firmware.elf", flags)
        data = struct.pack("<2i", room, len(maps)) + maps.astype(np.int8).tobytes()
        result = run(machine, built.elf, data, float(_TIMEOUT_S)).check()
    lines = [line.partition("=") for line in result.lines]
    objects = b"".join(bytes.fromhex(value.removeprefix("hex:")) for key, _, value in lines if key == "objects")
    return _parse(objects, len(maps)), max(int(value) for key, _, value in lines if key == "instructions")


def _write(files: dict[str, str], name: str, detector: Detector, directory: Path, *, emulated: bool) -> list[str]:
    """The names of the sources."""
    own = {file: text for file, text in files.items() if file.startswith(f"{name}_detect.")}
    variables = {
        "name": name,
        "upper": name.upper(),
        "emulated": emulated,
        "channels": detector.channels,
        "most": max(detector.height * detector.width * detector.classes, 1),
    }
    own["main.c"] = environment().get_template("detection/main.c.j2").render(variables)
    for file, text in own.items():
        (directory / file).write_text(text)
    return [file for file in own if file.endswith(".c")]


def _parse(data: bytes, count: int) -> list[list[Detection]]:
    values = np.frombuffer(data, "<i4").tolist()
    position, results = 0, []
    for _ in range(count):
        objects = values[position]
        position += 1
        results.append([Detection(*values[position + _FIELDS * i :][:_FIELDS]) for i in range(objects)])
        position += _FIELDS * objects
    return results
