"""The model that something was made from."""

from __future__ import annotations

from typing import Annotated

from mcugen.schemas.record import Record, doc


class ModelFile(Record, frozen=True):
    """The model's file."""

    file: Annotated[str, doc("its name")]
    sha256: Annotated[str, doc("of its bytes")]
    format: Annotated[str, doc("tflite, onnx, torch")]
