"""Messages about exceeded budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcugen.cli.errors import complain

if TYPE_CHECKING:
    from mcugen.budget import Overrun


def complain_of_budgets(over: Sequence[Overrun]) -> None:
    """One line on stderr for each exceeded budget."""
    for overrun in over:
        complain(f"over budget: {overrun.message}")
