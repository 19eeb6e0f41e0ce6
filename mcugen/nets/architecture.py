"""The nets that there are, by name, without torch.

The torch modules (`modules`) and the cost model (`costs`) are both made of this description, so neither can disagree
with the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mcugen.diagnostics import McugenError
from mcugen.nets import mobilenets
from mcugen.nets.builder import Builder
from mcugen.nets.layers import Architecture

BASE_SIZE = 224
"""Side of the images of the papers; rho multiplies it."""

_BUILDERS: dict[str, Callable[[Builder], None]] = {
    "mobilenet_v1": mobilenets.v1,
    "mobilenet_v1_shallow": mobilenets.v1_shallow,
    "mobilenet_v1_full": mobilenets.v1_full,
    "mobilenet_v2": mobilenets.v2,
    "mobilenet_v3_small": mobilenets.v3_small,
    "mobilenet_v3_large": mobilenets.v3_large,
}

NETS: Mapping[str, str] = {
    "mobilenet_v1": "MobileNetV1: depthwise-separable convolutions",
    "mobilenet_v1_shallow": "MobileNetV1 without its five 512-channel blocks of stride 1",
    "mobilenet_v1_full": "MobileNetV1 with full 3x3 convolutions instead of separable ones",
    "mobilenet_v2": "MobileNetV2: inverted residuals with linear bottlenecks",
    "mobilenet_v3_small": "MobileNetV3-Small: squeeze and excite, hard swish",
    "mobilenet_v3_large": "MobileNetV3-Large: squeeze and excite, hard swish",
}
"""Names of nets, each with what it is."""


def architecture(
    name: str,
    *,
    alpha: float = 1.0,
    rho: float = 1.0,
    size: int | tuple[int, int] = BASE_SIZE,
    in_chans: int = 3,
    num_classes: int = 1000,
    min_depth: int = 1,
) -> Architecture:
    """A net of `NETS`.

    alpha: width multiplier. rho: resolution multiplier, on `size`, rounded to whole pixels. size: side of the image,
    or (height, width). in_chans: channels of the image. min_depth: least channels of a layer; 1 as Keras has it, 8 as
    TF-slim does (MobileNetV2 and V3 have multiples of 8 at any rate). Raises McugenError for values that make no net.
    """
    if name not in _BUILDERS:
        raise McugenError(f"there is no net {name!r}", f"nets are {', '.join(_BUILDERS)}")
    for option, value in (("alpha", alpha), ("rho", rho)):
        if not 0 < value <= 16:
            raise McugenError(f"{option} is {value:g}; it must be greater than 0, and no more than 16")
    height, width = (size, size) if isinstance(size, int) else size
    height, width = round(height * rho), round(width * rho)
    for option, count in (
        ("height", height),
        ("width", width),
        ("in_chans", in_chans),
        ("num_classes", num_classes),
        ("min_depth", min_depth),
    ):
        if count < 1:
            raise McugenError(f"{option} is {count}; it must be at least 1")
    net = Builder((height, width, in_chans), alpha=alpha, num_classes=num_classes, min_depth=min_depth)
    _BUILDERS[name](net)
    options = {
        "alpha": alpha,
        "size": (height, width),
        "in_chans": in_chans,
        "num_classes": num_classes,
        "min_depth": min_depth,
    }
    return Architecture(name, options, tuple(net.blocks))
