"""The front end for torch: quantized programs of torch.export, in memory or saved as .pt2.

A program that torchao's PT2E flow quantized (`prepare_pt2e`, `convert_pt2e`, then `torch.export.export`) becomes a QDQ
model in ONNX's operators first (`program.translate`), which the ONNX front end turns into the graph and
`mcugen.quantization.to_onnx` writes to a file: so a program and its export give the same graph.
"""

from mcugen.frontend.torch.load import from_program, load

__all__ = ["from_program", "load"]
