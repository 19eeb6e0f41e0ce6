"""The floor of a stage: what no kernel of one load, one multiply-accumulate a time can go below.

    floor = MACs / 2 + words            of 4 bytes; SMLAD
    floor = MACs / 16 + words           of 16 bytes, on cores with Helium; VMLADAVA

One SMLAD does two multiply-accumulates, one VMLADAVA 16. Every weight and bias, every input value must be loaded at
least once, and every output value stored once; a word holds int8 values and int32 biases. Counted are the channels that
remain after constant ones are removed. Loop counters, requantization and values that are loaded more than once, because
registers are few, are what a kernel needs beyond that. It is a yardstick and not a strict bound: LDM and LDRD bring
several words in one instruction, and cores without SMLAD are measured by it all the same, since the packed kernels of
mcugen do two multiply-accumulates with one multiplication there.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.ir import Graph
from mcugen.kernels import FALLBACK, find_family
from mcugen.kernels.family import Yardstick
from mcugen.plan.live import live_channels, live_macs, live_parameters
from mcugen.plan.stage import Stage
from mcugen.targets import Target


def yardstick(target: Target) -> Yardstick:
    """The yardstick of a core: of the kernels that it prefers."""
    return find_family(target.families[0].name if target.families else FALLBACK.name).yardstick


@dataclass(frozen=True)
class Floor:
    """macs: that remain after optimization. words: loaded or stored at least once."""

    macs: int
    words: int
    yardstick: Yardstick

    @property
    def instructions(self) -> int:
        """The floor."""
        return -(-self.macs // self.yardstick.macs) + self.words

    @property
    def intensity(self) -> float:
        """Multiply-accumulates per word that must be moved."""
        return self.macs / self.words


def stage_floor(stage: Stage, graph: Graph, measure: Yardstick) -> Floor:
    """The floor of one stage of an optimized graph."""
    macs = sum(live_macs(op, graph) for op in stage.operators)
    values = sum(tensor.height * tensor.width * live_channels(tensor) for tensor in (*stage.inputs, stage.output))
    parameters = sum(live_parameters(op, graph) for op in stage.operators)
    biases = sum(live_channels(graph.tensors[op.output]) for op in stage.operators if live_parameters(op, graph))
    words = -(-(values + parameters - biases) // measure.word_bytes) + -(-4 * biases // measure.word_bytes)
    return Floor(macs, words, measure)
