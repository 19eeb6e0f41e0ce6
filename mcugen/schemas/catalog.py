"""All structures that commands print or write, by the names of their schemas."""

from __future__ import annotations

from typing import Any

import msgspec

from mcugen.schemas.accuracy import AccuracyOutput
from mcugen.schemas.analyze import AnalyzeOutput
from mcugen.schemas.boards import BoardsOutput
from mcugen.schemas.diff import DiffOutput
from mcugen.schemas.fit import FitOutput
from mcugen.schemas.flash import FlashOutput
from mcugen.schemas.generate import GenerateOutput
from mcugen.schemas.json_schema import json_schema
from mcugen.schemas.manifest import Manifest
from mcugen.schemas.nets import NetsCostOutput, NetsListOutput
from mcugen.schemas.new import NewOutput
from mcugen.schemas.quantize import QuantizeOutput
from mcugen.schemas.report.document import ReportOutput
from mcugen.schemas.sweep import SweepOutput
from mcugen.schemas.targets import TargetsOutput
from mcugen.schemas.train import DetectorOutput, RateOutput, TrainOutput, VectorOutput
from mcugen.schemas.validate import BoardValidationOutput, ValidateOutput

OUTPUTS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "accuracy": (AccuracyOutput,),
    "analyze": (AnalyzeOutput,),
    "boards": (BoardsOutput,),
    "diff": (DiffOutput,),
    "fit": (FitOutput,),
    "flash": (FlashOutput,),
    "generate": (GenerateOutput,),
    "nets-cost": (NetsCostOutput,),
    "nets-list": (NetsListOutput,),
    "new": (NewOutput,),
    "quantize": (QuantizeOutput,),
    "report": (ReportOutput,),
    "sweep": (SweepOutput,),
    "targets": (TargetsOutput,),
    "train": (TrainOutput, DetectorOutput, VectorOutput, RateOutput),
    "validate": (ValidateOutput, BoardValidationOutput),
}
"""What a command prints is one of these; in a name, a hyphen stands between a group and its command."""

MANIFEST = "manifest"
"""The name of the schema of NAME.json in a generated directory."""
SCHEMAS = (*OUTPUTS, MANIFEST)
"""All names."""


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of that name."""
    if name == MANIFEST:
        return json_schema("NAME.json of mcugen generate", (Manifest,))
    return json_schema(f"mcugen {name.replace('-', ' ')} --json", OUTPUTS[name])
