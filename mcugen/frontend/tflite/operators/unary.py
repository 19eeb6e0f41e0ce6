"""Functions of one value, each a table of the 256 that it can have: QUANTIZE, activations."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import tflite

from mcugen.diagnostics import UnsupportedModelError
from mcugen.fixedpoint import elu, gelu, hard_swish, leaky_relu, logistic, prelu, requantize, tanh
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators.elementwise import constant_operand
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.quantization import activation_clamp, require_output, rescale_requantization
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import UNBOUNDED, Lookup, Operator, Tensor

_SHIFTED = 1 << 30
_HINT = "quantize again with data that uses the whole range of this layer's output"


def _tabulated(
    network: Network,
    operator: FileOperator,
    function: Callable[[np.ndarray, Tensor, Tensor], np.ndarray],
    bounds: tuple[float, float] = UNBOUNDED,
) -> Operator:
    """The function as a table.

    function: (every stored input less its zero point, int64 [256]; the tensors of input and output) to the outputs less
    theirs, which are clamped to their type here. bounds: real ones of the function, see `ir.Operator.activation`.
    """
    source, output = network.input(operator), network.output(operator)
    centered = np.arange(source.qmin, source.qmax + 1, dtype=np.int64) - source.zero_point
    table = np.clip(function(centered, source, output) + output.zero_point, output.qmin, output.qmax)
    return Lookup(**network.operator_fields(operator, (source,), output, bounds), table=table)


def _clamped(network: Network, operator: FileOperator, bounds: tuple[float, float]) -> Operator:
    """A requantization from scale to scale, clamped to real bounds."""

    def rescale(centered: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
        requantization = rescale_requantization(source, output, activation_clamp(bounds, output))
        largest = int(np.abs(centered).max()) << max(int(requantization.shift[0]), 0)
        if largest >= _SHIFTED:
            raise operator.unsupported(
                f"from scale {source.scale:g} to {output.scale:g} its values can reach {largest:,}, past 2^30", _HINT
            )
        return requantize(centered[:, None], requantization)[:, 0] - output.zero_point

    return _tabulated(network, operator, rescale, bounds)


def _quantize(network: Network, operator: FileOperator) -> Operator:
    """From float32 or uint8 at the input, to uint8 at the output, and from one int8 scale to another inside."""
    return _clamped(network, operator, UNBOUNDED)


def _relu(network: Network, operator: FileOperator) -> Operator:
    """On its own, with the same scale or another one behind it."""
    return _clamped(network, operator, (0.0, math.inf))


def _relu_n1_to_1(network: Network, operator: FileOperator) -> Operator:
    """On its own, between any scales, as TensorFlow Lite does it: Micro has no kernel for it."""
    return _clamped(network, operator, (-1.0, 1.0))


def _relu_0_to_1(network: Network, operator: FileOperator) -> Operator:
    """As RELU_N1_TO_1."""
    return _clamped(network, operator, (0.0, 1.0))


def _relu6(network: Network, operator: FileOperator) -> Operator:
    """On its own, with the same scale behind it; refused: another one.

    TensorFlow Lite Micro clamps the stored values and leaves out the change of scale, which LiteRT computes.
    """
    source, output = network.input(operator), network.output(operator)
    if (source.scale, source.zero_point) != (output.scale, output.zero_point):
        raise operator.unsupported(
            f"changes scale {source.scale:g} and zero point {source.zero_point} to {output.scale:g} and"
            f" {output.zero_point}, on whose values TensorFlow Lite's runtimes disagree; the same are supported",
            "fuse it into the layer before it, or use RELU",
        )
    return _clamped(network, operator, (0.0, 6.0))


def _hard_swish(network: Network, operator: FileOperator) -> Operator:
    """x * relu6(x + 3) / 6 in TensorFlow Lite Micro's 16-bit arithmetic, between any scales that the runtime takes."""
    return _tabulated(network, operator, lambda x, source, output: hard_swish(x, source.scale, output.scale))


def _leaky_relu(network: Network, operator: FileOperator) -> Operator:
    """With any alpha that is not negative, between any scales."""
    alpha = operator.real("Alpha")
    return _tabulated(network, operator, lambda x, source, output: leaky_relu(x, source.scale, output.scale, alpha))


