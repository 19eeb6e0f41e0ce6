"""Runs a .tflite model by CMSIS-NN's kernels in the emulator: what generated code is compared with.

    python benchmarks/cmsis_nn.py MODEL ... --sources DIR [--targets cortex-m4,cortex-m7]
    python benchmarks/cmsis_nn.py MODEL ... --sources DIR --boards nucleo_l4r5zi,nucleo_u575zi_q

DIR is a checkout of Arm's CMSIS-NN, which is not part of this repository (github.com/ARM-software/CMSIS-NN). Its
kernels are called layer by layer as TensorFlow Lite Micro calls them, without an interpreter in between, and compiled
with -O2 as generated code is, or what --optimization says. Outputs must be equal to the NumPy reference's, all bytes.

--boards: milliseconds on these boards, by modelled cycles alone, and with what the models of their memories add.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.fixedpoint.multiplier import quantize_multiplier
from mcugen.inputs import random_images
from mcugen.ir import Graph, Tensor
from mcugen.ir.operators.add import Add
from mcugen.ir.operators.average_pool import AveragePool2D
from mcugen.ir.operators.conv import Conv2D
from mcugen.ir.operators.depthwise_conv import DepthwiseConv2D
from mcugen.ir.operators.fully_connected import FullyConnected
from mcugen.ir.operators.reshape import Reshape
from mcugen.ir.operators.softmax import Softmax
from mcugen.ir.operators.weighted import Weighted
from mcugen.plan.macs import graph_macs
from mcugen.simulate.emulator import MACHINES, Counts, Machine, build, profile, simulate_memories
from mcugen.targets import find_target
from mcugen.targets.boards import Board, find_board

_SOFTMAX_BITS = 26
"""Fractional bits of the scaled distances in TensorFlow Lite's softmax."""
_SOFTMAX_RADIUS = 31
_SCRATCH_BYTES = 64 << 10
_TIMEOUT_S = 600.0
_INFERENCE = "infer"


