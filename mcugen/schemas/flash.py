"""What `mcugen flash` prints."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from mcugen.schemas.record import Bytes, Names, Record, SelfTestBytes, SelfTests, doc
from mcugen.schemas.validate import BoardValidationOutput

Step = Literal["generated", "built", "uploaded", "validated"]


class FlashOutput(Record, frozen=True):
    """A board's firmware, as far as it was brought."""

    model: Annotated[str, doc("the file's name")]
    name: Annotated[str, doc("of the library")]
    board: str
    target: str
    project: Annotated[str, doc("path of the PlatformIO project")]
    done: Annotated[tuple[Step, ...], doc("steps, in their order")]
    per_layer_checksums: Annotated[bool, doc("false: there is no room for the traced build")]
    firmware_flash_bytes: Annotated[Bytes, doc("of the whole firmware, estimated")]
    firmware_ram_bytes: Annotated[Bytes, doc("of the whole firmware, estimated")]
    board_flash_bytes: Annotated[Bytes | None, doc("null: no limit")]
    board_ram_bytes: Annotated[Bytes | None, doc("null: no limit")]
    self_tests: SelfTests
    self_test_bytes: SelfTestBytes
    warnings: Annotated[Names, doc("a line for each thing at the input that is probably wrong")]
    built_flash_bytes: Annotated[Bytes | UnsetType, doc("of the built firmware; absent where none was built")] = UNSET
    built_ram_bytes: Annotated[Bytes | UnsetType, doc("of the built firmware; absent where none was built")] = UNSET
    validation: Annotated[BoardValidationOutput | UnsetType, doc("absent where the board was not asked")] = UNSET
