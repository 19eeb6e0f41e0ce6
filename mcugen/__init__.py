"""mcugen: a compiler from int8-quantized MobileNets to self-contained C99 for microcontrollers."""

__version__ = "0.1.0"
