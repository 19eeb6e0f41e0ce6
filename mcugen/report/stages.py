"""Layers and stages with what they cost, predicted or counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mcugen.analysis import Analysis
from mcugen.compiler import Compiled
from mcugen.plan.explain import kernel_choice
from mcugen.plan.plan import StagePlan
from mcugen.plan.prediction import computed_by
from mcugen.plan.role import Role
from mcugen.report.floor import stage_floor, yardstick
from mcugen.schemas.report.stages import KeptRows, ReportLayer, ReportStage
from mcugen.simulate.on_emulator import StageCost
from mcugen.validation import EmulatedCosts

Cost = tuple[int, int | None]
"""Instructions and modelled cycles."""


@dataclass(frozen=True)
class Times:
    """Instructions and modelled cycles of one inference. source: "predicted" or "counted". stages: by index. layers: by
    name, as far as a layer is a function of its own. unknown: kinds of functions whose cost is an estimate."""

    source: str
    total: Cost
    stages: Mapping[int, Cost]
    layers: Mapping[str, Cost]
    unknown: tuple[str, ...] = ()


def predicted_times(costs: Analysis) -> Times | None:
    """What `analyze` predicts, None for a target that was not measured."""
    prediction = costs.prediction
    if prediction is None:
        return None
    total = (prediction.instructions, prediction.cycles)
    return Times("predicted", total, dict(enumerate(prediction.stages)), prediction.layers, prediction.unknown_kinds)


def counted_times(compiled: Compiled, counted: EmulatedCosts) -> Times:
    """What the emulator counted."""
    stages: dict[int, Cost] = {}
    layers: dict[str, Cost] = {}
    for planned in compiled.plan.stages:
        cost = counted.stages.get(planned.stage.index)
        if cost is not None:
            stages[planned.stage.index] = (cost.instructions, cost.cycles)
            layers |= _by_layer(planned, cost)
    return Times("counted", (counted.instructions, counted.modelled_cycles), stages, layers)


def _by_layer(planned: StagePlan, cost: StageCost) -> dict[str, Cost]:
    stage = planned.stage
    if stage.is_separable and Role.DEPTHWISE.value not in cost.parts:
        # The compiler put both into one function.
        return {}
    found: dict[str, Cost] = {}
    for kind, part in cost.parts.items():
        layer = computed_by(stage, kind)
        instructions, cycles = found.get(layer, (0, 0))
        both = None if cycles is None or part.cycles is None else cycles + part.cycles
        found[layer] = (instructions + part.instructions, both)
    return found


def layer_records(compiled: Compiled, costs: Analysis, times: Times | None) -> list[ReportLayer]:
    """The model's layers in its own order. stage: that computes it, null where optimization removed the layer."""
    stage_of = {op.name: planned.stage.index for planned in compiled.plan.stages for op in planned.stage.operators}
    kinds = {op.name: op.kind for op in compiled.imported.operators}
    found = []
    for layer in costs.layers:
        instructions, cycles = times.layers.get(layer.name, (None, None)) if times else (None, None)
        whole = cycles if cycles is not None else instructions
        total = 0 if times is None else times.total[1] if cycles is not None else times.total[0]
        found.append(
            ReportLayer(
                name=layer.name,
                kind=kinds[layer.name],
                operator=layer.kind,
                source=layer.source,
                stage=stage_of.get(layer.name),
                input_shapes=layer.input_shapes,
                output_shape=layer.output_shape,
                macs=layer.macs,
                live_macs=layer.live_macs,
                parameters=layer.parameters,
                live_parameters=layer.live_parameters,
                weight_reads=layer.weight_reads,
                dead_channels=layer.dead_channels,
                instructions=instructions,
                modelled_cycles=cycles,
                share=whole / total if whole is not None and total else None,
            )
        )
    return found


def stage_records(compiled: Compiled, times: Times | None) -> list[ReportStage]:
    """What runs a row at a time, with its inputs, its output's rows in memory, and its costs beside the floor."""
    plan = compiled.plan
    kinds = {op.name: op.kind for op in compiled.imported.operators}
    writers = {planned.stage.output.name: planned.stage.index for planned in plan.stages}
    group_of = {
        stage: number for number, (first, last) in enumerate(plan.schedule.groups) for stage in range(first, last + 1)
    }
    found = []
    for planned in plan.stages:
        stage = planned.stage
        buffer = plan.buffers[stage.output.name]
        floor = stage_floor(stage, plan.graph, yardstick(plan.target))
        instructions, cycles = times.stages.get(stage.index, (0, 0)) if times else (None, None)
        found.append(
            ReportStage(
                index=stage.index,
                group=group_of[stage.index],
                layers=tuple(op.name for op in stage.operators),
                kinds=tuple(kinds.get(op.name, op.kind) for op in stage.operators),
                kernel=kernel_choice(plan, planned),
                inputs=tuple(writers.get(tensor.name, -1) for tensor in stage.inputs),
                output_shape=stage.output.shape,
                rows=KeptRows(
                    kept=plan.schedule.slots[stage.output.name],
                    height=stage.output.height,
                    row_bytes=stage.output.width * stage.output.channels,
                    layout=buffer.layout.value,
                    pooled=buffer.places is not None,
                ),
                live_macs=floor.macs,
                words=floor.words,
                floor_instructions=floor.instructions,
                instructions=instructions,
                modelled_cycles=cycles,
            )
        )
    return found
