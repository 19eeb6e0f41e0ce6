"""What a file records of a net beside the net: pixels, task, camera."""

from __future__ import annotations

from collections.abc import Mapping

from mcugen.frontend.recorded_camera import KEY as CAMERA_KEY
from mcugen.frontend.recorded_camera import with_recorded_camera
from mcugen.frontend.recorded_pixels import KEY as PIXELS_KEY
from mcugen.frontend.recorded_pixels import with_recorded_pixels
from mcugen.frontend.recorded_task import KEY as TASK_KEY
from mcugen.frontend.recorded_task import with_recorded_task
from mcugen.ir import Graph

KEYS = (PIXELS_KEY, TASK_KEY, CAMERA_KEY)


def with_records(graph: Graph, records: Mapping[str, str], where: str) -> Graph:
    """The graph with what its file says. records: by KEYS, "" or absent where it says nothing. Raises McugenError
    beginning with `where` for what makes no sense."""
    graph = with_recorded_pixels(graph, records.get(PIXELS_KEY, ""), where)
    graph = with_recorded_task(graph, records.get(TASK_KEY, ""), where)
    return with_recorded_camera(graph, records.get(CAMERA_KEY, ""), where)
