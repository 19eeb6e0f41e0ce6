"""Everything that a report shows, as one JSON document: the page is made of it, `mcugen report --json` prints it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec import UNSET

from mcugen.accuracy import input_warnings
from mcugen.analysis import Analysis, analyze
from mcugen.codegen.manifest import dead_channels
from mcugen.compiler import Compiled
from mcugen.passes import PASSES
from mcugen.report.floor import yardstick
from mcugen.report.memory import memory_record
from mcugen.report.proofs import proof_records
from mcugen.report.ranges import activation_ranges, weight_ranges
from mcugen.report.stages import Times, counted_times, layer_records, predicted_times, stage_records
from mcugen.schemas.explanation import AccuracyExplanation
from mcugen.schemas.model import ModelFile
from mcugen.schemas.optimization import PassRun
from mcugen.schemas.report.document import (
    BoardFit,
    Floor,
    ReportCamera,
    ReportDetection,
    ReportFlash,
    ReportOutput,
    ReportTarget,
    Summary,
)
from mcugen.schemas.report.exactness import Exactness, LayerVerdict, Verdict
from mcugen.schemas.report.ranges import Activations
from mcugen.schemas.report.stages import ReportStage
from mcugen.targets import Target
from mcugen.validation import EmulatedCosts, Validation
from mcugen.version import __version__

_FORMAT_VERSION = 2


@dataclass(frozen=True, eq=False)
class Trial:
    """The C code was run: where, what came out, and what the emulator counted."""

    place: Literal["host", "qemu"]
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
    boards: Sequence[BoardFit] = (),
    accuracy: AccuracyExplanation | None = None,
    detection: ReportDetection | None = None,
    camera: ReportCamera | None = None,
) -> ReportOutput:
    """The document. boards: of `board_records`. accuracy: of `mcugen analyze --data`. detection: in
    images with boxes, in place of accuracy. camera: of `camera_record`."""
    costs = analyze(compiled)
    counted = trial.counted if trial is not None else None
    times = counted_times(compiled, counted) if counted is not None else predicted_times(costs)
    plan = compiled.plan
    stages = stage_records(compiled, times)
    reasons = {entry.name: entry.reason for entry in PASSES}
    return ReportOutput(
        format_version=_FORMAT_VERSION,
        mcugen_version=__version__,
        name=compiled.imported.name,
        model=ModelFile(
            file=compiled.model_file,
            sha256=compiled.imported.source_sha256,
            format=compiled.imported.source_format,
        ),
        target=ReportTarget(plan.target.name, plan.target.description, _floor(plan.target)),
        summary=_summary(compiled, costs, times, stages, counted),
        layers=tuple(layer_records(compiled, costs, times)),
        stages=tuple(stages),
        memory=memory_record(compiled, costs),
        weights=tuple(weight_ranges(compiled.imported)),
        activations=Activations(
            images=len(images.values),
            source=images.source,
            layers=tuple(activation_ranges(compiled, images.values)),
        ),
        proofs=tuple(proof_records(plan)),
        dead_channels=tuple(dead_channels(compiled.imported, compiled.optimized)),
        validation=None if trial is None else _validation(compiled, trial),
        boards=tuple(boards),
        accuracy=accuracy,
        passes=tuple(PassRun(name, reasons[name]) for name in compiled.passes),
        warnings=input_warnings(compiled.imported, accuracy if detection is None else detection.accuracy),
        detection=UNSET if detection is None else detection,
        camera=UNSET if camera is None else camera,
    )


def _floor(target: Target) -> Floor:
    measure = yardstick(target)
    return Floor(measure.instruction, macs_per_instruction=measure.macs, word_bytes=measure.word_bytes)


def _summary(
    compiled: Compiled,
    costs: Analysis,
    times: Times | None,
    stages: Sequence[ReportStage],
    counted: EmulatedCosts | None,
) -> Summary:
    graph = compiled.imported
    flash = ReportFlash(
        weight_bytes=costs.weight_bytes,
        constant_bytes=costs.constant_bytes,
        code_bytes=costs.code_bytes,
        code_is_estimated=True,
    )
    if counted is not None:
        linked = counted.flash
        constants = linked.weights + linked.constants
        flash = ReportFlash(linked.weights, constants, linked.code, code_is_estimated=False)
    return Summary(
        input_shape=graph.input_tensor.shape,
        classes=graph.output_tensor.size,
        labels=tuple(graph.labels),
        macs=costs.macs,
        live_macs=costs.live_macs,
        parameters=costs.parameters,
        live_parameters=costs.live_parameters,
        ram_bytes=costs.ram_bytes,
        stack_bytes=None if counted is None else counted.stack_bytes,
        flash_bytes=flash.constant_bytes + flash.code_bytes,
        flash=flash,
        resident_image=compiled.plan.resident,
        output_rows=compiled.library.by_rows,
        time_source=None if times is None else times.source,
        instructions=None if times is None else times.total[0],
        modelled_cycles=None if times is None else times.total[1],
        unknown=() if times is None else times.unknown,
        floor_instructions=sum(stage.floor_instructions for stage in stages),
    )


def _validation(compiled: Compiled, trial: Trial) -> Exactness:
    result = trial.validation
    skipped = set(result.layers.skipped)
    names = [op.name for op in compiled.imported.operators]
    differs = None if result.mismatch is None else result.mismatch.layer
    return Exactness(
        place=trial.place,
        cases=result.cases,
        bit_exact=result.bit_exact,
        first_mismatch=result.mismatch,
        builds=tuple(result.builds),
        vectors=result.vectors,
        layers=tuple(LayerVerdict(name, _verdict(name, names, skipped, differs)) for name in names),
    )


def _verdict(name: str, names: Sequence[str], skipped: set[str], differs: str | None) -> Verdict:
    if name in skipped:
        return "not in the C code"
    if differs is None or names.index(name) < names.index(differs):
        return "equal"
    return "differs" if name == differs else "not compared"
