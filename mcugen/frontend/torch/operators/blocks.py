"""pixel_shuffle and pixel_unshuffle: channels become blocks of pixels and back."""

from __future__ import annotations

import numpy as np

from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def pixel_shuffle(out: Translation, call: Call) -> None:
    """pixel_shuffle."""
    size = call.integer("upscale_factor")
    out.emit(call, "DepthToSpace", [call.operand("self").name], blocksize=size, mode="CRD")


def pixel_unshuffle(out: Translation, call: Call) -> None:
    """pixel_unshuffle, which orders channels before places in the block, where ONNX does the reverse."""
    source, size = call.operand("self"), call.integer("downscale_factor")
    channels = source.dims[-3]
    if channels == 1:
        out.emit(call, "SpaceToDepth", [source.name], blocksize=size)
        return
    blocks = out.emit_inner(call, "blocks", "SpaceToDepth", [source.name], blocksize=size)
    order = np.arange(channels * size * size).reshape(size * size, channels).T.reshape(-1)
    out.emit(call, "Gather", [blocks, out.constant(call, "order", order)], axis=1)
