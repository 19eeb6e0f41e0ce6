"""What can go wrong between host and board."""

from mcugen.diagnostics import McugenError


class LinkError(McugenError):
    """The line is closed, silent or too noisy, the board was reset, or it answered with an error."""
