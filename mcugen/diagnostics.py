"""Errors that people read: one line that says where, what is wrong, and what to do."""

from __future__ import annotations


class McugenError(Exception):
    """Base of every error that the command line prints as one line without a traceback.

    message: what is wrong and where. hint: what the user can do, may be empty.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message = message
        self.hint = hint


class ModelFormatError(McugenError):
    """The model file is damaged or is not of the format that its name says."""


class UnsupportedModelError(McugenError):
    """The model is sound but holds something that mcugen does not compile."""
