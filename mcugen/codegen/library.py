"""A plan as C files: the generated library in memory, by file name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcugen.codegen.camera import camera_bytes, camera_view
from mcugen.codegen.constants import Constant
from mcugen.codegen.environment import environment, thousands
from mcugen.codegen.external_constants import external_offsets
from mcugen.codegen.groups import group_views, streamed_tensors
from mcugen.codegen.helpers import with_callees
from mcugen.codegen.stages import stage_view
from mcugen.codegen.views import StageContext, buffer_view, describe, shape_text
from mcugen.detection import Detector
from mcugen.ir import Graph, Tensor
from mcugen.kernels import FAMILIES
from mcugen.kernels.late import emitter
from mcugen.plan.live import graph_live_macs
from mcugen.plan.plan import Plan
from mcugen.reference.pixels import pixel_variables
from mcugen.text import comment_text
from mcugen.version import __version__

# Of every core; `generic` is counted as one of them.
_POINTER_BYTES = 4
_ROUNDINGS = {"half_away": "rounded half away from zero", "half_even": "rounded half to even"}


@dataclass(frozen=True, eq=False)
class Library:
    """files: text by file name. layers: tensors in the order of the trace hook's layer numbers. context_bytes:
    sizeof the context on the target. constants: the tables in flash. detector: what NAME_detect is made for, None
    where the library has none."""

    name: str
    plan: Plan
    files: dict[str, str]
    layers: tuple[Tensor, ...]
    context_bytes: int
    constants: tuple[Constant, ...]
    detector: Detector | None = None

    @property
    def by_rows(self) -> bool:
        """Whether the caller is handed the rows of the outputs."""
        return bool(self.plan.graph.by_rows)

    def context_bytes_at(self, pointer_bytes: int) -> int:
        """sizeof the context where pointers have so many bytes: it has two where the caller is handed rows."""
        return context_bytes_of(self.plan, pointer_bytes)

    @property
    def weight_bytes(self) -> int:
        """Flash of the weights."""
        return sum(c.weight_bytes for c in self.constants)

    @property
    def constant_bytes(self) -> int:
        """Flash of all constant tables, weights among them."""
        return sum(c.bytes for c in self.constants)


def make_library(
    plan: Plan,
    name: str,
    *,
    trace: bool = False,
    trace_input: bool = False,
    share_kernels: bool = True,
    external_constants: bool = False,
) -> Library:
    """Renders the C files of a plan.

    trace: with calls of the hook that receives every finished row. trace_input: of the image's rows too, as a layer
    behind all others, where a camera makes them. share_kernels: False gives every stage functions of
    its own, so that a profile by function is one by stage. external_constants: the code also compiles, with
    NAME_EXTERNAL_CONSTANTS defined, for constants at an address that the program gives.
    """
    graph = plan.graph
    computed = {op.name for stage in plan.stages for op in stage.stage.operators}
    layers = [graph.tensors[op.output] for op in graph.operators if op.name in computed]
    if trace_input:
        layers.append(graph.input_tensor)
    context = StageContext(plan, name, trace, {tensor.name: i for i, tensor in enumerate(layers)})
    context.share_kernels = share_kernels
    pixels = pixel_variables(graph)
    if pixels["pixel_values"] is not None:
        context.add_constant("pixels", pixels["pixel_values"], "input values of pixels, by channel where they differ")
    stages = [stage_view(context, stage) for stage in plan.stages]
    emitted = {family.name: emitter(family.name).header(context) for family in FAMILIES}
    headers = {name: header for name, header in emitted.items() if header is not None}
    context_bytes = context_bytes_of(plan)
    labels = graph.labels if len(graph.labels) == graph.output_tensor.channels else ()
    variables: dict[str, Any] = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "source": comment_text(graph.name) + (f" ({graph.source_format})" if graph.source_format else ""),
        "summary": _summary(plan),
        "overview": _overview(plan),
        "target": plan.target,
        **pixels,
        "model_sha256": graph.source_sha256,
        "output_kind": _output_kind(graph),
        "has_top1": has_top1(graph),
        "input": graph.input_tensor,
        "output": graph.output_tensor,
        "several": graph.several,
        **output_rows_variables(graph),
        "input_buffer": buffer_view(context, plan.buffers[graph.input]),
        "output_buffer": None if graph.by_rows else buffer_view(context, plan.buffers[graph.output]),
        "plan": {
            "arena_bytes": plan.arena_bytes,
            "context_bytes": context_bytes,
            "streamed_tensors": streamed_tensors(plan),
        },
        "buffers": [buffer_view(context, buffer) for buffer in plan.buffers.values()],
        "stages": stages,
        "groups": group_views(plan, name),
        "labels": labels,
        "trace": trace,
        "trace_input": trace_input,
        "layer_count": len(layers),
        "k": camera_view(graph),
        "resident": plan.resident,
        "headers": list(headers),
        "half_even": graph.input_border.rounding == "half_even",
        "rounding_comment": _ROUNDINGS[graph.input_border.rounding],
    }
    # Templates of the stages may still add constants and functions, so the source comes first.
    templates = {f"{name}.c": "source.c.j2", f"{name}.h": "header.h.j2"}
    files = {file: environment().get_template(template).render(variables) for file, template in templates.items()}
    variables |= {
        "functions": with_callees(context.functions),
        "constants": context.constants,
        "constant_bytes": sum(c.bytes for c in context.constants),
        "external": external_offsets(context.constants) if external_constants else None,
    }
    templates = {f"{name}_weights.c": "weights.c.j2", f"{name}_kernels.h": "kernels.h.j2"}
    files |= {file: environment().get_template(template).render(variables) for file, template in templates.items()}
    for family, header in headers.items():
        template = environment().get_template(f"{family}/{family}.h.j2")
        files[f"{name}_{family}.h"] = template.render(variables | dict(header.variables))
    return Library(name, plan, files, tuple(layers), context_bytes, tuple(context.constants))


def context_bytes_of(plan: Plan, pointer_bytes: int = _POINTER_BYTES) -> int:
    """sizeof the context of a plan's library, where pointers have so many bytes."""
    pointers, unit = (2, max(pointer_bytes, 4)) if plan.graph.by_rows else (0, 4)
    counters = 2 * (len(streamed_tensors(plan)) + 1)
    parts = pointers * pointer_bytes + plan.arena_bytes + camera_bytes(plan.graph) + counters
    return -(-parts // unit) * unit


def output_rows_variables(graph: Graph) -> dict[str, Any]:
    """What templates are told of outputs by rows: whether they are, and of each output its height, the bytes of a row
    and where its values stand among all."""
    rows = [(o.tensor.height, o.tensor.width * o.tensor.channels, o.start) for o in graph.outputs]
    return {"by_rows": bool(graph.by_rows), "output_rows": rows}


def has_top1(graph: Graph) -> bool:
    """Whether the output is one score a class, so that the highest is the answer."""
    output = graph.output_tensor
    return not graph.several and output.channels > 1 and output.height * output.width == 1


def _output_kind(graph: Graph) -> str:
    """What is said of the scores: what the last operator makes of them."""
    if not has_top1(graph):
        return ""
    last = graph.producer(graph.output)
    meaning = last.meaning if last is not None else ""
    return f", {meaning or 'a logit unless the model ends in a sigmoid'}"


def _summary(plan: Plan) -> str:
    graph = plan.graph
    return (
        f"{shape_text(graph.input_tensor)} -> {shape_text(graph.output_tensor)}, "
        f"{thousands(graph_live_macs(graph))} live multiply-accumulates."
    )


def _overview(plan: Plan) -> list[str]:
    lines = []
    for stage in plan.stages:
        layers = " + ".join(describe(op) for op in stage.stage.operators)
        lines.append(f"{stage.stage.index:3}  {shape_text(stage.stage.output):>15}  {layers}")
    return lines
