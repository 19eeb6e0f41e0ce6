"""An estimate of the stack that an inference needs, from the library's text, before any compiler has seen it."""

from __future__ import annotations

import re

from mcugen.codegen.library import Library

# Return addresses, saved registers, arguments and spilled values of the deepest calls. The most that the emulator has
# measured beyond arrays at -O2 is 604 bytes, on Xtensa.
_FRAMES = 768
_ARRAY = re.compile(r"^    int8_t \w+\[(\d+)\](?:\[(\d+)\])?;$", re.MULTILINE)


def estimate_stack_bytes(library: Library) -> int:
    """Bytes of stack that NAME_invoke needs below its caller, estimated high; `mcugen validate --on qemu` measures it.

    Only functions that do not call each other have arrays, so that the largest counts.
    """
    arrays = (int(rows) * int(row or 1) for text in library.files.values() for rows, row in _ARRAY.findall(text))
    return _FRAMES + max(arrays, default=0)
