"""What the templates of a stage are given: names, sizes and expressions, decided by the plan and only written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np

from mcugen.codegen.constants import Constant
from mcugen.codegen.environment import linear
from mcugen.ir import Operator, Tensor, Window
from mcugen.kernels.instances import Instance
from mcugen.plan.buffer import Buffer
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.plan import Plan, StagePlan
from mcugen.text import comment_text

C_TYPES = {"int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t"}

_Instance = TypeVar("_Instance", bound=Instance)


@dataclass
class StageContext:
    """What rendering a stage needs and leaves behind.

    layers: number by which the trace hook names a layer, by tensor name. constants, functions: tables and helper
    functions that the stages so far use. share_kernels: whether stages of one shape share an instance of a kernel.
    instances: of the kernels that the stages so far use, by family.
    """

    plan: Plan
    name: str
    trace: bool
    layers: dict[str, int]
    constants: list[Constant] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    share_kernels: bool = True
    instances: dict[str, list[Any]] = field(default_factory=dict)

    def instance(self, family: str, made: _Instance) -> _Instance:
        """The instance of this shape that a stage before has already, or the one that was made."""
        known = self.instances.setdefault(family, [])
        for other in known if self.share_kernels else ():
            if other.shape == made.shape:
                return cast(_Instance, other)
        known.append(made)
        return made

    def buffer_index(self, tensor: str) -> int:
        """Number of the row_N function of a tensor."""
        return list(self.plan.buffers).index(tensor)

    def add_constant(
        self, name: str, values: np.ndarray, comment: str, kind: str = "other", *, weight_bytes: int | None = None
    ) -> str:
        """Registers a table and returns its name. weight_bytes: how many of its bytes are weights, if only some are."""
        self.constants.append(Constant(name, values, comment, kind, weight_bytes))
        return name


def epilogue_view(
    context: StageContext, prefix: str, epilogue: Epilogue, bias: np.ndarray, layer: str, output: Tensor
) -> dict[str, Any]:
    """Constants and names of a requantization to `output`; bias int64 [C] is what the accumulators start from."""
    context.functions |= {"clamp", epilogue.form}
    context.add_constant(f"{prefix}_bias", bias.astype(np.int32), f"{layer}: where the sums start")
    context.add_constant(
        f"{prefix}_multiplier", epilogue.multiplier.astype(np.int32), f"{layer}: multipliers, 2^31 is 1"
    )
    context.add_constant(f"{prefix}_shift", epilogue.shift.astype(np.int8), f"{layer}: shifts to the right")
    return {
        "prefix": prefix,
        "form": epilogue.form,
        "exact": epilogue.form.startswith("exact"),
        "zero_point": epilogue.zero_point,
        "minimum": epilogue.minimum,
        "maximum": epilogue.maximum,
        "ctype": C_TYPES[output.dtype],
        "per_channel": len(epilogue.multiplier) > 1,
    }


def single_requantization_view(context: StageContext, epilogue: Epilogue, output: Tensor) -> dict[str, Any]:
    """Numbers of a requantization to `output` that are the same for all channels; addend: what the form adds, the zero
    point, or where that is shifted too, half of a step with it."""
    context.functions |= {"clamp", epilogue.form}
    multiplier, shift = int(epilogue.multiplier[0]), int(epilogue.shift[0])
    exact = epilogue.form.startswith("exact")
    return {
        "form": epilogue.form,
        "multiplier": multiplier,
        "shift": shift,
        "addend": epilogue.zero_point if exact else epilogue.zero_point * (1 << shift) + ((1 << shift) >> 1),
        "minimum": epilogue.minimum,
        "maximum": epilogue.maximum,
        "ctype": C_TYPES[output.dtype],
    }


def trace_views(
    context: StageContext, tensor: Tensor, values: str, x_stride: int, channel_stride: int
) -> list[dict[str, Any]]:
    """The trace call of a row, or none where the code is generated without tracing."""
    if not context.trace:
        return []
    return [
        {
            "layer": context.layers[tensor.name],
            "pointer": values,
            "width": tensor.width,
            "channels": tensor.channels,
            "x_stride": x_stride,
            "channel_stride": channel_stride,
            "offset": 128 if tensor.dtype == "uint8" else 0,
        }
    ]


def output_views(context: StageContext, stage: StagePlan) -> dict[str, Any]:
    """Output row, its strides, its trace call."""
    tensor = stage.stage.output
    buffer = context.plan.buffers[tensor.name]
    index = context.buffer_index(tensor.name)
    return {
        "output": index,
        "out_ctype": C_TYPES[tensor.dtype],
        "output_width": tensor.width,
        "output_channels": tensor.channels,
        "x_stride": buffer.x_stride,
        "channel_stride": buffer.channel_stride,
        "traces": trace_views(context, tensor, f"row_{index}(arena, y)", buffer.x_stride, buffer.channel_stride),
    }


def source_views(context: StageContext, tensor: Tensor) -> dict[str, Any]:
    """Input rows and their strides."""
    buffer = context.plan.buffers[tensor.name]
    return {
        "source": context.buffer_index(tensor.name),
        "ctype": C_TYPES[tensor.dtype],
        "height": tensor.height,
        "width": tensor.width,
        "channels": tensor.channels,
        "source_x_stride": buffer.x_stride,
        "source_channel_stride": buffer.channel_stride,
    }


def window_views(window: Window, tensor: Tensor, output: Tensor) -> dict[str, Any]:
    """Kernel, stride and what of the padding is really touched."""
    top, _, left, _ = window.padding
    last_row = (output.height - 1) * window.stride[0] - top + window.kernel[0] - 1
    last_column = (output.width - 1) * window.stride[1] - left + window.kernel[1] - 1
    clips_top, clips_bottom = top > 0, last_row >= tensor.height
    return {
        "kernel_height": window.kernel[0],
        "kernel_width": window.kernel[1],
        "stride": window.stride[1],
        "left": left,
        "first_row": linear(("y" if output.height > 1 else 0, window.stride[0]), constant=-top),
        "pads_rows": clips_top or clips_bottom,
        "pads_columns": left > 0 or last_column >= tensor.width,
        "clips_top": clips_top,
        "clips_bottom": clips_bottom,
        "clips_left": left > 0,
        "clips_right": last_column >= tensor.width,
        "inside": inside_image("y", tensor.height, clips_top, clips_bottom),
    }


def inside_image(row: str, height: int, clips_top: bool, clips_bottom: bool) -> str:
    """C condition: the row lies in the image. Empty where it always does."""
    return " && ".join([f"{row} >= 0"] * clips_top + [f"{row} < {height}"] * clips_bottom)


def buffer_view(context: StageContext, buffer: Buffer) -> dict[str, Any]:
    """One row_N function."""
    tensor = buffer.tensor
    ctype = C_TYPES[tensor.dtype]
    kept = f"a ring of {buffer.slots} rows" if buffer.is_ring else "the whole map"
    producer = context.plan.graph.producer(tensor.name)
    whose = "the image" if producer is None else f"the output of {comment_text(producer.name)}"
    slot: str | int = 0 if buffer.slots == 1 else f"(y % {buffer.slots})" if buffer.is_ring else "y"
    if buffer.places is not None:
        slot, kept = "places[y]", f"in a pool of {buffer.slots} rows"
    arena = "(int8_t *)arena" if ctype == "int8_t" else "arena"
    return {
        "index": context.buffer_index(tensor.name),
        "ctype": ctype,
        "address": linear((arena, 1), (slot, buffer.row_bytes), constant=buffer.offset),
        "depends_on_y": buffer.slots > 1 or buffer.places is not None,
        "places": buffer.places,
        "planar": buffer.layout.value == "planar",
        "comment": f"{whose}: {shape_text(tensor)}, {buffer.layout.value}, {kept}",
    }


def shape_text(tensor: Tensor) -> str:
    """24 x 24 x 32."""
    return " x ".join(str(size) for size in tensor.shape)


def describe(op: Operator) -> str:
    """Layer name and place in the model, for comments."""
    return comment_text(f"{op.name} ({op.source})" if op.source else op.name)
