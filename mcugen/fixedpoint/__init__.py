"""The arithmetic contract, in one place: every integer formula that decides a bit of a result.

The NumPy reference computes with these functions, the passes prove with them, and the C that is generated is
compared with them. Each formula names its source. Everything works on int64 NumPy arrays, exactly.
"""

from mcugen.fixedpoint.add import ADD_LEFT_SHIFT, AddArithmetic, add, add_double_rounding, add_single_rounding
from mcugen.fixedpoint.average import average
from mcugen.fixedpoint.elu import elu
from mcugen.fixedpoint.gelu import gelu
from mcugen.fixedpoint.hard_swish import hard_swish
from mcugen.fixedpoint.inverse_root import unit_length
from mcugen.fixedpoint.leaky_relu import leaky_relu
from mcugen.fixedpoint.linear_add import LinearAdd, linear_add
from mcugen.fixedpoint.log_softmax import LogSoftmaxTables, log_softmax, log_softmax_tables
from mcugen.fixedpoint.multiplier import quantize_multiplier, quantize_multipliers
from mcugen.fixedpoint.prelu import prelu
from mcugen.fixedpoint.requantize import Requantization, Rounding, narrowed, requantize
from mcugen.fixedpoint.requantizer import Requantizer
from mcugen.fixedpoint.sigmoid import logistic, tanh
from mcugen.fixedpoint.softmax import (
    SoftmaxNormalization,
    softmax_exponentials_single,
    softmax_exponentials_tflite,
    softmax_normalize,
)
from mcugen.fixedpoint.steps import constant_channels, differences, probe_points, step_thresholds

__all__ = [
    "ADD_LEFT_SHIFT",
    "AddArithmetic",
    "LinearAdd",
    "LogSoftmaxTables",
    "Requantization",
    "Requantizer",
    "Rounding",
    "SoftmaxNormalization",
    "add",
    "add_double_rounding",
    "add_single_rounding",
    "average",
    "constant_channels",
    "differences",
    "elu",
    "gelu",
    "hard_swish",
    "leaky_relu",
    "linear_add",
    "log_softmax",
    "log_softmax_tables",
    "logistic",
    "narrowed",
    "prelu",
    "probe_points",
    "quantize_multiplier",
    "quantize_multipliers",
    "requantize",
    "softmax_exponentials_single",
    "softmax_exponentials_tflite",
    "softmax_normalize",
    "step_thresholds",
    "tanh",
    "unit_length",
]
