"""Measures generated code in the emulator and prints the tables that README quotes.

    python benchmarks/cortex_m.py [MODEL ...] [--targets cortex-m4,cortex-m3] [--channels live] [--layers] [--json FILE]

Without MODEL: the bundled model and, where they are, the shared ones. Every run is checked against the NumPy reference
before it is counted. "all" keeps every channel of the model, "live" leaves out those that are constant (the default of
`mcugen generate`). Instructions are exact and repeatable; cycles are modelled from the core's timing table with zero
wait states. RAM is context and stack, fed row by row. The floor is one SMLAD for two multiply-accumulates, on a core
with Helium one VMLADAVA for 16.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.inputs import proof_images
from mcugen.ir import Graph
from mcugen.plan.macs import graph_macs, trained_macs
from mcugen.plan.plan import StagePlan
from mcugen.report.floor import yardstick
from mcugen.simulate.on_emulator import EmulatedLibrary, StageCost
from mcugen.targets import find_target

ROOT = Path(__file__).resolve().parents[1]
TARGETS = "cortex-m4,cortex-m7,cortex-m33,cortex-m55,cortex-m3,cortex-m0plus,rv32imc,xtensa"


@dataclass(frozen=True)
class Measurement:
    """One model on one core."""

    model: str
    target: str
    channels: str
    macs: int
    instructions: int
    cycles: int | None
    context_bytes: int
    stack_bytes: int
    weights: int
    constants: int
    code: int

    @property
    def ram(self) -> int:
        """Context and stack."""
        return self.context_bytes + self.stack_bytes

    @property
    def flash(self) -> int:
        """Weights, other constants, code."""
        return self.weights + self.constants + self.code


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--targets", default=TARGETS)
    parser.add_argument("--channels", default="all,live", help="all, live, or both as all,live")
    parser.add_argument("--layers", action="store_true", help="a table of stages for each run")
    parser.add_argument("--json", type=Path, help="also write the measurements here")
    options = parser.parse_args()
    measurements = []
    print("| model | core | channels | MACs | instructions | a MAC | cycles | a MAC | floor | RAM | flash |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for model in options.models or default_models():
        for target in options.targets.split(","):
            for channels in options.channels.split(","):
                measurements.append(measure(model, target, channels, layers=options.layers))
                print(row(measurements[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(m) for m in measurements], indent=1) + "\n")


def default_models() -> list[Path]:
    """The bundled model and the shared ones."""
    shared = ROOT.parent / "shared" / "models"
    return sorted([*ROOT.glob("examples/*/*.onnx"), *shared.glob("*.tflite"), *shared.glob("*.onnx")])


def measure(model: Path, target: str, channels: str, *, layers: bool = False) -> Measurement:
    """Compiles, runs one image, checks the scores, counts."""
    compiled = compile_model(model, target=target, name="net", fold_constants=channels == "live")
    images = proof_images(compiled.imported.input_tensor, 2, 0)
    with EmulatedLibrary(compiled.library, find_target(target)) as emulated:
        run = emulated.run(images)
        if not np.array_equal(run.outputs, reference.run(compiled.imported, images).reshape(run.outputs.shape)):
            raise SystemExit(f"{model.name} on {target}: the scores differ from the reference")
        stages, cycles = emulated.profile(images[0])
    if layers:
        print_layers(compiled.imported, compiled.plan.stages, stages, yardstick(find_target(target)).macs)
    return Measurement(
        model.stem,
        target,
        channels,
        graph_macs(compiled.imported),
        run.instructions,
        cycles,
        run.context_bytes,
        run.stack_bytes,
        run.flash.weights,
        run.flash.constants,
        run.flash.code,
    )


def row(m: Measurement) -> str:
    """One line of the table."""
    cycles = (f"{m.cycles / 1e6:.2f} M", f"{m.cycles / m.macs:.2f}") if m.cycles is not None else ("-", "-")
    values = (
        m.model,
        m.target,
        m.channels,
        f"{m.macs / 1e6:.2f} M",
        f"{m.instructions / 1e6:.2f} M",
        f"{m.instructions / m.macs:.2f}",
        *cycles,
        f"{m.macs / yardstick(find_target(m.target)).macs / 1e6:.2f} M",
        f"{m.ram:,}",
        f"{m.flash:,}",
    )
    return "| " + " | ".join(values) + " |"


def print_layers(
    imported: Graph, planned: Sequence[StagePlan], stages: Mapping[int, StageCost], macs_at_once: int
) -> None:
    """Stages of one run. imported: the network as trained. macs_at_once: what one instruction of the floor does."""
    print("\n| stage | layers | output | MACs | floor | instructions | a MAC | cycles |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for plan in planned:
        stage, macs = plan.stage, trained_macs(plan.stage, imported)
        cost = stages.get(stage.index)
        if cost is not None:
            names = " + ".join(op.name for op in stage.operators)
            each = f"{cost.instructions / macs:.2f}" if macs else ""
            counts = f"{macs:,} | {macs // macs_at_once:,} | {cost.instructions:,} | {each} | {cost.cycles}"
            print(f"| {stage.index} | {names} | {stage.output.shape} | {counts} |")
    print()


if __name__ == "__main__":
    main()
