"""The floor of a stage: what no kernel of scalar loads and SMLAD can go below.

    floor = MACs / 2 + words

One SMLAD does two multiply-accumulates. Every weight and bias, every input value must be loaded at least once, and
every output value stored once; a word holds four int8 values (one int32 bias). Counted are the channels that remain
after constant ones are removed. Loop counters, requantization and values that are loaded more than once, because
registers are few, are what a kernel needs beyond that. It is a yardstick and not a strict bound: LDM and LDRD bring
several words in one instruction, and cores without SMLAD are measured by it all the same, since the packed kernels of
mcugen do two multiply-accumulates with one multiplication there.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.ir import Graph
from mcugen.plan.live import live_channels, live_macs, live_parameters
from mcugen.plan.stage import Stage

MACS_PER_INSTRUCTION = 2.0


@dataclass(frozen=True)
class Floor:
    """macs: that remain after optimization. words: of 4 bytes, loaded or stored at least once."""

    macs: int
    words: int

    @property
    def instructions(self) -> int:
        """The floor."""
        return -(-self.macs // 2) + self.words

    @property
    def intensity(self) -> float:
        """Multiply-accumulates per word that must be moved."""
        return self.macs / self.words


def stage_floor(stage: Stage, graph: Graph) -> Floor:
    """The floor of one stage of an optimized graph."""
    macs = sum(live_macs(op, graph) for op in stage.operators)
    values = sum(tensor.height * tensor.width * live_channels(tensor) for tensor in (*stage.inputs, stage.output))
    parameters = sum(live_parameters(op, graph) for op in stage.operators)
    biases = sum(live_channels(graph.tensors[op.output]) for op in stage.operators if live_parameters(op, graph))
    return Floor(macs, -(-(values + parameters - biases) // 4) + biases)


def roof(intensity: float) -> float:
    """Multiply-accumulates per instruction at the floor, of a stage of this intensity."""
    return 1.0 / (1.0 / MACS_PER_INSTRUCTION + 1.0 / intensity)
