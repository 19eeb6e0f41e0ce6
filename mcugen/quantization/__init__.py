"""Quantization of torch modules for mcugen, on torch.export and torchao's PT2E flow. Importing it imports torch.

program = quantize(module, torch.zeros(1, 1, 32, 32), batches)
mcugen.compile(program, target="cortex-m4").write("lib/net")
"""

from mcugen.extras import require
from mcugen.frontend.torch.quiet import quiet

with quiet():
    require("torch", "torch", "quantization")
    require("torchao.quantization.pt2e", "torch", "quantization")

from mcugen.quantization.files import program_bytes, save_program
from mcugen.quantization.flow import FineTuning, Quantized, finetune, post_training, quantize
from mcugen.quantization.noise import LayerNoise
from mcugen.quantization.onnx_export import to_onnx
from mcugen.quantization.quantizer import InputScale, McugenQuantizer
from mcugen.quantization.ranges import Ranges

__all__ = [
    "FineTuning",
    "InputScale",
    "LayerNoise",
    "McugenQuantizer",
    "Quantized",
    "Ranges",
    "finetune",
    "post_training",
    "program_bytes",
    "quantize",
    "save_program",
    "to_onnx",
]
