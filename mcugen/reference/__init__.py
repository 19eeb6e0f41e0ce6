"""The NumPy interpreter of a Graph: exact, batched, and the authority on what the generated C must compute.

Fields of operators decide every bit; `mcugen.fixedpoint` holds the formulas. Floating point is used only where a
bound proves that every intermediate value is an integer (or a multiple of a power of two) that it represents.
"""

from mcugen.reference.border import check_input, dequantize_output, dequantize_outputs, quantize_input
from mcugen.reference.interpreter import evaluate, run

__all__ = ["check_input", "dequantize_output", "dequantize_outputs", "evaluate", "quantize_input", "run"]
