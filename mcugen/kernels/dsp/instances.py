"""Instances of the DSP kernels: one for all stages that can share it, and what each stage passes to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mcugen.codegen.views import StageContext
from mcugen.ir import Conv2D, DepthwiseConv2D
from mcugen.kernels.dsp.select import DspKernel
from mcugen.plan.plan import StagePlan

# Quads of the matrix kernel's loop.
LOOP_QUADS = 8
_CONSTANT_BYTES = {"fitted": 8, "fitted_addend": 16, "signed": 24}
_REGISTERS = {
    3: ([["r2", "r3", "r4"], ["r5", "r6", "r7"]], ["r11", "r12", "lr"], "ldm    r1!, {r11, r12, lr}"),
    2: ([["r2", "r3"], ["r4", "r5"]], ["r11", "r12"], "ldm    r1!, {r11, r12}"),
    1: ([["r2"], ["r3"]], ["r11"], "ldr    r11, [r1], #4"),
}


@dataclass
class Used:
    """The kernels that stages use. groups: pixels at a time of matrix kernels. depthwise, first, eight: whether there
    is one of these. functions: of each instance."""

    groups: set[int] = field(default_factory=set)
    depthwise: bool = False
    first: bool = False
    eight: bool = False
    functions: dict[str, str] = field(default_factory=dict)


def kernel_registers(group: int) -> dict[str, Any]:
    """Register assignment of the matrix kernel for `group` pixels, for its template."""
    sums, columns, load = _REGISTERS[group]
    return {"group": group, "sums": sums, "columns": columns, "load": load, "loop_quads": LOOP_QUADS}


def matrix_kernel(context: StageContext, plan: StagePlan, dsp: DspKernel, out: dict[str, Any]) -> dict[str, Any]:
    """function, instance (None where another stage has it already) and shape of a stage's matrix kernel."""
    op = plan.stage.last
    assert isinstance(op, Conv2D)
    context.notes(Used).groups.add(dsp.group)
    form, shift = dsp.epilogue.form, int(dsp.epilogue.shift[0])
    channels, pixels = len(op.weights), plan.stage.output.width // dsp.parts
    x_stride = out["x_stride"]
    shape = [out["channel_stride"], x_stride * pixels]
    if dsp.eight:
        context.notes(Used).eight = True
        unroll = next(u for u in (4, 3, 2, 1) if pixels % u == 0)
        instance = f'MATRIX_EIGHT({{}}, {x_stride}, "{_saturate(plan)}", {shift}, {unroll})'
        shape += [16 * pixels, 16 * channels]
    else:
        end = f'END_{form.upper()}("{_saturate(plan)}", {shift})'
        peel, loops = _unrolling(dsp.depth // 4)
        instance = f"MATRIX_{dsp.group}({{}}, {x_stride}, {end}, {peel}, {loops})"
        quads_end = 8 + 2 * dsp.depth
        shape += [quads_end, (quads_end + _CONSTANT_BYTES[form]) * channels // 2]
    return {**_shared(context, f"matrix_{plan.stage.index}", instance), "shape": shape}


def first_kernel(context: StageContext, plan: StagePlan, dsp: DspKernel, out: dict[str, Any]) -> dict[str, Any]:
    """function and instance of the first convolution's kernel."""
    first = dsp.first
    assert first is not None
    context.notes(Used).groups.add(dsp.group)
    context.notes(Used).first = True
    instance = (
        f"FIRST_CONVOLUTION({{}}, {first.channels}, {first.halves}, {first.step}, {plan.stage.output.channels}, "
        f'{out["channel_stride"]}, {out["x_stride"]}, "{_saturate(plan)}", {int(dsp.epilogue.shift[0])})'
    )
    return _shared(context, f"matrix_{plan.stage.index}", instance)


def depthwise_kernel(
    context: StageContext, plan: StagePlan, op: DepthwiseConv2D, dsp: DspKernel, shift: int
) -> dict[str, Any]:
    """function, instance (None where another stage has it already) and shape of a stage's depthwise kernel."""
    context.notes(Used).depthwise = True
    width, outputs, depth, group = plan.stage.inputs[0].width, plan.stage.output.width, dsp.depth, dsp.group
    table = "TABLE_PACKED" if dsp.packed else "TABLE"
    if op.window.stride[1] == 2:
        left, odd = op.window.padding[2], outputs % 2 == 1
        taken = _stride_2_loop_bytes(outputs, group, left)
        # The loop's body is there once more for the last outputs: stages without turns share it with those that have
        # some.
        loop = "LOOP" if taken or (group == 3 and not odd) else "LOOP_NONE"
        instance = f"DEPTHWISE_S2({{}}, {table}, {group}, {shift}, {loop}, {'ODD' if odd else 'EVEN'}, {left})"
    elif width <= 4:
        taken = 0
        instance = f"DEPTHWISE_S1_{'SHORT' if width == 3 else 'FOUR'}({{}}, {table}, {shift})"
    else:
        taken = width - 6 + width % 2
        together = 8 if dsp.eight and depth == 8 and width % 6 == 0 else group
        loop = "LOOP" if taken else "LOOP_NONE"
        instance = f"DEPTHWISE_S1({{}}, {table}, {together}, {shift}, {loop}, {width % 2})"
    to_next_channel = 4 * group - 2 * depth * outputs
    half_of_table = (8 if dsp.packed else 10) * depth
    shape = [2 * depth * group, to_next_channel & 0xFFFFFFFF, half_of_table, taken]
    return {**_shared(context, f"depthwise_{plan.stage.index}", instance), "shape": shape}


def _stride_2_loop_bytes(outputs: int, group: int, left: int) -> int:
    """Bytes of an input row that the loop over x takes; what it leaves is in the kernel's DEPTHWISE_S2_ROW."""
    pairs = outputs // 2
    if group == 3:
        return 4 * (pairs - (1 if outputs % 2 else 3))
    return 4 * (pairs - (left if outputs % 2 else 1))


def _saturate(plan: StagePlan) -> str:
    return "usat" if plan.stage.output.dtype == "uint8" else "ssat"


def _unrolling(quads: int) -> tuple[int, int]:
    """(peel, loop): quads = 1 + peel + a multiple of LOOP_QUADS, which is 0 where loop is 0."""
    return (quads - 1) % LOOP_QUADS, int(quads > LOOP_QUADS)


def _shared(context: StageContext, function: str, instance: str) -> dict[str, Any]:
    """The function that is this instance already, or a new one. instance: the macro's call with {} for the name."""
    functions = context.notes(Used).functions
    if context.share_kernels and instance in functions:
        return {"function": functions[instance], "instance": None}
    functions[instance] = function
    return {"function": function, "instance": instance.format(function)}
