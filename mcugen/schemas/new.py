"""What `mcugen new` prints."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mcugen.schemas.record import Names, Record, SelfTestBytes, SelfTests, doc


class NewOutput(Record, frozen=True):
    """A project that was written."""

    directory: str
    name: Annotated[str, doc("of the library in it")]
    board: str
    target: str
    files: Annotated[Names, Meta(min_length=1, description="in the directory", extra_json_schema={"uniqueItems": True})]
    self_tests: SelfTests
    self_test_bytes: SelfTestBytes
    warnings: Annotated[Names, doc("a line for each thing at the input that is probably wrong")]
