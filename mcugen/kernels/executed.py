"""How many instructions a call of a function in assembly executes, from its lines: no table has to know kernels whose
loops run a known number of times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_TEXT = re.compile(r'\s*"([^"\\]+)\\n"')
_LABEL = re.compile(r"(\d+):")
_BRANCH = re.compile(r"(?:b(?:eq|ne|cs|cc|mi|pl|hs|lo|hi|ls|ge|lt|gt|le|l|x|lx)?|cbn?z|le)\s")
_BACK = re.compile(r"(?:b\w*|le\s+lr,)\s+(\d+)b")


def executed(lines: Iterable[str], turns: Sequence[float]) -> float:
    """Instructions of one call. lines: as `Assembly` writes them. turns: of each loop each time that it is entered, in
    the order of their labels.

    All branches have to go back: a loop reaches from a label to the branch to it. Raises ValueError for others, and
    where there are not as many loops.
    """
    texts = [match[1] for line in lines if (match := _TEXT.match(line))]
    counts = [0.0 if _LABEL.fullmatch(text) else 1.0 for text in texts]
    begins = {label[1]: i for i, text in enumerate(texts) if (label := _LABEL.fullmatch(text))}
    if len(begins) != len(turns):
        raise ValueError(f"{len(begins)} loops, not {len(turns)}")
    times = dict(zip(begins, turns, strict=True))
    for position, text in enumerate(texts):
        if not _BRANCH.match(text):
            continue
        back = _BACK.fullmatch(text)
        if back is None or begins[back[1]] > position:
            raise ValueError(f"a branch that does not go back: {text}")
        for inside in range(begins[back[1]], position):
            counts[inside] *= times[back[1]]
        counts[position] *= times[back[1]]
    return sum(counts)