class Program:
    """The C of one network: constants and calls, in order."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.constants: list[str] = []
        self.calls: list[str] = []
        self._names = {name: f"map_{index}" for index, name in enumerate(graph.tensors)}
        for index, operator in enumerate(graph.operators):
            emit = next((emit for kind, emit in _EMITTERS.items() if isinstance(operator, kind)), None)
            if emit is None:
                raise McugenError(f"{operator.output}: {type(operator).__name__} is not called here")
            emit(self, index, operator)

    def tensor(self, name: str) -> Tensor:
        """The tensor of this name."""
        return self.graph.tensors[name]

    def map(self, name: str) -> str:
        """The C array of a tensor."""
        return self._names[name]

    def table(self, name: str, kind: str, values: np.ndarray) -> str:
        """A constant array in flash; its name."""
        text = ", ".join(map(str, np.asarray(values).reshape(-1).tolist()))
        self.constants.append(f"static const {kind} {name}[] = {{{text}}};")
        return name

    def text(self) -> str:
        """The program: one image in, the output and the time of one inference out."""
        maps = [f"static int8_t {self._names[t.name]}[{t.size}];" for t in self.graph.tensors.values()]
        source, result = self.graph.input_tensor, self.graph.output_tensor
        return "\n".join([
            '#include "arm_nnfunctions.h"', '#include "arm_nnsupportfunctions.h"', '#include "mcu.h"',
            *self.constants, *maps, f"static int8_t scratch[{_SCRATCH_BYTES}] __attribute__((aligned(16)));",
            "static int32_t sums[1024];",
            f"__attribute__((noinline)) static int {_INFERENCE}(void)", "{",
            "    const cmsis_nn_context ctx = {scratch, sizeof scratch};", "    int status = 0;",
            *(f"    {call}" for call in self.calls), "    return status;", "}",
            "int main(void)", "{",
            f"    __builtin_memcpy({self.map(source.name)}, mcu_input(), {source.size});",
            "    (void)mcu_lap();", f"    const int status = {_INFERENCE}();",
            '    mcu_report("instructions", mcu_lap());',
            f'    mcu_report_bytes("output", {self.map(result.name)}, {result.size});',
            "    return status;", "}", "",
        ])  # fmt: skip


def _dims(count: int, height: int, width: int, channels: int) -> str:
    return f"&(const cmsis_nn_dims){{{count}, {height}, {width}, {channels}}}"


def _of(tensor: Tensor) -> str:
    return _dims(1, *tensor.shape)


def _weights(program: Program, index: int, operator: Weighted, weights: np.ndarray) -> tuple[str, str, str]:
    """Names of weights and bias, and the requantization, once an output channel."""
    ones = np.ones(len(operator.bias), np.int64)
    requantization = operator.requantization
    multiplier = program.table(f"multiplier_{index}", "int32_t", requantization.multiplier * ones)
    shift = program.table(f"shift_{index}", "int32_t", requantization.shift * ones)
    quantization = f"&(const cmsis_nn_per_channel_quant_params){{(int32_t *){multiplier}, (int32_t *){shift}}}"
    bias = program.table(f"bias_{index}", "int32_t", operator.bias)
    return program.table(f"weights_{index}", "int8_t", weights), bias, quantization


def _clamp(minimum: int, maximum: int) -> str:
    return f"{{{minimum}, {maximum}}}"


def _convolution(program: Program, index: int, operator: Conv2D | DepthwiseConv2D) -> None:
    source, result = program.tensor(operator.inputs[0]), program.tensor(operator.output)
    depthwise = isinstance(operator, DepthwiseConv2D)
    weights, bias, quantization = _weights(program, index, operator, operator.weights)
    window, requantization = operator.window, operator.requantization
    tiles = ", ".join([
        f"{{{window.stride[1]}, {window.stride[0]}}}", f"{{{window.padding[2]}, {window.padding[0]}}}", "{1, 1}",
    ])  # fmt: skip
    multiplier = f"{operator.depth_multiplier}, " if isinstance(operator, DepthwiseConv2D) else ""
    kind = "dw_conv" if depthwise else "conv"
    clamp = _clamp(requantization.minimum, requantization.maximum)
    parameters = (
        f"&(const cmsis_nn_{kind}_params){{{-source.zero_point}, {result.zero_point}, {multiplier}{tiles}, {clamp}}}"
    )
    kernel = (
        _dims(1, *window.kernel, result.channels)
        if depthwise
        else _dims(result.channels, *window.kernel, source.channels)
    )
    function = "arm_depthwise_conv_wrapper_s8" if depthwise else "arm_convolve_wrapper_s8"
    program.calls.append(
        f"status |= {function}(&ctx, {parameters}, {quantization}, {_of(source)}, {program.map(source.name)}, "
        f"{kernel}, {weights}, {_dims(1, 1, 1, result.channels)}, {bias}, {_of(result)}, {program.map(result.name)});"
    )


def _dense(program: Program, index: int, operator: FullyConnected) -> None:
    source, result = program.tensor(operator.inputs[0]), program.tensor(operator.output)
    weights, bias, _ = _weights(program, index, operator, operator.weights)
    requantization = operator.requantization
    by_channel = int(len(np.unique(requantization.multiplier)) > 1 or len(np.unique(requantization.shift)) > 1)
    clamp = _clamp(requantization.minimum, requantization.maximum)
    parameters = f"&(const cmsis_nn_fc_params){{{-source.zero_point}, 0, {result.zero_point}, {clamp}}}"
    scales = f"{{(int32_t *)multiplier_{index}, (int32_t *)shift_{index}, {by_channel}}}"
    # Kernels with Helium read the sums of the weights, which TensorFlow Lite Micro computes once.
    program.calls.append(
        f"arm_vector_sum_s8(sums, {source.size}, {result.channels}, {weights}, {-source.zero_point}, 0, {bias}); "
        f"status |= arm_fully_connected_wrapper_s8(&(const cmsis_nn_context){{sums, sizeof sums}}, {parameters}, "
        f"&(const cmsis_nn_quant_params){scales}, {_dims(1, 1, 1, source.size)}, {program.map(source.name)}, "
        f"{_dims(source.size, 1, 1, result.channels)}, {weights}, {_dims(1, 1, 1, result.channels)}, {bias}, "
        f"{_of(result)}, {program.map(result.name)});"
    )


def _pool(program: Program, index: int, operator: AveragePool2D) -> None:
    del index
    source, result = program.tensor(operator.inputs[0]), program.tensor(operator.output)
    window = operator.window
    if operator.requantization is not None:
        _mean(program, operator)
        return
    parameters = (
        f"&(const cmsis_nn_pool_params){{{{{window.stride[1]}, {window.stride[0]}}}, "
        f"{{{window.padding[2]}, {window.padding[0]}}}, {_clamp(operator.minimum, operator.maximum)}}}"
    )
    program.calls.append(
        f"status |= arm_avgpool_s8(&ctx, {parameters}, {_of(source)}, {program.map(source.name)}, "
        f"{_dims(1, *window.kernel, 1)}, {_of(result)}, {program.map(result.name)});"
    )


def _mean(program: Program, operator: AveragePool2D) -> None:
    """TensorFlow Lite's MEAN over a whole map, which is no kernel of CMSIS-NN: TensorFlow Lite Micro's own loop."""
    source, result = program.tensor(operator.inputs[0]), program.tensor(operator.output)
    if operator.requantization is None or operator.window.kernel != source.shape[:2]:
        raise McugenError(f"{operator.output}: an average with a scale over part of a map is not called here")
    requantization = operator.requantization
    scale = f"{int(requantization.multiplier[0])}, {int(requantization.shift[0])}"
    program.calls.append(
        f"for (int c = 0; c < {source.channels}; c++) {{ int32_t sum = 0; "
        f"for (int i = 0; i < {source.size}; i += {source.channels}) "
        f"{{ sum += {program.map(source.name)}[i + c] - ({source.zero_point}); }} "
        f"sum = arm_nn_requantize(sum, {scale}) + ({result.zero_point}); "
        f"sum = MAX(sum, {requantization.minimum}); "
        f"{program.map(result.name)}[c] = (int8_t)MIN(sum, {requantization.maximum}); }}"
    )


def _add(program: Program, index: int, operator: Add) -> None:
    del index
    left, right = (program.tensor(name) for name in operator.inputs)
    result, arithmetic = program.tensor(operator.output), operator.arithmetic
    pairs = list(zip(arithmetic.multipliers, arithmetic.shifts, strict=True))
    program.calls.append(
        f"status |= arm_elementwise_add_s8({program.map(left.name)}, {program.map(right.name)}, {-left.zero_point}, "
        f"{pairs[0][0]}, {pairs[0][1]}, {-right.zero_point}, {pairs[1][0]}, {pairs[1][1]}, {arithmetic.left_shift}, "
        f"{program.map(result.name)}, {result.zero_point}, {pairs[2][0]}, {pairs[2][1]}, {arithmetic.minimum}, "
        f"{arithmetic.maximum}, {result.size});"
    )


def _reshape(program: Program, index: int, operator: Reshape) -> None:
    del index
    source, result = program.map(operator.inputs[0]), program.map(operator.output)
    program.calls.append(f"arm_memcpy_s8({result}, {source}, sizeof {result});")


def _softmax(program: Program, index: int, operator: Softmax) -> None:
    del index
    source, result = program.tensor(operator.inputs[0]), program.tensor(operator.output)
    multiplier, shift = quantize_multiplier(min(source.scale * (1 << _SOFTMAX_BITS), (1 << 31) - 1.0))
    radius = math.floor(_SOFTMAX_RADIUS * (1 << _SOFTMAX_BITS) / (1 << shift))
    program.calls.append(
        f"arm_softmax_s8({program.map(source.name)}, {source.height * source.width}, {source.channels}, {multiplier}, "
        f"{shift}, {-radius}, {program.map(result.name)});"
    )


_EMITTERS: dict[type, Callable[[Program, int, Any], None]] = {
    Conv2D: _convolution,
    DepthwiseConv2D: _convolution,
    FullyConnected: _dense,
    AveragePool2D: _pool,
    Add: _add,
    Reshape: _reshape,
    Softmax: _softmax,
}


def program_of(graph: Graph, machine: Machine, sources: Path, folder: Path, optimization: str) -> Path:
    """The ELF file that runs the network, in `folder`."""
    main = folder / "main.c"
    main.write_text(Program(graph).text())
    elf = folder / "firmware.elf"
    build(machine, [main, *library(sources)], [sources / "Include"], elf, (optimization, "-std=gnu99", "-w"))
    return elf


def measure(graph: Graph, machine: Machine, sources: Path, optimization: str) -> Counts:
    """One inference of the network as trained. Raises McugenError where the output is not the reference's."""
    image = random_images(graph.input_tensor, 1, 0)
    with tempfile.TemporaryDirectory(prefix="mcugen-") as folder:
        elf = program_of(graph, machine, sources, Path(folder), optimization)
        counted = profile(machine, elf, image.tobytes(), _TIMEOUT_S)
    if counted.result.check().blobs["output"] != reference.run(graph, image).astype(np.int8).tobytes():
        raise McugenError(f"{graph.name} on {machine.name}: CMSIS-NN's output is not the reference's")
    return next(lap for lap in counted.laps if _INFERENCE in lap.functions)


