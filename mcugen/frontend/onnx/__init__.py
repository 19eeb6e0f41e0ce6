"""The front end for ONNX models in QDQ form: `load(path)` gives the graph, already in height, width, channel order."""

from mcugen.frontend.onnx.load import load

__all__ = ["load"]
