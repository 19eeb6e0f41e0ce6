"""NAME.json: what a generated directory was made from, and how. The same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mcugen.codegen.camera import camera_bytes
from mcugen.codegen.code_size import estimate_code_bytes
from mcugen.codegen.library import Library
from mcugen.ir import Border, Graph, Tensor
from mcugen.output import GENERATOR, content_hash
from mcugen.passes import PASSES
from mcugen.plan.buffer import Buffer
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.explain import kernel_choice
from mcugen.plan.live import graph_live_macs, graph_live_parameters, live_channels, live_macs, live_parameters
from mcugen.plan.macs import graph_macs, graph_parameters
from mcugen.plan.plan import Plan, StagePlan
from mcugen.plan.prediction import Prediction, predict
from mcugen.reference.pixels import offset_normalization, pixel_variables, takes_pixels
from mcugen.schemas.manifest import (
    Columns,
    Manifest,
    ManifestBuffer,
    ManifestCamera,
    ManifestCosts,
    ManifestLayer,
    ManifestPixels,
    ManifestPlan,
    ManifestSizes,
    ManifestStage,
    ManifestTarget,
    ModelBorder,
    NamedBorder,
    RequantizationForm,
    TensorBorder,
)
from mcugen.schemas.model import ModelFile
from mcugen.schemas.optimization import DeadChannels, PassRun, RejectedForm, StageGroup
from mcugen.version import __version__

_FORMAT_VERSION = 2


def make_manifest(
    imported: Graph, library: Library, passes: Sequence[str], model_file: str, files: Mapping[str, str | bytes]
) -> Manifest:
    """imported: the graph before the passes. passes: names of those that ran.

    model_file: name of the model's file without its directory. files: the other files of the directory, by path.
    """
    plan = library.plan
    optimized = plan.graph
    prediction = predict(plan)
    code_bytes = estimate_code_bytes(library)
    reasons = {entry.name: entry.reason for entry in PASSES}
    return Manifest(
        generator=GENERATOR,
        format_version=_FORMAT_VERSION,
        mcugen_version=__version__,
        name=library.name,
        model=ModelFile(file=model_file, sha256=imported.source_sha256, format=imported.source_format),
        target=ManifestTarget(
            name=plan.target.name,
            compiler=f"{plan.target.compiler}gcc" if plan.target.compiler else "",
            compiler_flags=(*plan.target.compiler_flags, plan.target.optimization),
        ),
        input=_border(imported.input_tensor, imported.input_border),
        pixels=manifest_pixels(imported),
        camera=manifest_camera(imported, prediction),
        outputs=tuple(
            NamedBorder(
                name=output.name, start=output.start, **msgspec.structs.asdict(_border(output.tensor, output.border))
            )
            for output in imported.outputs
        ),
        output=_border(imported.output_tensor, imported.output_border),
        labels=tuple(imported.labels),
        costs=ManifestCosts(
            macs=graph_macs(imported),
            live_macs=graph_live_macs(optimized),
            parameters=graph_parameters(imported),
            live_parameters=graph_live_parameters(optimized),
            instructions=prediction.instructions if prediction else None,
            modelled_cycles=prediction.cycles if prediction else None,
            unknown=tuple(prediction.unknown_kinds) if prediction else (),
        ),
        sizes=ManifestSizes(
            ram_bytes=library.context_bytes,
            arena_bytes=plan.arena_bytes,
            flash_bytes=library.constant_bytes + code_bytes,
            weight_bytes=library.weight_bytes,
            constant_bytes=library.constant_bytes,
            code_bytes=code_bytes,
        ),
        passes=tuple(PassRun(name, reasons[name]) for name in passes),
        dead_channels=tuple(dead_channels(imported, optimized)),
        layers=_layers(imported, optimized, prediction),
        plan=_plan(library),
        files={name: content_hash(content) for name, content in sorted(files.items())},
    )


def manifest_pixels(imported: Graph) -> ManifestPixels | None:
    """What pixels become; None where that is not known."""
    if not takes_pixels(imported):
        return None
    known = imported.pixels or offset_normalization(imported)
    table = pixel_variables(imported)["pixel_values"] is not None
    return ManifestPixels(known.mean, known.deviation, "bgr" if known.reverse else "rgb", table)


def manifest_camera(imported: Graph, prediction: Prediction | None) -> ManifestCamera | None:
    """The camera, and its part of the context and of the prediction; None without one."""
    camera = imported.camera
    if camera is None:
        return None
    return ManifestCamera(
        format=camera.format,
        width=camera.width,
        height=camera.height,
        row_bytes=camera.row_bytes,
        crop=camera.window,
        resize=camera.resize,
        rotate=camera.rotate,
        mirror=camera.mirror,
        ram_bytes=camera_bytes(imported),
        instructions=None if prediction is None else prediction.camera[0],
        modelled_cycles=None if prediction is None else prediction.camera[1],
    )


def _layers(imported: Graph, optimized: Graph, prediction: Prediction | None) -> tuple[ManifestLayer, ...]:
    remaining = {op.name: op for op in optimized.operators}
    found = []
    for op in imported.operators:
        live = remaining.get(op.name)
        instructions, cycles = prediction.layers.get(op.name, (None, None)) if prediction else (None, None)
        found.append(
            ManifestLayer(
                name=op.name,
                live_macs=live_macs(live, optimized) if live else 0,
                live_parameters=live_parameters(live, optimized) if live else 0,
                instructions=instructions,
                modelled_cycles=cycles,
            )
        )
    return tuple(found)


def dead_channels(imported: Graph, optimized: Graph) -> list[DeadChannels]:
    """Layers that lost output channels: how many, of how many, and how many of those have a constant value."""
    found = []
    for op in imported.operators:
        tensor = optimized.tensors.get(op.output)
        if tensor is None or tensor.origin is None:
            continue
        channels = len(tensor.origin.observable)
        removed = channels - live_channels(tensor)
        if removed == 0:
            continue
        unread = int((~tensor.origin.observable).sum())
        found.append(DeadChannels(op.name, channels, removed, removed - unread))
    return found


def _border(tensor: Tensor, border: Border) -> TensorBorder:
    return TensorBorder(
        shape=tensor.shape,
        dtype="int8",
        scale=float(tensor.scale),
        zero_point=tensor.zero_point,
        model=ModelBorder(
            shape=tuple(border.shape),
            layout=border.layout,
            dtype=border.dtype,
            scale=float(border.scale),
            zero_point=border.zero_point,
            rounding=border.rounding,
        ),
    )


def _plan(library: Library) -> ManifestPlan:
    plan, detector = library.plan, library.detector
    return ManifestPlan(
        groups=tuple(StageGroup(first, last) for first, last in plan.schedule.groups),
        stages=tuple(_stage(plan, planned) for planned in plan.stages),
        buffers=tuple(map(_buffer, plan.buffers.values())),
        output_rows=plan.graph.by_rows or msgspec.UNSET,
        detect_threshold=msgspec.UNSET if detector is None else detector.threshold,
    )


def _stage(plan: Plan, planned: StagePlan) -> ManifestStage:
    stage = planned.stage
    columns = Columns(planned.columns_bytes, planned.columns_offset) if planned.columns_bytes else msgspec.UNSET
    return ManifestStage(
        index=stage.index,
        layers=tuple(op.name for op in stage.operators),
        sources=tuple(op.source for op in stage.operators),
        inputs=tuple(tensor.name for tensor in stage.inputs),
        output=stage.output.name,
        kernel=kernel_choice(plan, planned),
        column_source=msgspec.UNSET if planned.column_source is None else planned.column_source.value,
        columns=columns,
        requantization={name: _epilogue(epilogue) for name, epilogue in planned.epilogues.items()},
    )


def _epilogue(epilogue: Epilogue) -> RequantizationForm:
    return RequantizationForm(
        form=epilogue.form,
        proved_accumulators=epilogue.proved,
        rejected=tuple(RejectedForm(form, wrong) for form, wrong in epilogue.rejected),
    )


def _buffer(buffer: Buffer) -> ManifestBuffer:
    return ManifestBuffer(
        tensor=buffer.tensor.name,
        shape=buffer.tensor.shape,
        dtype=buffer.tensor.dtype,
        layout=buffer.layout.value,
        slots=buffer.slots,
        ring=buffer.is_ring,
        row_bytes=buffer.row_bytes,
        offset=buffer.offset,
    )
