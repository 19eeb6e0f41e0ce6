"""--rows-per-pass: rows that a reading of weights serves, where --board reads them slowly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import mcugen

NET = Path(__file__).parents[2] / "examples" / "fashion_mnist" / "fashion_mnist_mnv1_a025_32.onnx"
PICO = ("--board", "rpipico2")
F4 = ("--board", "nucleo_f446re")


def rows(*options: str) -> list[str]:
    return [kernel["rows"] for kernel in mcugen("analyze", NET, "--json", *options).json["kernels"]]


def test_where_flash_is_slow_max_ram_is_what_it_may_spend() -> None:
    plain = mcugen("analyze", NET, "--json", *PICO).json
    assert all(kernel["rows"] == "" for kernel in plain["kernels"])
    banded = mcugen("analyze", NET, "--json", *PICO, "--max-ram", "5K").json
    assert plain["ram_bytes"] < banded["ram_bytes"] <= 5 << 10
    assert any(kernel["rows"].startswith("2 rows for each reading of weights") for kernel in banded["kernels"])
    assert mcugen("analyze", NET, "--json", *PICO, "--max-ram", "5K", "--rows-per-pass", "1").json == plain


def test_the_option_says_how_many_and_its_own_ram() -> None:
    assert rows(*PICO, "--rows-per-pass", "auto:5K") == rows(*PICO, "--max-ram", "5K")
    assert not any(text.startswith(("4", "8")) for text in rows(*PICO, "--rows-per-pass", "2:64K"))
    assert any(text.startswith("8 rows") for text in rows(*PICO, "--rows-per-pass", "8:64K"))


def test_a_board_whose_cache_is_too_small_computes_row_by_row() -> None:
    assert all(not text or text.startswith("a row for each") for text in rows(*F4, "--max-ram", "64K"))


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "2:", "3:x", "auto:"])
def test_what_is_no_number_of_rows(text: str) -> None:
    outcome = mcugen("analyze", NET, "--rows-per-pass", text)
    assert outcome.code != 0
    assert "--rows-per-pass" in outcome.stderr


def test_the_table_says_it_for_people() -> None:
    shown = mcugen("analyze", NET, *PICO, "--max-ram", "5K", "--verbose", columns=160).stdout
    assert "2 rows for each reading of weights" in shown


@pytest.mark.needs("cc")
def test_validate_compiles_the_same() -> None:
    outcome = mcugen("validate", NET, *PICO, "--rows-per-pass", "auto:8K", "--cases", "3", "--json").json
    assert outcome["passed"]
    assert outcome["ram_bytes"] == mcugen("analyze", NET, *PICO, "--max-ram", "8K", "--json").json["ram_bytes"]


def test_what_is_generated(tmp_path: Path) -> None:
    outcome = mcugen("generate", NET, "-o", tmp_path / "net", "--name", "net", *PICO, "--max-ram", "8K", "--json")
    source = (tmp_path / "net" / "net.c").read_text(encoding="utf-8")
    assert outcome.json["ram_bytes"] <= 8 << 10
    assert "Weights come from flash once for these rows" in source
