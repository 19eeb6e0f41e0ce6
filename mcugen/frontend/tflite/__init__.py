"""The front end for TensorFlow Lite: a full-integer int8 .tflite file becomes a graph, bit for bit."""

from mcugen.frontend.tflite.load import load

__all__ = ["load"]