def board_times(graph: Graph, board: Board, sources: Path, optimization: str) -> tuple[float, float]:
    """Milliseconds of one inference without and with what the board's memories make the core wait."""
    machine, memory = MACHINES[find_target(board.target).machine], board.memory_system
    cycles = measure(graph, machine, sources, optimization).cycles
    if memory is None or cycles is None:
        raise McugenError(f"{board.name}: no model of its memories or its core")
    image = random_images(graph.input_tensor, 1, 0)
    with tempfile.TemporaryDirectory(prefix="mcugen-") as folder:
        laps = simulate_memories(
            machine,
            program_of(graph, machine, sources, Path(folder), optimization),
            [memory],
            inputs=image.tobytes(),
            stage_of=lambda function: -1 if function == "main" or function.startswith("mcu_") else 0,
            is_weight=lambda constant: constant.startswith("weights_"),
            timeout_s=_TIMEOUT_S,
        )[0]
    waits = max((lap[0] for lap in laps if 0 in lap), key=lambda stalls: stalls.instructions)
    return 1000 * cycles / board.clock_hz, 1000 * (cycles + waits.waits.cycles) / board.clock_hz


def library(sources: Path) -> list[Path]:
    """The library's files for integers; what is not called is not linked."""
    found = sorted((sources / "Source").rglob("*.c"))
    if not found:
        raise McugenError(f"{sources}: no CMSIS-NN", "a checkout of it, with the folders Source and Include")
    return [path for path in found if not path.stem.endswith(("_f16", "_f32")) and "flt" not in path.stem]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--sources", type=Path, required=True, help="a checkout of CMSIS-NN")
    parser.add_argument("--targets", default="cortex-m4,cortex-m7,cortex-m33,cortex-m55,cortex-m3,cortex-m0plus")
    parser.add_argument("--optimization", default="-O2", help="of the compiler, as --optimization=-O3")
    parser.add_argument("--boards", help="milliseconds on boards, without and with waiting for memories")
    options = parser.parse_args()
    if options.boards:
        print("| model | board | without waiting, ms | with it, ms |")
        print("| --- | --- | ---: | ---: |")
        for model in options.models:
            for board in map(find_board, options.boards.split(",")):
                graph = compile_model(model, target=board.target).imported
                without, whole = board_times(graph, board, options.sources, options.optimization)
                print(f"| {model.stem} | {board.name} | {without:.1f} | {whole:.1f} |", flush=True)
        return
    print("| model | core | MACs | instructions | a MAC | cycles |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for model in options.models:
        for target in options.targets.split(","):
            graph = compile_model(model, target=target).imported
            macs = graph_macs(graph)
            machine = MACHINES[find_target(target).machine]
            try:
                counts = measure(graph, machine, options.sources, options.optimization)
            except McugenError as error:
                raise SystemExit(f"{model.name}: {error}") from error
            cycles = "-" if counts.cycles is None else f"{counts.cycles / 1e6:.2f} M"
            taken = f"{counts.instructions / 1e6:.2f} M | {counts.instructions / macs:.2f}"
            print(f"| {model.stem} | {target} | {macs / 1e6:.2f} M | {taken} | {cycles} |", flush=True)


if __name__ == "__main__":
    main()
