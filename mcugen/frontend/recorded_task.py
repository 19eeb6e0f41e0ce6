"""What a net was trained to tell of an image, as its file records it."""

from __future__ import annotations

from dataclasses import replace

from mcugen.diagnostics import McugenError
from mcugen.ir import TASKS, Graph

KEY = "mcugen.task"
"""Of the metadata of an ONNX model, and name of an extra file of a .pt2."""


def with_recorded_task(graph: Graph, text: str, where: str) -> Graph:
    """The graph with what its file says of its task, "" where it says nothing; raises McugenError beginning with
    `where` for a task that there is not."""
    if text not in ("", *TASKS):
        raise McugenError(f"{where}: its {KEY} is {text[:40]!r}", f"it is {' or '.join(TASKS)}, or there is none")
    return replace(graph, task=text)
