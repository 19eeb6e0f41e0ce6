"""What is quantized how: annotations for torchao's PT2E flow that fit mcugen's arithmetic.

Every tensor that some operator writes has one scale, which stands with the operator that writes it, so all readers see
the same integers. Activations are int8, affine, one scale a tensor; weights int8, symmetric, one scale an output
channel, without -128. ReLU and its like are part of the layer before them. Operators that only move or choose values
(maximum, padding, views) keep the scale of what they read, which costs nothing in C.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx
from torchao.quantization.pt2e.observer import MovingAveragePerChannelMinMaxObserver, PerChannelMinMaxObserver
from torchao.quantization.pt2e.quantizer import (
    FixedQParamsQuantizationSpec,
    QuantizationAnnotation,
    QuantizationSpec,
    QuantizationSpecBase,
    Quantizer,
    SharedQuantizationSpec,
)

from mcugen.frontend.torch.places import describe
from mcugen.frontend.torch.program import require_last_reader
from mcugen.quantization.ranges import Ranges, observer, weight_fake_quantize

_ANNOTATION = "quantization_annotation"
_WEIGHTED = ("conv2d", "conv_transpose2d", "linear")
_OF_INPUTS_FIRST = ("conv_transpose2d",)
"""Operators whose weights have their output channels second."""
_RESCALING = (
    *(
        "add",
        "sub",
        "rsub",
        "mul",
        "div",
        "maximum",
        "minimum",
        "cat",
        "mean",
        "sum",
        "adaptive_avg_pool2d",
        "avg_pool2d",
    ),
    *("prelu", "elu", "hardsigmoid", "hardswish", "leaky_relu", "sigmoid", "tanh"),
    *("abs", "celu", "erf", "exp", "gelu", "mish", "neg", "pow", "selu", "silu", "softplus"),
)
_ACTIVATIONS = ("relu", "relu6", "hardtanh", "clamp", "clamp_min", "clamp_max", "clip")
KEEPING = (
    *("max_pool2d", "pad", "constant_pad_nd", "flatten", "view", "reshape", "squeeze", "unsqueeze", "permute"),
    *("transpose", "dropout", "clone", "contiguous", "detach", "alias"),
    *("slice", "upsample_nearest2d", "upsample_bilinear2d", "pixel_shuffle", "pixel_unshuffle", "amax", "amin"),
)
"""Operators whose output has the scale of their input."""
_SPLITTING = ("split", "split_with_sizes", "chunk")
"""Operators whose outputs, each behind a getitem, have the scale of their input."""
_OF_ONE_OR_TWO = ("max", "min")
"""Operators that choose among the values of one tensor, or of two."""
_LENGTHS = ("linalg_vector_norm",)
_OF_LENGTHS = ("clamp_min", "clamp", "expand", "expand_as")
"""Operators between lengths of vectors and the division by them, all in float32: one operator in the end."""
_BATCH_NORM = "batch_norm"
_FIXED = {"softmax": (1 / 256, -128), "log_softmax": (1 / 16, 127)}
"""Operators whose output has a scale and zero point of its own."""
_UNIT_LENGTH = (1 / 128, 0)
"""Those of vectors divided by their lengths."""
# Bounds the bias in units of the accumulator where a channel's weights are all but zero.
_SMALLEST_WEIGHT_SCALE = 2.0**-16


@dataclass(frozen=True)
class InputScale:
    """How the image is quantized: real value = scale * (q - zero_point). The default is pixel / 255, exactly."""

    scale: float = 1 / 255
    zero_point: int = -128


@dataclass(eq=False)
class McugenQuantizer(Quantizer):
    """ranges: how those of activations are chosen. qat: for training. input_scale: None measures the image's range."""

    ranges: Ranges = Ranges.MINMAX
    qat: bool = False
    input_scale: InputScale | None = InputScale()
    _written: set[fx.Node] = field(default_factory=set)
    _lengths: set[fx.Node] = field(default_factory=set)

    def annotate(self, model: fx.GraphModule) -> fx.GraphModule:
        """Marks every operator that mcugen knows; others stay in float32 and are refused when they are compiled.

        Raises UnsupportedModelError for an operator in place whose input another one reads: PT2E would separate them.
        """
        self._written, self._lengths = set(), set()
        image = next(node for node in model.graph.nodes if node.op == "placeholder")
        self._annotate(image, {}, self._image_spec())
        for node in model.graph.nodes:
            kind = kind_of(node)
            if kind and node.target._schema.name.endswith("_"):
                require_last_reader(node, describe(kind, node.name, node.meta.get("stack_trace") or ""))
            if kind in _LENGTHS or (kind in _OF_LENGTHS and node.args[0] in self._lengths):
                self._lengths.add(node)
            elif kind in _WEIGHTED:
                axis = 1 if kind in _OF_INPUTS_FIRST else 0
                self._annotate(node, self._reads(node.args[0]) | {node.args[1]: self._weight_spec(axis)}, None)
                self._annotate_output(node)
            elif kind == "div" and node.args[1] in self._lengths:
                self._annotate(node, self._reads(node.args[0]), _fixed(*_UNIT_LENGTH))
            elif kind in _RESCALING or (kind in _OF_ONE_OR_TWO and len(node.all_input_nodes) > 1):
                self._annotate(node, self._reads(*node.all_input_nodes), None)
                self._annotate_output(node)
            elif kind in (*KEEPING, *_OF_ONE_OR_TWO) and node.args[0] in self._written:
                spec = SharedQuantizationSpec(node.args[0])
                parts = isinstance(node.meta.get("val"), tuple)
                self._annotate(node, {node.args[0]: spec}, None if parts else spec)
                for part in node.users if parts else ():
                    if part.args[1] == 0:
                        self._annotate(part, {}, spec)
            elif kind in _SPLITTING and node.args[0] in self._written:
                spec = SharedQuantizationSpec(node.args[0])
                self._annotate(node, {node.args[0]: spec}, None)
                for part in node.users:
                    self._annotate(part, {}, spec)
            elif kind in _FIXED:
                self._annotate(node, self._reads(node.args[0]), _fixed(*_FIXED[kind]))
            elif kind in _ACTIVATIONS and node.args[0] in self._written:
                self._annotate(node, self._reads(node.args[0]), self._activation_spec())
        return model

    def validate(self, model: fx.GraphModule) -> None:
        """Nothing to check: what is not annotated is refused by the front end, by name and line."""

    def _annotate(
        self, node: fx.Node, inputs: dict[Any, QuantizationSpecBase], output: QuantizationSpecBase | None
    ) -> None:
        earlier = node.meta.get(_ANNOTATION)
        if earlier is not None:
            inputs = {**earlier.input_qspec_map, **inputs}
        node.meta[_ANNOTATION] = QuantizationAnnotation(input_qspec_map=inputs, output_qspec=output, _annotated=True)
        if output is not None:
            self._written.add(node)

    def _annotate_output(self, node: fx.Node) -> None:
        """Quantizes what the layer writes, behind the batch norm and the activation that alone read it."""
        last = node
        for kinds in ((_BATCH_NORM,), _ACTIVATIONS):
            readers = list(last.users)
            if len(readers) == 1 and kind_of(readers[0]) in kinds and readers[0].args[0] is last:
                last = readers[0]
        self._annotate(last, {}, self._activation_spec())

    def _reads(self, *sources: fx.Node) -> dict[Any, QuantizationSpecBase]:
        """The scale of every source: that of what wrote it."""
        return {
            source: SharedQuantizationSpec(source) if source in self._written else self._activation_spec()
            for source in sources
            if source.op != "get_attr"
        }

    def _image_spec(self) -> QuantizationSpecBase:
        if self.input_scale is None:
            return self._activation_spec()
        return _fixed(self.input_scale.scale, self.input_scale.zero_point)

    def _activation_spec(self) -> QuantizationSpec:
        return QuantizationSpec(
            dtype=torch.int8,
            observer_or_fake_quant_ctr=observer(self.ranges, self.qat),
            quant_min=-128,
            quant_max=127,
            qscheme=torch.per_tensor_affine,
        )

    def _weight_spec(self, axis: int) -> QuantizationSpec:
        if self.qat:
            maker = weight_fake_quantize(MovingAveragePerChannelMinMaxObserver, _SMALLEST_WEIGHT_SCALE)
        else:
            maker = PerChannelMinMaxObserver.with_args(eps=_SMALLEST_WEIGHT_SCALE)
        return QuantizationSpec(
            dtype=torch.int8,
            observer_or_fake_quant_ctr=maker,
            quant_min=-127,
            quant_max=127,
            qscheme=torch.per_channel_symmetric,
            ch_axis=axis,
        )


def _fixed(scale: float, zero_point: int) -> QuantizationSpecBase:
    return FixedQParamsQuantizationSpec(torch.int8, scale, zero_point, -128, 127, torch.per_tensor_affine)


def kind_of(node: fx.Node) -> str:
    """The operator of a call without namespace, overload and the mark of working in place: "conv2d".

    "" for what is not a call, or does not compute real numbers, as the counters of batch norm.
    """
    schema = getattr(node.target, "_schema", None) if node.op == "call_function" else None
    value = node.meta.get("val")
    if schema is None or (isinstance(value, torch.Tensor) and not value.is_floating_point()):
        return ""
    return str(schema.name).rpartition("::")[2].strip("_")
