"""The host's side of the firmware's serial protocol (docs/protocol.md)."""

from mcugen.link.board import BoardLink, Cost, ModelInfo, open_board
from mcugen.link.errors import LinkError

__all__ = ["BoardLink", "Cost", "LinkError", "ModelInfo", "open_board"]
