"""What `mcugen generate` prints."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from mcugen.schemas.record import Bytes, Names, Record, SelfTestBytes, SelfTests, doc


class GenerateOutput(Record, frozen=True):
    """A library that was written."""

    name: Annotated[str, doc("of the library")]
    target: str
    directory: str
    files: Annotated[Names, doc("in the directory")]
    ram_bytes: Annotated[Bytes, doc("sizeof the context, exact")]
    flash_bytes: Annotated[Bytes, doc("constants, exact, and code, estimated")]
    self_tests: SelfTests
    self_test_bytes: SelfTestBytes
    warnings: Annotated[Names, doc("a line for each thing at the input that is probably wrong")]
    detector_bytes: Annotated[
        Bytes | UnsetType, doc("sizeof NAME_detector, which is not in ram_bytes; absent without --detect")
    ] = UNSET
