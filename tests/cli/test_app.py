"""The application as a whole: help, version, exit codes of errors, start-up time."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from mcugen import __version__
from mcugen.cli import errors
from tests.support.command import mcugen

COMMANDS = ("analyze", "generate", "validate", "accuracy", "boards", "train", "sweep", "flash", "new")
HEAVY = ("numpy", "torch", "onnx", "jinja2", "tflite", "mcugen.compiler", "mcugen.frontend")


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text).split())


def test_version() -> None:
    outcome = mcugen("--version")
    assert (outcome.code, outcome.stdout.strip()) == (0, f"mcugen {__version__}")


def test_help_lists_the_commands() -> None:
    outcome = mcugen("--help")
    assert outcome.code == 0
    for command in COMMANDS:
        assert command in outcome.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    outcome = mcugen(command, "--help")
    assert outcome.code == 0
    assert f"Example: mcugen {command} " in _plain(outcome.stdout)


@pytest.mark.parametrize("arguments", [("--help",), ("validate", "--help"), ("--version",)], ids=str)
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    program = (
        "import sys\nfrom mcugen.cli import main\n"
        f"sys.argv = ['mcugen', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("analyze",), ("generate", "model.tflite"), ("analyze", "model.tflite", "--max-ram", "lots")],
    ids=str,
)
def test_bad_use_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    outcome = mcugen(*arguments)
    assert outcome.code == 2
    assert "Traceback" not in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize("command", ["analyze", "validate", "accuracy"])
def test_a_missing_model_is_one_line(command: str, tmp_path: Path) -> None:
    path = tmp_path / "absent.tflite"
    extra = ("--images", tmp_path / "absent.npz") if command == "accuracy" else ()
    outcome = mcugen(command, path, *extra)
    assert outcome.code == 2
    assert outcome.error.startswith("mcugen: error: ")
    assert "no such file" in outcome.error


def test_unknown_target_names_the_known_ones(tflite_model: Path) -> None:
    outcome = mcugen("analyze", tflite_model, "--target", "z80")
    assert outcome.code == 2
    assert "'z80'" in outcome.error
    assert "generic" in outcome.error


def test_a_name_that_c_cannot_have(tflite_model: Path, tmp_path: Path) -> None:
    for name in ("int", "", "library"):
        outcome = mcugen("generate", tflite_model, "-o", tmp_path / "out", "--name", name)
        assert outcome.code == 2
        assert "--name" in outcome.error
        assert not (tmp_path / "out").exists()


def test_unexpected_errors_are_one_line(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr("mcugen.compiler.compile_model", broken)
    monkeypatch.delenv("MCUGEN_DEBUG", raising=False)
    outcome = mcugen("analyze", tflite_model)
    assert outcome.code == errors.INTERNAL
    assert "internal error: ZeroDivisionError: first line second line" in outcome.error
    monkeypatch.setenv("MCUGEN_DEBUG", "1")
    outcome = mcugen("analyze", tflite_model)
    assert outcome.code == errors.INTERNAL
    assert "Traceback" in outcome.stderr


def test_operating_system_errors_are_one_line(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/tmp/some file")

    monkeypatch.setattr("mcugen.compiler.compile_model", full)
    outcome = mcugen("analyze", tflite_model)
    assert outcome.code == 2
    assert outcome.error == "mcugen: error: /tmp/some file: no space left on device"


def test_interruption(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mcugen.compiler.compile_model", interrupted)
    outcome = mcugen("analyze", tflite_model)
    assert outcome.code == 130
    assert outcome.error == "mcugen: interrupted"


def test_a_closed_pipe_is_quiet(tflite_model: Path) -> None:
    program = (
        f"from mcugen.cli import main; import sys; sys.argv = ['mcugen', 'analyze', {str(tflite_model)!r}]; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    start = time.monotonic()
    complaint = process.stderr.read()
    process.wait(timeout=60)
    assert "Traceback" not in complaint
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("12345", 12345), ("256K", 262144), ("64KiB", 65536), ("64kb", 65536), ("1M", 1 << 20), ("1.5k", 1536)],
)
def test_sizes(text: str, size: int) -> None:
    from mcugen.cli.options import parse_size

    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "count"), [("1", 1), ("12345", 12345), ("500K", 500_000), ("12m", 12_000_000), ("4.35M", 4_350_000)]
)
def test_counts(text: str, count: int) -> None:
    from mcugen.cli.options import parse_count

    assert parse_count(text) == count


@pytest.mark.parametrize("text", ["", "M", "0", "0.1", "-1", "1e3", "1MB", "1KiB"])
def test_what_is_no_count(text: str) -> None:
    from mcugen.cli.options import parse_count

    with pytest.raises(typer.BadParameter):
        parse_count(text)


@pytest.mark.parametrize(("count", "text"), [(0, "0 epochs"), (1, "1 epoch"), (2, "2 epochs"), (1000, "1,000 epochs")])
def test_one_of_a_thing_is_no_plural(count: int, text: str) -> None:
    from mcugen.cli.console import counted

    assert counted(count, "epoch") == text


@pytest.mark.parametrize("text", ["", "K", "-1", "1e3", "12 kilobytes", "0x10", "1KK"])
def test_what_is_no_size(text: str) -> None:
    from mcugen.cli.options import parse_size

    with pytest.raises(typer.BadParameter):
        parse_size(text)


def test_too_large_images_are_refused_before_they_are_made() -> None:
    for arguments in (
        ("train", "--data", "fashion-mnist", "--size", "9999", "-o", "run"),
        ("nets", "cost", "mobilenet_v1", "--size", "9999"),
        ("fit", "--board", "nucleo_f446re", "--sizes", "96,9999"),
    ):
        outcome = mcugen(*arguments)
        assert outcome.code == 2
        assert "9999 x 9999 has 99,980,001 pixels" in " ".join(outcome.stderr.replace("│", " ").split())


def test_memory_that_is_not_there(tflite_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise MemoryError("Unable to allocate 5.46 TiB")

    monkeypatch.setattr("mcugen.analysis.analyze", fail)
    outcome = mcugen("analyze", tflite_model)
    assert outcome.code == 2
    assert outcome.error.startswith("mcugen: error: not enough memory: Unable to allocate 5.46 TiB")


def test_a_cut_file_is_named(tflite_model: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(tflite_model.read_bytes()[:1500])
    assert f"{cut}: the TensorFlow Lite file is damaged or cut short" in mcugen("analyze", cut).error
