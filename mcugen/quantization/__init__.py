"""Quantization of torch modules for mcugen, on torch.export and torchao's PT2E flow. Importing it imports torch.

program = quantize(module, torch.zeros(1, 1, 32, 32), batches)
mcugen.compile(program, target="cortex-m4").write("lib/net")
"""

from mcugen.extras import require

require("torch", "torch", "quantization")
require("torchao", "torch", "quantization")

from mcugen.quantization.flow import FineTuning, finetune, quantize  # noqa: E402
from mcugen.quantization.quantizer import InputScale, McugenQuantizer  # noqa: E402
from mcugen.quantization.ranges import Ranges  # noqa: E402

__all__ = ["FineTuning", "InputScale", "McugenQuantizer", "Ranges", "finetune", "quantize"]
