"""Where in the user's model a call stands, from what torch recorded of it."""

from __future__ import annotations

import re
from pathlib import PurePath, PureWindowsPath

_FRAME = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+), in [^\n]*\n\s*(?P<code>[^\n]*)')
_OF_TORCH = re.compile(r"[/\\](torch|torchao)[/\\]")
_LONGEST_CODE = 80


def describe(operator: str, module: str, stack_trace: str) -> str:
    """ "sigmoid 'head.gate' (net.py, line 12)": as much as is known.

    The line is the innermost one outside of torch's own files.
    """
    place = f"{operator} '{module}'"
    frame = _users_frame(stack_trace)
    if frame is None:
        return place
    kind = PureWindowsPath if "\\" in frame["file"] else PurePath
    return f"{place} ({kind(frame['file']).name}, line {frame['line']})"


def code(stack_trace: str) -> str:
    """The text of that line, " in 'y = torch.sigmoid(y)'", "" where it is not known."""
    frame = _users_frame(stack_trace)
    text = "" if frame is None else frame["code"].strip()
    return f", in '{text if len(text) <= _LONGEST_CODE else text[:_LONGEST_CODE] + '...'}'" if text else ""


def _users_frame(stack_trace: str) -> re.Match[str] | None:
    frames = [frame for frame in _FRAME.finditer(stack_trace) if not _OF_TORCH.search(frame["file"])]
    return frames[-1] if frames else None
