"""The command as a process: signals, closed pipes, full devices, names of any bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcugen.cli.errors import NOBODY_READS

MCUGEN = (sys.executable, "-m", "mcugen")


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("boards",), ("boards", "--json")], ids=str)
@pytest.mark.needs("/dev/full")
def test_a_full_device(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*MCUGEN, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("mcugen: error: ")
    assert done.stderr.endswith("no space left on device\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("boards",), ("boards", "--json")], ids=str)
def test_nobody_reads(arguments: tuple[str, ...]) -> None:
    """Exit code 1 would be a mismatch."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*MCUGEN, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (NOBODY_READS, "")


@pytest.mark.usefixtures("signals_as_in_a_terminal")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_in_a_command(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """It waits for a pipe that nobody opens."""
    os.mkfifo(tmp_path / "model.tflite")
    process = subprocess.Popen(
        [*MCUGEN, "boards", "--report", tmp_path / "model.tflite"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(2)
    process.send_signal(number)
    try:
        _, complaint = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, complaint) == (code, "mcugen: interrupted\n")


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    """As under nohup."""
    program = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); sys.argv = ['mcugen', '--version'];"
        "from mcugen.interrupts import raise_on_signals; raise_on_signals(); os.kill(os.getpid(), signal.SIGHUP);"
        "from mcugen.cli import main; main()"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


@pytest.mark.usefixtures("signals_as_in_a_terminal")
@pytest.mark.parametrize("module", ["mcugen.cli.app", "mcugen.cli.errors", "typer"])
def test_a_signal_while_commands_are_imported(module: str, tmp_path: Path) -> None:
    """A finder of modules sends it when the module is asked for."""
    (tmp_path / "sender.py").write_text(
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from mcugen.cli import main\n"
        "sys.argv = ['mcugen', '--version']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, tmp_path / "sender.py"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "mcugen: interrupted\n")


@pytest.mark.parametrize("locale", ["C.UTF-8", "POSIX"])
def test_names_that_are_not_utf_8(tflite_model: Path, tmp_path: Path, locale: str) -> None:
    name = os.fsencode(tmp_path) + b"/m\xff\xfe.tflite"
    with open(name, "wb") as stream:
        stream.write(tflite_model.read_bytes())
    out = os.fsencode(tmp_path) + b"/out\xff"
    page = os.fsencode(tmp_path) + b"/page\xff.html"
    commands: list[list[str | bytes]] = [
        ["analyze", name],
        ["generate", name, "-o", out, "--name", "net", "--json", "--micropython"],
        ["report", name, "-o", page, "--no-boards"],
    ]
    for command in commands:
        done = subprocess.run(
            [*MCUGEN, *command], capture_output=True, check=False, env={**os.environ, "LC_ALL": locale}, cwd=tmp_path
        )
        # The small network's input is for no usual pixels, which is said; nothing else is.
        said = [line for line in done.stderr.splitlines() if not line.startswith(b"mcugen: warning: pixels")]
        assert (done.returncode, said) == (0, []), command
    done = subprocess.run([*MCUGEN, "analyze", b"absent\xff.tflite"], capture_output=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"mcugen: error: absent")
    assert len(done.stderr.splitlines()) == 1


def test_what_is_piped_is_not_wrapped() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run([*MCUGEN, "targets"], capture_output=True, text=True, check=False, env=environment)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(" cortex-m85"))
    assert "dual issue; built and measured as a Cortex-M55   yes" in line
