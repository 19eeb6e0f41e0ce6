"""What a model costs, before anything is compiled or flashed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mcugen.codegen.code_size import estimate_code_bytes
from mcugen.compiler import Compiled
from mcugen.ir import Graph, Operator
from mcugen.plan.live import graph_live_macs, graph_live_parameters, live_channels, live_macs, live_parameters
from mcugen.plan.macs import graph_macs, graph_parameters
from mcugen.plan.occupancy import Peak, arena_peak
from mcugen.plan.prediction import Prediction, predict
from mcugen.plan.weight_reads import layer_weight_reads
from mcugen.schemas.costs import LayerCost


@dataclass(frozen=True)
class Analysis:
    """Costs of the whole model.

    ram_bytes: sizeof the context, all the RAM that the library has. weight_bytes, constant_bytes: tables in flash,
    exact. code_bytes: bytes of code, estimated. peak: where the arena is fullest. heaviest: the layer with most
    weights. weight_reads: how often an inference reads a weight, on average. tensor_layers: by tensor name, the layer
    that writes it. prediction: instructions and cycles on the target, None for a target that was not measured.
    """

    macs: int
    live_macs: int
    parameters: int
    live_parameters: int
    ram_bytes: int
    arena_bytes: int
    weight_bytes: int
    constant_bytes: int
    code_bytes: int
    layers: tuple[LayerCost, ...]
    peak: Peak
    heaviest: LayerCost
    weight_reads: float
    tensor_layers: Mapping[str, str]
    prediction: Prediction | None

    @property
    def peak_items(self) -> tuple[tuple[str, int], ...]:
        """What is alive at the peak, in the names of layers, and the bytes of each, largest first."""
        tensors = [(self.tensor_layers[name], size) for name, size in self.peak.tensors]
        others = [("rows that rings share", self.peak.shared), ("columns", self.peak.columns)]
        return tuple(sorted(tensors + [item for item in others if item[1]], key=lambda item: -item[1]))

    @property
    def flash_bytes(self) -> int:
        """Constants, exact, and code, estimated."""
        return self.constant_bytes + self.code_bytes


def analyze(compiled: Compiled) -> Analysis:
    """The costs of a compiled model."""
    imported, optimized = compiled.imported, compiled.optimized
    remaining = {op.name: op for op in optimized.operators}
    reads = layer_weight_reads(compiled.plan)
    layers = tuple(
        _layer(imported, optimized, op, remaining.get(op.name), reads.get(op.name, 0)) for op in imported.operators
    )
    read = sum(layer.weight_reads * layer.live_parameters for layer in layers)
    return Analysis(
        macs=graph_macs(imported),
        live_macs=graph_live_macs(optimized),
        parameters=graph_parameters(imported),
        live_parameters=graph_live_parameters(optimized),
        ram_bytes=compiled.library.context_bytes,
        arena_bytes=compiled.plan.arena_bytes,
        weight_bytes=compiled.library.weight_bytes,
        constant_bytes=compiled.library.constant_bytes,
        code_bytes=estimate_code_bytes(compiled.library),
        layers=layers,
        peak=arena_peak(compiled.plan),
        heaviest=max(layers, key=lambda layer: layer.live_parameters),
        weight_reads=read / max(1, sum(layer.live_parameters for layer in layers)),
        tensor_layers={optimized.input: "image"} | {op.output: op.name for op in optimized.operators},
        prediction=predict(compiled.plan),
    )


def _layer(imported: Graph, optimized: Graph, op: Operator, live: Operator | None, reads: float) -> LayerCost:
    output = imported.tensors[op.output]
    return LayerCost(
        name=op.name,
        kind=type(op).__name__,
        source=op.source,
        input_shapes=tuple(imported.tensors[name].shape for name in op.inputs),
        output_shape=output.shape,
        macs=op.macs(output),
        live_macs=live_macs(live, optimized) if live is not None else 0,
        parameters=op.parameters,
        live_parameters=live_parameters(live, optimized) if live is not None else 0,
        weight_reads=reads,
        dead_channels=output.channels - live_channels(optimized.tensors[op.output]) if live is not None else 0,
    )
