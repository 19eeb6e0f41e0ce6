"""Everything that a report shows, as one JSON document: the page is made of it, `mcugen report --json` prints it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mcugen.analysis import Analysis, analyze
from mcugen.codegen.manifest import dead_channels
from mcugen.compiler import Compiled
from mcugen.passes import PASSES
from mcugen.report.floor import yardstick
from mcugen.report.memory import memory_view
from mcugen.report.proofs import proof_views
from mcugen.report.ranges import activation_ranges, weight_ranges
from mcugen.report.stages import Times, counted_times, layer_views, predicted_times, stage_views
from mcugen.schemas.explanation import AccuracyExplanation
from mcugen.validation import EmulatedCosts, Validation
from mcugen.version import __version__

_FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False)
class Trial:
    """The C code was run: place, "host" or "qemu", what came out, and what the emulator counted."""

    place: str
    validation: Validation
    counted: EmulatedCosts | None = None


@dataclass(frozen=True, eq=False)
class Images:
    """values: int8 [N, H, W, C] over which ranges are observed. source: where they come from, for people."""

    values: np.ndarray
    source: str


def make_document(
    compiled: Compiled,
    images: Images,
    *,
    trial: Trial | None = None,
    boards: Sequence[dict[str, Any]] = (),
    accuracy: AccuracyExplanation | None = None,
) -> dict[str, Any]:
    """The document. boards: entries of `board_views`. accuracy: of `mcugen analyze --data`."""
    costs = analyze(compiled)
    counted = trial.counted if trial is not None else None
    times = counted_times(compiled, counted) if counted is not None else predicted_times(costs)
    plan = compiled.plan
    stages = stage_views(compiled, times)
    return {
        "format_version": _FORMAT_VERSION,
        "mcugen_version": __version__,
        "name": compiled.imported.name,
        "model": {
            "file": compiled.model_file,
            "format": compiled.imported.source_format,
            "sha256": compiled.imported.source_sha256,
        },
        "target": {
            "name": plan.target.name,
            "description": plan.target.description,
            "floor": asdict(yardstick(plan.target)),
        },
        "summary": _summary(compiled, costs, times, stages, counted),
        "layers": layer_views(compiled, costs, times),
        "stages": stages,
        "memory": memory_view(compiled, costs),
        "weights": weight_ranges(compiled.imported),
        "activations": {
            "images": len(images.values),
            "source": images.source,
            "layers": activation_ranges(compiled, images.values),
        },
        "proofs": proof_views(plan),
        "dead_channels": dead_channels(compiled.imported, compiled.optimized),
        "validation": None if trial is None else _validation(compiled, trial),
        "boards": list(boards),
        "accuracy": accuracy,
        "passes": [_pass(name) for name in compiled.passes],
    }


def _summary(
    compiled: Compiled,
    costs: Analysis,
    times: Times | None,
    stages: Sequence[dict[str, Any]],
    counted: EmulatedCosts | None,
) -> dict[str, Any]:
    graph = compiled.imported
    flash = {"weights": costs.weight_bytes, "constants": costs.constant_bytes - costs.weight_bytes}
    code = costs.code_estimate if counted is None else counted.flash.code
    if counted is not None:
        flash = {"weights": counted.flash.weights, "constants": counted.flash.constants}
    return {
        "input_shape": list(graph.input_tensor.shape),
        "classes": graph.output_tensor.size,
        "labels": list(graph.labels),
        "macs": costs.macs,
        "live_macs": costs.live_macs,
        "parameters": costs.parameters,
        "live_parameters": costs.live_parameters,
        "ram_bytes": costs.ram_bytes,
        "stack_bytes": None if counted is None else counted.stack_bytes,
        "flash_bytes": sum(flash.values()) + code,
        "flash": {**flash, "code": code, "code_is_estimated": counted is None},
        "resident_image": compiled.plan.resident,
        "time_source": None if times is None else times.source,
        "instructions": None if times is None else times.total[0],
        "modelled_cycles": None if times is None else times.total[1],
        "unknown": [] if times is None else list(times.unknown),
        "floor_instructions": sum(stage["floor_instructions"] for stage in stages),
    }


def _validation(compiled: Compiled, trial: Trial) -> dict[str, Any]:
    result = trial.validation
    skipped = set(result.layers.skipped)
    mismatch = None if result.mismatch is None else asdict(result.mismatch)
    names = [op.name for op in compiled.imported.operators]
    differs = None if result.mismatch is None else result.mismatch.layer
    return {
        "place": trial.place,
        "cases": result.cases,
        "bit_exact": result.bit_exact,
        "first_mismatch": mismatch,
        "builds": [asdict(build) for build in result.builds],
        "vectors": None if result.vectors is None else asdict(result.vectors),
        "layers": [{"layer": name, "result": _verdict(name, names, skipped, differs)} for name in names],
    }


def _verdict(name: str, names: Sequence[str], skipped: set[str], differs: str | None) -> str:
    """ "equal", "differs", "not in the C code", or "not compared": behind the first difference nothing is told."""
    if name in skipped:
        return "not in the C code"
    if differs is None or names.index(name) < names.index(differs):
        return "equal"
    return "differs" if name == differs else "not compared"


def _pass(name: str) -> dict[str, str]:
    reasons = {entry.name: entry.reason for entry in PASSES}
    return {"name": name, "reason": reasons[name]}