def _prelu(network: Network, operator: FileOperator) -> Operator:
    """With one constant weight for all or one for each channel, between any scales."""
    source, output = network.input(operator), network.output(operator)
    weight = constant_operand(network, operator, 1, source)
    assert weight.values is not None
    alpha = (weight.values - weight.zero_point)[:, None]

    def function(x: np.ndarray, source: Tensor, output: Tensor) -> np.ndarray:
        table = prelu(x, alpha, source.scale, weight.scale, output.scale)
        return table[0] if len(table) == 1 else table

    if source.shape != output.shape:
        raise operator.damaged(f"makes {output.shape} of {source.shape}")
    return _tabulated(network, operator, function)


def _elu(network: Network, operator: FileOperator) -> Operator:
    """With alpha 1, between any scales."""
    return _tabulated(network, operator, lambda x, source, output: elu(x, source.scale, output.scale))


def _gelu(network: Network, operator: FileOperator) -> Operator:
    """Exact or approximate, between any scales, as TensorFlow Lite does it: Micro has no kernel for it."""
    approximate = bool(operator.integer("Approximate"))
    return _tabulated(
        network, operator, lambda x, source, output: gelu(x, source.scale, output.scale, approximate=approximate)
    )


def _logistic(network: Network, operator: FileOperator) -> Operator:
    """To scale 1/256 and zero point -128 (0 in uint8); refused: others, which the runtime takes for these."""
    require_output(operator, network.output(operator), 1 / 256, -128)
    # The largest probability that is stored is no saturation.
    return _tabulated(network, operator, lambda x, source, _: logistic(x, source.scale), (0.0, 255 / 256))


def _tanh(network: Network, operator: FileOperator) -> Operator:
    """To scale 1/128 and zero point 0 (128 in uint8); refused: others, which the runtime takes for these."""
    require_output(operator, network.output(operator), 1 / 128, 0)
    return _tabulated(network, operator, lambda x, source, _: tanh(x, source.scale), (-1.0, 127 / 128))


def _dequantize(network: Network, operator: FileOperator) -> Operator:
    """At the output of the model, and inside where it begins arithmetic that is a table: see DIV."""
    raise _not_stored(network, operator)


def _cast(network: Network, operator: FileOperator) -> Operator:
    """From int8 or uint8 to float32, where it begins arithmetic that is a table: see DIV."""
    raise _not_stored(network, operator)


def _divide(network: Network, operator: FileOperator) -> Operator:
    """By constants, in float32 between DEQUANTIZE or CAST and QUANTIZE: with ADD, SUB, MUL, MAXIMUM, MINIMUM with
    constants and RELU, RELU6 a table; refused: of integers.

    The runtime's quotient of integers shifts what is small beside the divisor by more than 31 bits, which C leaves
    undefined (reference_ops::Div).
    """
    if not network.is_constant(operator.input(1)):
        raise operator.unsupported(
            "divides by what the image decides; division by constants, written as MUL, is supported",
            "end the network before it and divide in your code",
        )
    raise operator.unsupported(
        "divides integers, where its runtime shifts by more bits than they have; MUL is supported",
        "multiply by the reciprocal",
    )


def _not_stored(network: Network, operator: FileOperator) -> UnsupportedModelError:
    source, output = (network.model.tensors[index] for index in (operator.input(0), operator.outputs[0]))
    return operator.unsupported(
        f"makes {output.type_name} of {source.type_name}; float32 of int8 or uint8 is supported",
        "convert with supported_ops TFLITE_BUILTINS_INT8 only",
    )


QUANTIZE = Handler(_quantize)
DEQUANTIZE = Handler(_dequantize)
CAST = Handler(_cast)
DIV = Handler(
    _divide, OptionFields(tflite.DivOptions, tflite.BuiltinOptions.DivOptions, ("FusedActivationFunction",)), (2, 2)
)
PRELU = Handler(_prelu, inputs=(2, 2), unsigned=True)
HARD_SWISH = Handler(_hard_swish, unsigned=True)
LEAKY_RELU = Handler(
    _leaky_relu,
    OptionFields(tflite.LeakyReluOptions, tflite.BuiltinOptions.LeakyReluOptions, ("Alpha",)),
    unsigned=True,
)
ELU = Handler(_elu)
GELU = Handler(
    _gelu, OptionFields(tflite.GeluOptions, tflite.BuiltinOptions.GeluOptions, ("Approximate",)), unsigned=True
)
LOGISTIC = Handler(_logistic, unsigned=True)
TANH = Handler(_tanh, unsigned=True)
RELU = Handler(_relu, unsigned=True)
RELU6 = Handler(_relu6, unsigned=True)
RELU_N1_TO_1 = Handler(_relu_n1_to_1, unsigned=True)
RELU_0_TO_1 = Handler(_relu_0_to_1, unsigned=True)
