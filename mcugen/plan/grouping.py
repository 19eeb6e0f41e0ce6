"""Candidates for the partition of the stages into groups.

Streaming stages together keeps rings instead of maps; running them one by one frees memory as early as possible. Which
cuts are best is estimated here, and decided by the exact schedule and placement of the candidates (`plan.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate

from mcugen.ir import Tensor
from mcugen.plan.stage import Stage

Groups = list[tuple[int, int]]

# In deeper nets not every cut is tried: what is gained by streaming together is gained among the first, large maps.
_ALL_CUTS = 64
_PREFIXES_OF_DEEP_NETS = 24
_LONGEST_GROUP_OF_DEEP_NETS = 24


def candidate_groups(
    stages: Sequence[Stage], source: Tensor, *, handed: Collection[str] = (), resident: bool = False
) -> list[Groups]:
    """Partitions worth an exact evaluation: the one that minimizes the largest estimated group, by dynamic programming,
    and the first k stages streamed together and the rest one by one, for every k, or for some of a deep net. handed,
    resident: as of `schedule.simulate`."""
    count = len(stages)
    singles = [(i, i) for i in range(count)]
    candidates = [[(0, k), *singles[k + 1 :]] for k in _prefixes(count)]
    candidates.append(_smallest_largest(stages, _Estimate(stages, source, handed, resident)))
    return candidates


def _prefixes(count: int) -> list[int]:
    """The last stages of the first groups to try: all, or some whose distance grows with their depth."""
    if count <= _ALL_CUTS:
        return list(range(count))
    tried = _PREFIXES_OF_DEEP_NETS
    return sorted({round(count ** (i / (tried - 1))) - 1 for i in range(tried)})


def _smallest_largest(stages: Sequence[Stage], estimate: _Estimate) -> Groups:
    longest = len(stages) if len(stages) <= _ALL_CUTS else _LONGEST_GROUP_OF_DEEP_NETS
    best: list[tuple[int, int, int]] = [(0, 0, -1)]
    for end in range(len(stages)):
        options = []
        for begin in range(max(end + 1 - longest, 0), end + 1):
            largest = max(best[begin][0], estimate.bytes(begin, end))
            # Among equals the partition with more groups: fewer rows in flight, simpler code.
            options.append((largest, best[begin][1] - 1, begin))
        best.append(min(options))
    groups: Groups = []
    end = len(stages)
    while end > 0:
        begin = best[end][2]
        groups.append((begin, end - 1))
        end = begin
    return groups[::-1]


class _Estimate:
    def __init__(self, stages: Sequence[Stage], source: Tensor, handed: Collection[str], resident: bool) -> None:
        self.stages = stages
        self.tensors = {source.name: source} | {stage.output.name: stage.output for stage in stages}
        self.fed = "" if resident else source.name
        self.born = {source.name: -1} | {stage.output.name: stage.index for stage in stages}
        self.last = dict.fromkeys(self.tensors, len(stages))
        for stage in stages:
            for tensor in stage.inputs:
                self.last[tensor.name] = stage.index
        self.last |= {name: self.born[name] for name in handed}
        # extra_rows[i]: rows that the windows of the stages before i read beside one another, in all.
        self.extra_rows = [0, *accumulate(_window_rows(stage) - 1 for stage in stages)]
        self.written = {stage.index: stage.output.name for stage in stages}
        # carried[i]: written before stage i, read by it or later.
        self.carried: list[list[str]] = [[] for _ in stages]
        for name in self.tensors:
            for index in range(self.born[name] + 1, min(self.last[name] + 1, len(stages))):
                self.carried[index].append(name)

    def bytes(self, begin: int, end: int) -> int:
        """Estimated bytes that live while stages begin..end run together."""
        total, inputs, outputs = 0, 0, 0
        for name in (*self.carried[begin], *(self.written[index] for index in range(begin, end + 1))):
            tensor = self.tensors[name]
            born, last = self.born[name], self.last[name]
            if (name == self.fed and begin == 0) or (begin <= born and last <= end):
                rows = 1 + self.extra_rows[min(last + 1, len(self.stages))] - self.extra_rows[born + 1]
                if born < end:
                    total += min(rows, tensor.height) * tensor.width * tensor.channels
            elif born < begin and last > end:
                total += tensor.size
            elif born < begin <= last:
                inputs += tensor.size
            elif begin <= born <= end < last:
                outputs += tensor.size
        # Output rows are laid over input rows that were read for the last time.
        return total + max(inputs, outputs) + min(inputs, outputs) // 8


def _window_rows(stage: Stage) -> int:
    return max(last - first + 1 for y in range(stage.output.height) for first, last in stage.rows_read(y))
