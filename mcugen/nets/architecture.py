"""The nets that there are, by name, without torch.

The torch modules (`modules`) and the cost model (`costs`) are both made of this description, so neither can disagree
with the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mcugen.diagnostics import McugenError
from mcugen.nets import mobilenets, tiny
from mcugen.nets.builder import Builder
from mcugen.nets.fomo import STRIDES, fomo
from mcugen.nets.layers import Architecture

BASE_SIZE = 224
"""Side of the images of the papers; rho multiplies it."""

_FOMO_CUT = 8


@dataclass(frozen=True)
class _Net:
    """what: it is. build: it. size, in_chans, num_classes: what it has where nothing else is asked for; num_classes
    None: as many as channels."""

    what: str
    build: Callable[[Builder], None]
    size: tuple[int, int] = (BASE_SIZE, BASE_SIZE)
    in_chans: int = 3
    num_classes: int | None = 1000


_MOBILENETS = {
    "mobilenet_v1": _Net("MobileNetV1: depthwise-separable convolutions", mobilenets.v1),
    "mobilenet_v1_shallow": _Net("MobileNetV1 without its five 512-channel blocks of stride 1", mobilenets.v1_shallow),
    "mobilenet_v1_full": _Net("MobileNetV1 with full 3x3 convolutions instead of separable ones", mobilenets.v1_full),
    "mobilenet_v2": _Net("MobileNetV2: inverted residuals with linear bottlenecks", mobilenets.v2),
    "mobilenet_v3_small": _Net("MobileNetV3-Small: squeeze and excite, hard swish", mobilenets.v3_small),
    "mobilenet_v3_large": _Net("MobileNetV3-Large: squeeze and excite, hard swish", mobilenets.v3_large),
}
_TINY = {
    "ds_cnn": _Net("DS-CNN of MLPerf Tiny: keyword spotting", tiny.ds_cnn, (49, 10), 1, 12),
    "resnet8": _Net("ResNet8 of MLPerf Tiny: image classification", tiny.resnet8, (32, 32), 3, 10),
    "fc_autoencoder": _Net(
        "Dense autoencoder of MLPerf Tiny: anomaly detection; not trained by mcugen",
        tiny.fc_autoencoder,
        (1, 1),
        640,
        None,
    ),
}
_TRUNKS = {
    f"{name}_fomo": name for name in ("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large")
}

NETS: Mapping[str, str] = MappingProxyType(
    {
        **{name: net.what for name, net in {**_MOBILENETS, **_TINY}.items()},
        **{
            name: f"{_MOBILENETS[trunk].what.partition(':')[0]}, cut, a class at every position: train --task detect"
            for name, trunk in _TRUNKS.items()
        },
    }
)
"""Names of nets, each with what it is."""


def architecture(
    name: str,
    *,
    alpha: float = 1.0,
    rho: float = 1.0,
    size: int | tuple[int, int] | None = None,
    in_chans: int | None = None,
    num_classes: int | None = None,
    min_depth: int = 1,
    cut: int | None = None,
) -> Architecture:
    """A net of `NETS`.

    alpha: width multiplier. rho: resolution multiplier, on `size`, rounded to whole pixels. size: side of the image,
    or (height, width). in_chans: channels of the image. num_classes: outputs. These three default to the paper's.
    min_depth: least channels of a layer; 1 as Keras has it, 8 as TF-slim does (MobileNetV2 and V3 have multiples of 8
    at any rate). cut: of nets with a class at every position, how many pixels are from one to the next (4, 8, 16), by
    default 8. Raises McugenError for values that make no net.
    """
    net = _find(name, cut)
    for option, value in (("alpha", alpha), ("rho", rho)):
        if not 0 < value <= 16:
            raise McugenError(f"{option} is {value:g}; it must be greater than 0, and no more than 16")
    height, width = net.size if size is None else (size, size) if isinstance(size, int) else size
    height, width = round(height * rho), round(width * rho)
    in_chans = net.in_chans if in_chans is None else in_chans
    if num_classes is None:
        num_classes = in_chans if net.num_classes is None else net.num_classes
    for option, count in (
        ("height", height),
        ("width", width),
        ("in_chans", in_chans),
        ("num_classes", num_classes),
        ("min_depth", min_depth),
    ):
        if count < 1:
            raise McugenError(f"{option} is {count}; it must be at least 1")
    builder = Builder((height, width, in_chans), alpha=alpha, num_classes=num_classes, min_depth=min_depth)
    net.build(builder)
    options: dict[str, Any] = {
        "alpha": alpha,
        "size": (height, width),
        "in_chans": in_chans,
        "num_classes": num_classes,
        "min_depth": min_depth,
    }
    if name in _TRUNKS:
        options["cut"] = _FOMO_CUT if cut is None else cut
    return Architecture(name, options, tuple(builder.blocks))


def own_size(name: str) -> tuple[int, int]:
    """Height and width of the images that a net was made for, which rho multiplies. Raises McugenError."""
    return _find(name, None).size


def _find(name: str, cut: int | None) -> _Net:
    if name in _TRUNKS:
        if cut not in (None, *STRIDES):
            raise McugenError(f"cut is {cut}", f"cuts are at strides of {', '.join(map(str, STRIDES))}")
        trunk = _MOBILENETS[_TRUNKS[name]]
        return _Net(NETS[name], fomo(trunk.build, cut or _FOMO_CUT), (96, 96), num_classes=2)
    if cut is not None:
        raise McugenError(f"{name} is not cut", f"nets that are: {', '.join(_TRUNKS)}")
    if name not in NETS:
        raise McugenError(f"there is no net {name!r}", f"nets are {', '.join(NETS)}")
    return {**_MOBILENETS, **_TINY}[name]
