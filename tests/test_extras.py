"""Packages that are not installed: the command that the message names is one that works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcugen import extras
from mcugen.diagnostics import McugenError
from mcugen.extras import install_command, require

ROOT = Path(extras.__file__).resolve().parents[1]


def test_a_checkout_is_named() -> None:
    with pytest.raises(McugenError, match="a test needs no_such_package, which is not installed") as raised:
        require("no_such_package.part", "torch", "a test")
    assert raised.value.hint == f"pip install '{ROOT}[torch]'"


@pytest.mark.parametrize("there", [True, False])
def test_an_installed_wheel_is_named_while_it_is_there(
    tmp_path: Path, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "a b" / "mcugen-1.whl"

    class Installed:
        def read_text(self, name: str) -> str:
            return json.dumps({"url": wheel.as_uri()}) if name == "direct_url.json" else ""

    wheel.parent.mkdir()
    if there:
        wheel.touch()
    monkeypatch.setattr(extras, "__file__", str(tmp_path / "site" / "mcugen" / "extras.py"))
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    assert install_command("plots") == f"pip install '{wheel if there else 'mcugen'}[plots]'"
