"""The small model files of the command line's tests."""

from tests.cli.conftest import onnx_model, tflite_model

__all__ = ["onnx_model", "tflite_model"]
