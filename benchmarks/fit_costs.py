"""Fits the constants of `mcugen/plan/prediction.py` to what the emulator counts.

    python benchmarks/fit_costs.py [MODEL ...] [--targets cortex-m4,cortex-m3] [--missing]

Every model is compiled for every target, with and without removal of constant channels, and run once in the emulator
under the profiler. Instructions and cycles of each function are then explained by the loop turns that the plan knows
(non-negative least squares). Writes mcugen/plan/costs.json and prints, for every model, measured and predicted totals.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcugen.codegen.library import make_library
from mcugen.compiler import compile_model
from mcugen.explore.untrained import untrained_graph
from mcugen.inputs import random_images
from mcugen.ir import Graph
from mcugen.nets.architecture import architecture
from mcugen.plan.features import Part, outside_part, stage_parts
from mcugen.plan.plan import Plan
from mcugen.simulate.on_emulator import UNSHARED, EmulatedLibrary
from mcugen.targets import Target, find_target

ROOT = Path(__file__).resolve().parents[1]
COSTS = ROOT / "mcugen" / "plan" / "costs.json"
FUNCTION = re.compile(r"(stage|matrix|depthwise|im2col)_(\d+)")

# Functions of a kind, no two alike, that its constants are worth fitting to.
_FEWEST = 3

Row = tuple[Part, int, int]
Functions = dict[str, dict[str, tuple[float, float]]]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--targets", default=",".join(json.loads(COSTS.read_text())))
    parser.add_argument("--missing", action="store_true", help="only add kinds of functions that are not in the table")
    parser.add_argument("--anew", default="", help="with --missing: kinds that are taken for missing, as in Softmax")
    options = parser.parse_args()
    models = options.models or [*default_models(), *untrained()]
    costs = json.loads(COSTS.read_text()) if COSTS.exists() else {}
    for name in options.targets.split(","):
        if options.missing:
            known = {k: v for k, v in costs[name]["functions"].items() if k not in options.anew.split(",")}
            costs[name]["functions"] |= missing(name, models, known)
            COSTS.write_text(json.dumps(costs, indent=1, sort_keys=True) + "\n")
            continue
        rows, totals = measure(name, models)
        costs[name] = fit(rows, modelled=any(cycles for _, _, cycles in rows))
        for label, measured, parts in totals:
            predicted = sum(_explained(costs[name]["functions"], part) for part in parts)
            print(
                f"{name:14} {label:45} {measured:12,} {round(predicted):12,} {predicted / measured - 1:+.2%}",
                flush=True,
            )
    COSTS.write_text(json.dumps(costs, indent=1, sort_keys=True) + "\n")


def missing(name: str, models: list[Path | Graph], known: Functions) -> Functions:
    """Constants of the kinds of functions of these models that are not in the target's table. Only models that have
    one are run, no constant that is known changes, and a kind of which there are but two functions stays unknown."""
    rows: list[Row] = []
    for model in models:
        parts = _parts(compile_model(model, target=name, name="net").plan)
        if any(part.kind not in known for _, part in parts):
            label = _label(model) if isinstance(model, Graph) else model.stem
            of_model, _ = _functions(model, find_target(name), True)
            rows += [row for row in of_model if row[0].kind not in known]
            print(f"{name:14} {label}", flush=True)
    # One function, or two, do not tell which of their loops costs what.
    shapes = {kind: {tuple(part.turns.values()) for part, _, _ in rows if part.kind == kind} for kind in _kinds(rows)}
    rows = [row for row in rows if len(shapes[row[0].kind]) >= _FEWEST]
    found = fit(rows, modelled=False)["functions"]
    assert isinstance(found, dict)
    for kind in found:
        of_kind = [row for row in rows if row[0].kind == kind]
        measured = sum(instructions for _, instructions, _ in of_kind)
        predicted = sum(_explained(found, part) for part, _, _ in of_kind)
        print(f"{name:14} {kind:45} {len(of_kind)} functions {predicted / measured - 1:+.2%}", flush=True)
    return found


def _kinds(rows: list[Row]) -> set[str]:
    return {part.kind for part, _, _ in rows}


def default_models() -> list[Path]:
    """The bundled model and, where they are, the shared ones."""
    shared = ROOT.parent / "shared" / "models"
    found = [*ROOT.glob("examples/*/*.onnx"), *shared.glob("*.tflite"), *shared.glob("*.onnx")]
    return sorted(found)


def untrained() -> list[Graph]:
    """Nets whose maps have widths, and whose outputs have numbers, that none of those models has."""
    shapes = (
        ("mobilenet_v1", 0.1, 224, 10),
        ("mobilenet_v1", 0.25, 112, 10),
        ("mobilenet_v1_shallow", 0.35, 160, 10),
        ("mobilenet_v1_shallow", 0.1, 32, 3),
        ("mobilenet_v1_shallow", 0.1, 32, 5),
        ("mobilenet_v1_shallow", 0.1, 32, 7),
        ("mobilenet_v2", 0.1, 80, 10),
        ("mobilenet_v2", 0.1, 112, 10),
        ("mobilenet_v1_full", 0.1, 32, 10),
        ("mobilenet_v1_full", 0.1, 64, 10),
    )
    return [
        untrained_graph(architecture(name, alpha=alpha, size=size, in_chans=3, num_classes=classes))
        for name, alpha, size, classes in shapes
    ]


def measure(target: str, models: list[Path | Graph]) -> tuple[list[Row], list[tuple[str, int, list[Part]]]]:
    """Every function of every model with its measured instructions and cycles, and the totals of the models."""
    rows: list[Row] = []
    totals = []
    for model in models:
        # Nothing of an untrained net is constant.
        for fold in (True,) if isinstance(model, Graph) else (False, True):
            label = _label(model) if isinstance(model, Graph) else model.stem
            for kernels, variant in _variants(find_target(target)):
                of_model, parts = _functions(model, variant, fold)
                rows += of_model
                total = sum(instructions for _, instructions, _ in of_model)
                totals.append((f"{label} {'live' if fold else 'all'}{kernels}", total, parts))
    return rows, totals


def _variants(target: Target) -> list[tuple[str, Target]]:
    """The target, and with the kernels only that stages take for which it has no better ones."""
    others = [(f", {use.name}", replace(target, families=target.families[i:])) for i, use in enumerate(target.families)]
    return [("", target), *others[1:]]


def _functions(model: Path | Graph, target: Target, fold: bool) -> tuple[list[Row], list[Part]]:
    """The functions of a compiled model: measured, and what they are linear in."""
    compiled = compile_model(model, target=target, name="net", fold_constants=fold)
    image = random_images(compiled.imported.input_tensor, 1, 0)[0]
    # Kernels that stages share would be counted for one of them only.
    library = make_library(compiled.plan, "net", share_kernels=False)
    with EmulatedLibrary(library, target, UNSHARED) as emulated:
        measured = emulated.functions(image)
    parts = dict(_parts(compiled.plan))
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for function, cost in measured.items():
        match = FUNCTION.match(function)
        name = f"{match.group(1)}_{match.group(2)}" if match else ""
        counted[name][0] += cost.instructions
        counted[name][1] += cost.cycles or 0
    return [(parts[name], *counts) for name, counts in counted.items() if name in parts], list(parts.values())


def _label(graph: Graph) -> str:
    height, width, _ = graph.input_tensor.shape
    return f"{graph.name} {height}x{width} of {graph.output_tensor.channels}"


def _parts(plan: Plan) -> list[tuple[str, Part]]:
    named = [(f"{part.function}_{s.stage.index}", part) for s in plan.stages for part in stage_parts(plan, s)]
    return [*named, ("", outside_part(plan))]


def fit(rows: list[Row], *, modelled: bool) -> dict[str, object]:
    """Constants by kind of function and loop."""
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row[0].kind].append(row)
    functions = {}
    for kind, of_kind in sorted(by_kind.items()):
        turns = sorted({turn for part, _, _ in of_kind for turn in part.turns})
        design = np.array([[part.turns.get(turn, 0.0) for turn in turns] for part, _, _ in of_kind])
        constants = [solve(design, np.array([row[i] for row in of_kind], float)) for i in (1, 2)]
        functions[kind] = {turn: (round(a, 4), round(b, 4)) for turn, a, b in zip(turns, *constants, strict=True)}
    return {"functions": functions, "cycles": modelled}


def solve(design: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Non-negative least squares of the relative error, by projected coordinate descent."""
    weight = 1 / np.maximum(measured, 1)
    a, b = design * weight[:, None], measured * weight
    gram, right = a.T @ a, a.T @ b
    x = np.zeros(design.shape[1])
    for _ in range(20_000):
        before = x.copy()
        for j in range(len(x)):
            if gram[j, j] > 0:
                x[j] = max(0.0, x[j] + (right[j] - gram[j] @ x) / gram[j, j])
        if np.max(np.abs(x - before), initial=0) < 1e-10 * max(1.0, np.max(np.abs(x), initial=0)):
            break
    return x


def _explained(functions: dict[str, dict[str, tuple[float, float]]], part: Part) -> float:
    return sum(functions[part.kind][turn][0] * count for turn, count in part.turns.items())


if __name__ == "__main__":
    main()
