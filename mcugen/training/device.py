"""Where a net is trained. Importing this file imports torch."""

from __future__ import annotations

import torch

from mcugen.diagnostics import McugenError


def find_device(name: str, amp: bool) -> str:
    """The device of this name in torch's words; "auto" is a GPU where there is one.

    amp: whether it is to compute in bfloat16. Raises McugenError for one that is not here, or cannot.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise McugenError(f"there is no kind of device {name!r}", "devices are auto, cpu, cuda and cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise McugenError(f"nets are not trained on {name}", "devices are auto, cpu, cuda and cuda:N")
    if device.type == "cuda" and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()):
        raise McugenError(f"there is no device {name!r} here", "leave --device away, or name cpu or auto")
    if amp and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise McugenError("this GPU does not compute in bfloat16", "leave --amp away")
    return name
