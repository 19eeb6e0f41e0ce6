"""What commands tell of the objects that a library finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcugen.cli.console import counted, thousands

if TYPE_CHECKING:
    from rich.table import Table

    from mcugen.compiler import Compiled
    from mcugen.schemas.validate import ValidateOutput


def detector_line(compiled: Compiled) -> str:
    """What there is of a detector, for people; "" without one."""
    from mcugen.codegen.detection import detector_bytes

    detector = compiled.library.detector
    if detector is None:
        return ""
    classes = "1 class" if detector.classes == 1 else f"{thousands(detector.classes)} classes"
    return (
        f"detector: {detector.height}x{detector.width} cells, {classes} of objects; "
        f"{thousands(detector_bytes(detector))} bytes besides the RAM above"
    )


def add_detection_row(table: Table, outcome: ValidateOutput) -> None:
    """Whether the C finds the reference's objects; nothing where it was not asked to."""
    from msgspec import UNSET

    detection = outcome.detection
    if detection is UNSET:
        return
    verdict = "[green]equal[/]" if detection.exact else "[red]differ[/]"
    cost = "" if detection.instructions is None else f", at most {thousands(detection.instructions)} instructions a map"
    objects = f"{counted(detection.objects, 'object')} in {counted(detection.maps, 'map')}"
    table.add_row("detections", f"{verdict}: {objects}{cost}")
