"""Runs generated C on an emulated core: the same files, cross-compiled, with every executed instruction counted."""

from __future__ import annotations

import re
import struct
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mcugen.codegen.environment import environment
from mcugen.codegen.library import Library, make_library
from mcugen.diagnostics import McugenError
from mcugen.plan.role import Role
from mcugen.simulate.emulator import MACHINES, BuildReport, Machine, build, need_tools, profile, run
from mcugen.simulate.emulator.profile import Counts, Profile
from mcugen.simulate.emulator.stack import stack_bound
from mcugen.simulate.host import RunError, error_text, run_once_variables
from mcugen.targets import Target

_TIMEOUT_S = 600.0
# Identical functions of two stages stay two, so that a profile by function is one by stage.
UNSHARED = ("-fno-ipa-icf",)
_STAGE_FUNCTION = re.compile(rf"({'|'.join(role.value for role in Role)})_(\d+)")


@dataclass(frozen=True)
class StageCost:
    """Executed instructions and modelled cycles of one stage in one inference; cycles None without a cycle model.

    parts: the same by kind of function, "depthwise", "matrix", "im2col", "windows" and "stage", as far as they are
    functions.
    by_times: of a function of a stage, as in `Profile`.
    """

    instructions: int
    cycles: int | None
    parts: Mapping[str, StageCost] = field(default_factory=dict)
    by_times: Mapping[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Flash:
    """Bytes in flash of the library alone, by the compiled objects."""

    weights: int
    constants: int
    code: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.constants + self.code


@dataclass(frozen=True, eq=False)
class EmulatorRun:
    """outputs: int8 [N, H, W, C]. checksums: CRC32 of each layer's int8 map, uint32 [N, layers], empty without tracing.
    instructions: of one inference, the largest of all images. stack_bytes: measured below the caller of invoke.
    """

    outputs: np.ndarray
    checksums: np.ndarray
    instructions: int
    stack_bytes: int
    context_bytes: int
    flash: Flash


class EmulatedLibrary:
    """A library compiled for an emulated core, in a directory of its own; use as a context manager."""

    def __init__(self, library: Library, target: Target, flags: Sequence[str] = (), *, frames: bool = False) -> None:
        """Compiles, with `flags` besides the target's own. frames: it takes those of the library's camera, not images.

        Raises McugenError where the target has no emulated machine, or a tool or the code fails.
        """
        if not target.machine:
            raise McugenError(f"target {target.name} has no emulated machine", "use --on host, or another --target")
        self.library = library
        self.target = target
        self.flags = tuple(flags)
        self.machine: Machine = MACHINES[target.machine]
        need_tools(self.machine.tools)
        self._temporary = tempfile.TemporaryDirectory(prefix="mcugen-")
        self.directory = Path(self._temporary.name)
        for file, text in library.files.items():
            (self.directory / file).write_text(text)
        traced = "_trace(" in library.files[f"{library.name}.c"]
        largest = max(t.width * t.channels for t in library.layers)
        main = (
            environment()
            .get_template("emulator/main.c.j2")
            .render(
                name=library.name,
                upper=library.name.upper(),
                trace=traced,
                frames=frames,
                layers=len(library.layers),
                largest_row=largest,
                **run_once_variables(library),
            )
        )
        (self.directory / "main.c").write_text(main)
        sources = [self.directory / file for file in library.files if file.endswith(".c")]
        self.build: BuildReport = build(
            self.machine,
            [*sources, self.directory / "main.c"],
            [self.directory],
            self.directory / "firmware.elf",
            (target.optimization, "-std=gnu99", *flags),
        )

    def __enter__(self) -> EmulatedLibrary:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Removes the directory."""
        self._temporary.cleanup()

    @property
    def flash(self) -> Flash:
        """Sizes of the library's objects; the run time of the emulated board is not in them."""
        objects = [self.build.objects[file] for file in self.library.files if file.endswith(".c")]
        constants = sum(o.rodata + o.data for o in objects)
        weights = self.library.weight_bytes
        return Flash(weights, constants - weights, sum(o.text for o in objects))

    def run(self, images: np.ndarray) -> EmulatorRun:
        """Runs images, int8 [N, H, W, C]."""
        result = run(self.machine, self.build.elf, input_bytes(images), _TIMEOUT_S).check()
        count = len(images)
        lines = defaultdict(list)
        for line in result.lines:
            key, _, value = line.partition("=")
            lines[key].append(value)
        errors = [int(error) for error in lines["error"]]
        if any(errors) or len(lines["scores"]) != count:
            raise RunError(f"the generated code {error_text(next(filter(None, errors), 0))} in the emulator")
        output = self.library.plan.graph.output_tensor
        scores = b"".join(_bytes(value) for value in lines["scores"])
        checksums = b"".join(_bytes(value) for value in lines["checksums"])
        return EmulatorRun(
            outputs=np.frombuffer(scores, np.int8).reshape(count, *output.shape),
            checksums=np.frombuffer(checksums, "<u4").reshape(count, -1),
            instructions=max(int(value) for value in lines["instructions"]),
            stack_bytes=max(int(value) for value in lines["stack"]),
            context_bytes=int(lines["context"][0]),
            flash=self.flash,
        )

    @property
    def stack_bound(self) -> int | None:
        """Bytes of stack that one inference can use, by the machine code; None where it cannot be told, as where the
        library calls a function of the program's for each row."""
        if self.library.by_rows:
            return None
        return stack_bound(self.machine, self.build.elf, f"{self.library.name}_invoke")

    def layer(self, image: np.ndarray, layer: int) -> np.ndarray:
        """The int8 map [H, W, C] of one traced layer for one image, int8 [H, W, C]."""
        result = run(self.machine, self.build.elf, input_bytes(image[None], layer), _TIMEOUT_S).check()
        rows = [_bytes(line.partition("=")[2]) for line in result.lines if line.startswith("row=")]
        return np.frombuffer(b"".join(rows), np.int8).reshape(self.library.layers[layer].shape)

    def functions(self, image: np.ndarray) -> dict[str, StageCost]:
        """Costs of one inference by function."""
        whole, lap = self._inference(image)
        modelled = lap.cycles is not None
        return {
            name: StageCost(
                function.instructions,
                function.cycles if modelled else None,
                by_times=whole.by_times[name] if _STAGE_FUNCTION.match(name) else {},
            )
            for name, function in lap.functions.items()
        }

    def profile(self, image: np.ndarray) -> tuple[dict[int, StageCost], int | None]:
        """Costs by stage index (-1: everything else), and the modelled cycles of the whole inference."""
        # Functions that stages share would count for one of them only.
        traced = "_trace(" in self.library.files[f"{self.library.name}.c"]
        library = make_library(self.library.plan, self.library.name, trace=traced, share_kernels=False)
        with EmulatedLibrary(library, self.target, (*self.flags, *UNSHARED)) as unshared:
            return unshared._profile(image)

    def _profile(self, image: np.ndarray) -> tuple[dict[int, StageCost], int | None]:
        stages: dict[int, dict[str, list[StageCost]]] = defaultdict(lambda: defaultdict(list))
        functions = self.functions(image)
        for name, cost in functions.items():
            match = _STAGE_FUNCTION.match(name)
            kind, stage = (match.group(1), int(match.group(2))) if match else ("", -1)
            stages[stage][kind].append(cost)
        costs = {}
        for stage in sorted(stages):
            parts = {kind: _total(own) for kind, own in stages[stage].items()}
            costs[stage] = replace(_total(parts.values()), parts=parts)
        return costs, _total(costs.values()).cycles

    def histogram(self, image: np.ndarray) -> dict[str, int]:
        """Executed instructions of one inference by mnemonic, most frequent first."""
        return dict(self._inference(image)[1].mnemonics.most_common())

    def _inference(self, image: np.ndarray) -> tuple[Profile, Counts]:
        """The whole run, and what of it is the inference."""
        measured = profile(self.machine, self.build.elf, input_bytes(image[None]), _TIMEOUT_S)
        laps = (lap for lap in measured.laps if any(_STAGE_FUNCTION.match(name) for name in lap.functions))
        return measured, next(laps)


def _total(costs: Iterable[StageCost]) -> StageCost:
    """The sum, without parts; its cycles are None where those of any are."""
    costs = list(costs)
    cycles = [cost.cycles for cost in costs if cost.cycles is not None]
    return StageCost(sum(c.instructions for c in costs), sum(cycles) if len(cycles) == len(costs) else None)


def input_bytes(images: np.ndarray, printed_layer: int = -1) -> bytes:
    """What the program in the emulator reads: int8 [N, H, W, C], and the layer whose rows it prints."""
    return struct.pack("<2i", len(images), printed_layer) + images.tobytes()


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("hex:"))
