"""Budgets of RAM and flash: by how much a model is over, and which layer binds."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.analysis import Analysis
from mcugen.compiler import Compiled
from mcugen.plan.plan import StagePlan


@dataclass(frozen=True)
class Overrun:
    """resource: "ram" or "flash". needed, allowed: bytes. layer: that binds. reason: why it is that one, for people."""

    resource: str
    needed: int
    allowed: int
    layer: str
    reason: str

    @property
    def message(self) -> str:
        """One line: by how much, and which layer binds."""
        kind = {"ram": "RAM", "flash": "flash"}[self.resource]
        over = self.needed - self.allowed
        return (
            f"{kind}: {self.needed:,} bytes are {over:,} over the budget of {self.allowed:,}; "
            f"{self.layer} binds: {self.reason}"
        )


def overruns(compiled: Compiled, costs: Analysis, max_ram: int | None, max_flash: int | None) -> list[Overrun]:
    """The budgets that are exceeded, RAM first. max_ram, max_flash: bytes, None for no budget."""
    found = []
    if max_ram is not None and costs.ram_bytes > max_ram:
        peak = costs.peak
        layer = "the image's rows" if peak.stage is None else stage_name(compiled.plan.stages[peak.stage])
        largest = ", ".join(f"{name} {size:,}" for name, size in costs.peak_parts[:2])
        reason = f"{peak.bytes:,} bytes are alive when it writes row {peak.row} ({largest})"
        found.append(Overrun("ram", costs.ram_bytes, max_ram, layer, reason))
    if max_flash is not None and costs.flash_bytes > max_flash:
        heaviest = costs.heaviest
        reason = f"it has the most weights, {heaviest.live_parameters:,}"
        found.append(Overrun("flash", costs.flash_bytes, max_flash, heaviest.name, reason))
    return found


def stage_name(planned: StagePlan) -> str:
    """The names of a stage's layers."""
    return " + ".join(op.name for op in planned.stage.operators)
