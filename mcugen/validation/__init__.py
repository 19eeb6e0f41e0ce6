"""The proof by running: the compiled C equals the NumPy reference of the imported graph, layer by layer."""

from mcugen.schemas.validation import Mismatch
from mcugen.validation.camera import validate_camera
from mcugen.validation.detection import validate_detection
from mcugen.validation.emulated import EmulatedCosts, validate_in_emulator
from mcugen.validation.run import Validation, validate
from mcugen.validation.vectors import Vectors, load_vectors

__all__ = [
    "EmulatedCosts",
    "Mismatch",
    "Validation",
    "Vectors",
    "load_vectors",
    "validate",
    "validate_camera",
    "validate_detection",
    "validate_in_emulator",
]
