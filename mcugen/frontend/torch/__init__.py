"""The front end for torch: quantized programs of torch.export, in memory or saved as .pt2.

A program that torchao's PT2E flow quantized (`prepare_pt2e`, `convert_pt2e`, then `torch.export.export`) becomes a QDQ
model in ONNX's operators first (`program.translate`), which the ONNX front end turns into the graph and
`mcugen.quantization.to_onnx` writes to a file: so a program and its export give the same graph.

Torch's own run of such a program differs from the graph's integers: it multiplies and adds real numbers in float32,
adds a bias that is not rounded, and rounds half to even, where the graph rounds the bias to the accumulator's unit and
the result once, half up. Measured by benchmarks/torch_difference.py on a MobileNetV1 (alpha 0.1, 32x32, trained) with
64 random images: each layer, given the same input, is at most 1 last place from torch's, and equal in 99.0 to 100 % of
its values, but 87.5 % in the first depthwise layer, whose accumulator has a coarse unit. Over the whole net the
differences add up to at most 11 last places in the maps and 4 in the logits. tests/frontend/test_torch.py bounds it.
"""

from mcugen.frontend.torch.load import from_program, load

__all__ = ["from_program", "load"]
