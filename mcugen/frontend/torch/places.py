"""Where in the user's model a call stands, from what torch recorded of it."""

from __future__ import annotations

import re
from pathlib import PurePath, PureWindowsPath

_FRAME = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+), in [^\n]*\n\s*(?P<code>[^\n]*)')
_OF_TORCH = re.compile(r"[/\\](torch|torchao)[/\\]")
_LONGEST_CODE = 80


def describe(operator: str, module: str, stack_trace: str) -> str:
    """ "sigmoid 'head.gate' (net.py, line 12: y = torch.sigmoid(y))": as much as is known.

    The line is the innermost one outside of torch's own files.
    """
    place = f"{operator} '{module}'"
    frames = [frame for frame in _FRAME.finditer(stack_trace) if not _OF_TORCH.search(frame["file"])]
    if not frames:
        return place
    frame = frames[-1]
    kind = PureWindowsPath if "\\" in frame["file"] else PurePath
    code = frame["code"].strip()
    code = code if len(code) <= _LONGEST_CODE else f"{code[:_LONGEST_CODE]}..."
    return f"{place} ({kind(frame['file']).name}, line {frame['line']}: {code})"
