"""The small model files of the command line's tests."""

from tests.cli.conftest import tflite_model

__all__ = ["tflite_model"]
