"""upsample_nearest2d and upsample_bilinear2d, which is how torch.nn.Upsample and interpolate are exported."""

from __future__ import annotations

import numpy as np

from mcugen.frontend.onnx.nodes import Attribute
from mcugen.frontend.torch.call import Call
from mcugen.frontend.torch.translation import Translation


def upsample_nearest2d(out: Translation, call: Call) -> None:
    """upsample_nearest2d to a size or by factors."""
    _resize(out, call, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def upsample_bilinear2d(out: Translation, call: Call) -> None:
    """upsample_bilinear2d to a size or by factors, corners aligned or not."""
    aligned = bool(call.arguments["align_corners"])
    coordinates = "align_corners" if aligned else "pytorch_half_pixel"
    _resize(out, call, mode="linear", coordinate_transformation_mode=coordinates)


def _resize(out: Translation, call: Call, **attributes: Attribute) -> None:
    source = call.operand("input" if "input" in call.arguments else "self")
    factors = call.reals("scale_factors")
    if factors:
        scales = out.constant(call, "scales", np.array((1, 1, *factors), np.float32))
        out.emit(call, "Resize", [source.name, "", scales], **attributes)
    else:
        sizes = out.constant(call, "sizes", np.array(call.dims, np.int64))
        out.emit(call, "Resize", [source.name, "", "", sizes], **attributes)
