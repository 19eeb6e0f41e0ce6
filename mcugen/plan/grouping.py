"""Candidates for the partition of the stages into groups.

Streaming stages together keeps rings instead of maps; running them one by one frees memory as early as possible. Which
cuts are best is estimated here, and decided by the exact schedule and placement of the candidates (`plan.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from mcugen.ir import Tensor
from mcugen.plan.stage import Stage

Groups = list[tuple[int, int]]


def candidate_groups(stages: Sequence[Stage], source: Tensor, *, resident: bool = False) -> list[Groups]:
    """Partitions worth an exact evaluation: the one that minimizes the largest estimated group, by dynamic programming,
    and for every k the first k stages streamed together and the rest one by one."""
    count = len(stages)
    singles = [(i, i) for i in range(count)]
    candidates = [[(0, k), *singles[k + 1 :]] for k in range(count)]
    candidates.append(_smallest_largest(stages, source, resident))
    return candidates


def _smallest_largest(stages: Sequence[Stage], source: Tensor, resident: bool) -> Groups:
    estimate = _Estimate(stages, source, resident)
    best: list[tuple[int, int, int]] = [(0, 0, -1)]
    for end in range(len(stages)):
        options = []
        for begin in range(end + 1):
            largest = max(best[begin][0], estimate.bytes(begin, end))
            # Among equals the partition with more groups: fewer rows in flight, simpler code.
            options.append((largest, best[begin][1] - 1, begin))
        best.append(min(options))
    groups: Groups = []
    end = len(stages)
    while end > 0:
        begin = best[end][2]
        groups.insert(0, (begin, end - 1))
        end = begin
    return groups


class _Estimate:
    def __init__(self, stages: Sequence[Stage], source: Tensor, resident: bool) -> None:
        self.stages = stages
        self.tensors = {source.name: source} | {stage.output.name: stage.output for stage in stages}
        self.fed = "" if resident else source.name
        self.born = {source.name: -1} | {stage.output.name: stage.index for stage in stages}
        self.last = dict.fromkeys(self.tensors, len(stages))
        for stage in stages:
            for tensor in stage.inputs:
                self.last[tensor.name] = stage.index
        self.extra_rows = [_window_rows(stage) - 1 for stage in stages]

    def bytes(self, begin: int, end: int) -> int:
        """Estimated bytes that live while stages begin..end run together."""
        total, inputs, outputs = 0, 0, 0
        for name, tensor in self.tensors.items():
            born, last = self.born[name], self.last[name]
            if (name == self.fed and begin == 0) or (begin <= born and last <= end):
                rows = 1 + sum(self.extra_rows[max(born + 1, 0) : last + 1])
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
