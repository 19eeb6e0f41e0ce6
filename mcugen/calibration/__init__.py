"""Float ONNX models to int8 ones, by ONNX Runtime's own quantizer."""

from mcugen.calibration.float_model import FloatModel
from mcugen.calibration.quantizer import METHODS, quantize_onnx

__all__ = ["METHODS", "FloatModel", "quantize_onnx"]
