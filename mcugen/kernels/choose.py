"""Which kernel each stage gets on a target."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mcugen.ir import Graph
from mcugen.kernels import FALLBACK, find_family
from mcugen.kernels.family import Kernel, Request
from mcugen.passes.intervals import Intervals
from mcugen.plan.buffer import Layout, choose_layout
from mcugen.plan.epilogue import Epilogue
from mcugen.plan.stage import Stage
from mcugen.targets import Target
from mcugen.targets.target import FamilyUse


@dataclass(frozen=True)
class Choice:
    """kernel: of a stage, None where it is no convolution. refused: families that come before the kernel's, by name,
    and why each did not take the stage."""

    kernel: Kernel | None
    refused: tuple[tuple[str, str], ...]


def choose_kernels(
    graph: Graph,
    stages: Sequence[Stage],
    epilogues: Mapping[str, Epilogue],
    intervals: Intervals,
    target: Target,
) -> tuple[list[Choice], dict[str, Layout]]:
    """The kernel of each stage, of the first of the target's families that takes it, and the layout of each tensor.
    epilogues: of portable code, by operator."""
    # What no other family takes is portable code.
    uses = [*target.families, FamilyUse(FALLBACK.name)]
    interleaving = any(find_family(use.name).interleaved for use in uses)
    kernels: dict[int, Kernel] = {}
    refused: dict[int, list[tuple[str, str]]] = {stage.index: [] for stage in stages}
    interleaved: set[str] = set()
    layouts = _layouts(graph, interleaved if interleaving else None)
    for use in uses:
        family = find_family(use.name)
        asked = [s for s in stages if s.is_convolution and s.index not in kernels]
        answers = family.select(Request(graph, asked, layouts, epilogues, intervals, target, use.variant))
        for stage, answer in zip(asked, answers, strict=True):
            if isinstance(answer, str):
                refused[stage.index].append((family.name, answer))
                continue
            kernels[stage.index] = answer
            if family.interleaved and stage.depthwise is not None:
                interleaved.add(stage.depthwise.name)
        layouts = _layouts(graph, interleaved if interleaving else None)
    return [Choice(kernels.get(stage.index), tuple(refused[stage.index])) for stage in stages], layouts


def _layouts(graph: Graph, interleaved: Collection[str] | None) -> dict[str, Layout]:
    return {name: choose_layout(graph, name, interleaved) for name in graph.tensors}
