"""The time of an inference on a board: cycles of its core, and those that its memories make it wait."""

from mcugen.waiting.board_time import BoardTime
from mcugen.waiting.predict import WaitPredictor

__all__ = ["BoardTime", "WaitPredictor"]
