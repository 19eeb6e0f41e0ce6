"""What the emulator counts of cameras before small nets, by function of the camera path."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from math import prod
from pathlib import Path

import msgspec
import numpy as np
from cameras import Case

from mcugen.codegen.library import make_library
from mcugen.plan.camera_work import LIBRARY, ROWS, STORE, SUM
from mcugen.simulate.emulator import MACHINES, build, profile
from mcugen.simulate.emulator.disassembly import disassemble
from mcugen.simulate.emulator.profile import Counts, Profile
from mcugen.targets import Target

Costs = dict[str, list[int]]
"""Instructions and cycles by function of the camera path; of camera_sum and camera_store outside of their loops, and
behind these in them."""
_PER_PROGRAM = 64
_ROWS = 16
"""Rows of noise, which a frame has over and over."""
_texts: dict[int, dict[str, str]] = {}
"""Files of libraries that are the same for all cores, by number."""


def counted(cases: Sequence[Case], target: Target, folder: Path | None) -> list[Costs]:
    """Of each case what a frame takes; of whole ones what it takes more than an image. folder: where counts of programs
    are kept, and taken from for the same ones."""
    programs = [cases[first : first + _PER_PROGRAM] for first in range(0, len(cases), _PER_PROGRAM)]
    return [each for some in programs for each in _counted(some, target, folder)]


def _counted(cases: Sequence[Case], target: Target, folder: Path | None) -> list[Costs]:
    flags = (target.optimization, "-std=gnu99")
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        for case in cases:
            _write_library(case, directory)
        (directory / "main.c").write_text(_program(cases))
        content = (target.machine, flags, [(path.name, path.read_text()) for path in sorted(directory.iterdir())])
        kept = folder and folder / f"{hashlib.sha256(repr(content).encode()).hexdigest()[:24]}.json"
        if kept and kept.exists():
            return msgspec.json.decode(kept.read_bytes(), type=list[Costs])
        found = _run(cases, target, directory, flags)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(msgspec.json.encode(found))
    return found


def _run(cases: Sequence[Case], target: Target, directory: Path, flags: Sequence[str]) -> list[Costs]:
    """What the program in the directory counts."""
    machine = MACHINES[target.machine]
    elf = build(machine, [directory / "main.c"], [directory], directory / "all.elf", flags).elf
    profiled = profile(machine, elf, timeout_s=600)
    starts = sorted((address, name) for name, address in disassemble(machine, elf).functions.items())
    loops = _by_address(profiled, starts)
    laps = profiled.laps[1:]
    found = []
    for n, case in enumerate(cases):
        # Without a net nothing runs in the second.
        costs = _difference(laps[2 * n], laps[2 * n + 1])
        named = {name: f"own{case.number}_{name}" for name in (SUM, STORE)}
        found.append(costs | {name: loops[own] for name, own in named.items() if own in loops})
    return found


def _write_library(case: Case, directory: Path) -> None:
    """Its files, with names that no other library has."""
    files = _texts.get(case.number) or make_library(case.plan, f"c{case.number}").files
    if not case.whole:
        _texts[case.number] = files
    static = {name for text in files.values() for name in re.findall(r"^static [^;={\n]*?\b(\w+)\(", text, re.M)}
    own = re.compile(rf"\b({'|'.join(sorted(static))})\b(?!\.)")
    for file, text in files.items():
        if file.endswith(".h"):
            # Else it becomes a part of main.
            text = re.sub(r"^int (?=\w+_camera_row\()", "__attribute__((noinline)) int ", text, flags=re.M)
        kept = _camera_alone(text) if file.endswith(".c") and not case.whole else text
        (directory / file).write_text(own.sub(rf"own{case.number}_\1", kept))


def _camera_alone(text: str) -> str:
    """Functions of the camera path, and no network: rows of the image are made and nothing reads them."""

    def kept(match: re.Match[str]) -> str:
        name = match["name"]
        if name == "run_group_0":
            return f"static void run_group_0({match['parameters']})\n{{\n    (void)arena, (void)rows;\n}}\n"
        return match[0] if name == "row_0" or "camera" in name or name.endswith("_begin") else ""

    function = r"^(?!#|/| |\*)[^\n;{}]*?(?P<name>\w+)\((?P<parameters>[^{};]*)\)\n\{\n(?:.*\n)*?\}\n"
    return re.sub(function, kept, text, flags=re.M)


def _program(cases: Sequence[Case]) -> str:
    """Runs each library twice, between calls of mcu_lap: on a frame, and on an image."""
    longest = max(*(_ROWS * case.camera.row_bytes for case in cases), *(prod(case.camera.output) for case in cases))
    outputs = max(case.plan.graph.output_tensor.size for case in cases)
    names = [f"c{case.number}" for case in cases]
    noise = np.random.default_rng(0).integers(0, 256, longest)
    lines = [
        '#include "mcu.h"',
        *(f'#include "{name}.c"\n#include "{name}_weights.c"' for name in names),
        f"static const uint8_t noise[] = {{ {', '.join(map(str, noise.tolist()))} }};",
        f"static int8_t scores[{outputs}];",
        # One after another in the same memory.
        f"static union {{ {' '.join(f'{name}_ctx {name};' for name in names)} }} all;",
        "int main(void)\n{\n    int bad = 0;\n    (void)mcu_lap();",
    ]
    for name, case in zip(names, cases, strict=True):
        camera = case.camera
        lines += [
            f"    bad |= {name}_camera_begin(&all.{name});",
            f"    for (int y = 0; y < {camera.window[1] + camera.window[3]}; y++) {{",
            f"        bad |= {name}_camera_row(&all.{name}, noise + y % {_ROWS} * {camera.row_bytes});",
            "    }",
            f"    bad |= {name}_result(&all.{name}, scores);" * case.whole,
            "    (void)mcu_lap();",
            f"    bad |= {name}_invoke(&all.{name}, (const int8_t *)noise, scores);" * case.whole,
            "    (void)mcu_lap();",
        ]
    return "\n".join([*lines, "    return bad;", "}", ""])


def _by_address(profiled: Profile, starts: Sequence[tuple[int, str]]) -> Costs:
    """Of each function of a camera: instructions and cycles of what runs as often as it is called, or less often, and
    of what runs more often."""
    addresses = np.array([address for address, _ in starts])
    lines: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for address, (count, cycles) in profiled.lines.items():
        name = starts[int(np.searchsorted(addresses, address, "right")) - 1][1]
        if re.search(r"_camera_(sum|store)", name):
            lines[re.sub(r"(_camera_(?:sum|store)).*", r"\1", name)].append((address, count, cycles))
    found: Costs = {}
    for name, of_function in lines.items():
        calls = min(of_function)[1]
        found[name] = [
            sum(each[side] for each in of_function if (each[1] > calls) == inside)
            for inside in (False, True)
            for side in (1, 2)
        ]
    return found


def _difference(frame: Counts, image: Counts) -> Costs:
    """What surrounds camera_sum and camera_store."""
    found: Costs = {ROWS: [0, 0], LIBRARY: [0, 0]}
    for counts, sign in ((frame, 1), (image, -1)):
        for function, cost in counts.functions.items():
            if function == "main" or re.match(r"own\d+_camera_(sum|store)\b", function):
                continue
            name = LIBRARY if function.startswith(("mem", "__")) else ROWS
            found[name][0] += sign * cost.instructions
            found[name][1] += sign * (cost.cycles or 0)
    return found
