"""Failures, signals and kills at every step of an update: the old files are whole or the new ones are."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mcugen.diagnostics import McugenError
from mcugen.interrupts import Interrupted, deferred
from mcugen.killed import PREFIX
from mcugen.output import swap as swapping
from mcugen.output import write_directory
from mcugen.output.scratch import clear_stale
from tests.output.steps import Steps, contents, full, package

OLD = package(a="1", x__b="2", y__c="3")
NEW = package(a="4", x__b="2", x__e="5", z__d="6", f="7")
MINE = {"mine": "mine", "y/mine": "mine"}
MOST = 200


def _prepare(directory: Path) -> None:
    write_directory(directory, OLD)
    for name, text in MINE.items():
        (directory / name).write_text(text)


def _scratch(root: Path) -> list[Path]:
    return [path for path in root.rglob(f"{PREFIX}*")]


@pytest.fixture(params=["one step", "file by file"])
def directory(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A generated directory with files of others; how it is updated."""
    if request.param == "file by file":
        monkeypatch.setattr(swapping, "_MOST_KEPT", 0)
    return tmp_path / "out"


def _message_of_update(directory: Path) -> str:
    try:
        write_directory(directory, NEW)
    except McugenError as error:
        return error.message
    return ""


@pytest.mark.parametrize("once", [True, False], ids=["one failure", "failing from there on"])
def test_a_failure_at_every_step(directory: Path, once: bool) -> None:
    """A disk that stays full may not let the old files be put back: then the next run does."""
    outcomes = set()
    for failing in range(1, MOST):
        _prepare(directory)
        with pytest.MonkeyPatch.context() as patched:

            def at(step: int, failing: int = failing) -> None:
                if step == failing or (step > failing and not once):
                    raise full()

            steps = Steps(patched, at)
            message = _message_of_update(directory)
        outcomes.add("old" if message else "new")
        assert "\n" not in message
        if once and not _scratch(directory.parent):
            assert contents(directory) in ({**OLD, **MINE}, {**NEW, **MINE})
        write_directory(directory, NEW)
        assert contents(directory) == {**NEW, **MINE}
        assert _scratch(directory.parent) == []
        if steps.count < failing:
            break
        for path in sorted(directory.parent.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    else:
        pytest.fail("it never came to an end")
    # A step that fails once on the way to an exchange is gone round file by file.
    assert outcomes >= {"new"} if once else outcomes == {"old", "new"}


def _in_a_child(do: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            do()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def test_killed_at_every_step(directory: Path) -> None:
    """SIGKILL. In one step the directory is never a mix; file by file the next run makes it whole."""
    in_one_step = swapping._MOST_KEPT > 0
    found = []
    for last in range(1, MOST):
        _prepare(directory)

        def killed(last: int = last) -> None:
            def at(step: int) -> None:
                if step == last:
                    os.kill(os.getpid(), signal.SIGKILL)

            Steps(pytest.MonkeyPatch(), at)
            write_directory(directory, NEW)

        status = _in_a_child(killed)
        if in_one_step:
            assert contents(directory) in ({**OLD, **MINE}, {**NEW, **MINE})
            found.append(contents(directory) == {**NEW, **MINE})
        write_directory(directory, NEW if last % 2 else OLD)
        assert contents(directory) == {**(NEW if last % 2 else OLD), **MINE}
        assert _scratch(directory.parent) == []
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        for path in sorted(directory.parent.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    else:
        pytest.fail("it never came to an end")
    assert last > 20
    assert not in_one_step or set(found) == {True, False}


def test_a_killed_update_in_the_working_directory_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whatever is written there next, were it refused."""
    monkeypatch.chdir(tmp_path)
    _prepare(tmp_path)

    def killed() -> None:
        placed = []

        def at(step: int) -> None:
            placed.append((tmp_path / "f").exists())
            if placed[-1]:
                os.kill(os.getpid(), signal.SIGKILL)

        Steps(pytest.MonkeyPatch(), at)
        write_directory(tmp_path, NEW)

    assert os.WIFSIGNALED(_in_a_child(killed))
    assert contents(tmp_path) not in ({**OLD, **MINE}, {**NEW, **MINE})
    with pytest.raises(McugenError, match="mine"):
        write_directory(tmp_path, package(mine="not yours"))
    assert contents(tmp_path) == {**OLD, **MINE}


HEADERS = {
    "a header that stays": (package(a="1", b="2", **{"net.h": "0"}), package(a="3", b="4", **{"net.h": "0"})),
    "a header that changes": (package(a="1", b="2", **{"net.h": "0"}), package(a="3", c="4", **{"net.h": "1"})),
    "headers that come and go": (
        package(a="1", **{"net.h": "0", "x/old.h": "1"}),
        package(a="2", **{"net.h": "0", "y/new.h": "2"}),
    ),
}


def _without_scratch(directory: Path) -> dict[str, str]:
    return {name: text for name, text in contents(directory).items() if not name.startswith(PREFIX)}


def _killed_at(step: int, do: Callable[[], object]) -> bool:
    """Whether it comes to this step, before which the process is killed."""

    def killed() -> None:
        Steps(pytest.MonkeyPatch(), lambda n: os.kill(os.getpid(), signal.SIGKILL) if n == step else None)
        do()

    status = _in_a_child(killed)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.slow
@pytest.mark.parametrize("case", HEADERS)
def test_what_a_kill_file_by_file_leaves_does_not_compile(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a mix a header is missing, also where the run that undoes it is killed itself; the next one makes it whole."""
    old, new = HEADERS[case]
    monkeypatch.setattr(swapping, "_is_worked_in", lambda _: True)
    directory, mixes = tmp_path / "out", 0

    def check() -> None:
        nonlocal mixes
        found = _without_scratch(directory)
        if found not in (old, new):
            mixes += 1
            assert "net.h" not in found

    for step in range(1, MOST):
        for again in range(1 + step % 3, MOST, 3):
            shutil.rmtree(directory, ignore_errors=True)
            write_directory(directory, old)
            went_on = _killed_at(step, lambda: write_directory(directory, new))
            check()
            undoing = _killed_at(again, lambda: clear_stale(directory))
            check()
            if not undoing:
                break
        assert _without_scratch(directory) in (old, new)
        write_directory(directory, new)
        assert contents(directory) == new
        if not went_on:
            break
    assert mixes > 20


def _kill_when_placed(directory: Path, name: str) -> None:
    """Updates the directory and is killed as soon as this file of NEW is there."""

    def at(step: int) -> None:
        if (directory / name).exists():
            os.kill(os.getpid(), signal.SIGKILL)

    def killed() -> None:
        Steps(pytest.MonkeyPatch(), at)
        write_directory(directory, NEW)

    assert os.WIFSIGNALED(_in_a_child(killed))
    assert _without_scratch(directory) not in ({**OLD, **MINE}, {**NEW, **MINE})


@pytest.mark.parametrize(
    "words", [["boards"], ["diff", "{out}/net.json", "{out}/net.json"]], ids=lambda words: words[0]
)
def test_any_command_undoes_it_and_says_so(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the working directory, and in the directory of a file that is named."""
    out = tmp_path / "out"
    _prepare(out)
    monkeypatch.setattr(swapping, "_MOST_KEPT", 0)
    _kill_when_placed(out, "f")
    call = [sys.executable, "-m", "mcugen", *(word.format(out=out) for word in words)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    where = out if words == ["boards"] else tmp_path
    first, second = (
        subprocess.run(call, capture_output=True, text=True, check=False, cwd=where, env=environment) for _ in range(2)
    )
    assert first.stderr.splitlines()[0] == f"mcugen: an update of {out} was killed half-way; its old files are back"
    assert "half-way" not in second.stderr
    assert contents(out) == {**OLD, **MINE}


def test_a_journal_of_others_cannot_reach_outside(tmp_path: Path) -> None:
    from mcugen.output import content_hash

    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out"
    scratch = out / f"{PREFIX}x"
    scratch.mkdir(parents=True)
    digest = content_hash("precious")
    (scratch / "journal.json").write_text(
        json.dumps({"files": {"../precious": digest, str(tmp_path / "precious"): digest}, "made": ["..", "/"]})
    )
    write_directory(out, package(a="1"))
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    from mcugen.output.scratch import new_scratch

    with new_scratch(tmp_path) as scratch:
        (scratch / "new").write_text("being written")
        write_directory(tmp_path / "out", OLD)
        assert (scratch / "new").exists()
    assert not scratch.exists()


def _work(number: signal.Signals, done: list[str]) -> None:
    with deferred():
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        done.append("all of it")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_wait_until_it_is_whole(number: signal.Signals) -> None:
    done: list[str] = []
    program = signal.signal(number, lambda *_: (_ for _ in ()).throw(Interrupted(number)))
    try:
        with pytest.raises(Interrupted):
            _work(number, done)
    finally:
        signal.signal(number, program)
    assert done == ["all of it"]


_PROGRAM = """
import sys
from pathlib import Path
from mcugen.interrupts import raise_on_signals
from mcugen.output import write_directory
from tests.output.test_killed import NEW, OLD
raise_on_signals()
print("ready", flush=True)
while True:
    write_directory(Path(sys.argv[1]), NEW)
    write_directory(Path(sys.argv[1]), OLD)
"""


@pytest.mark.usefixtures("signals_as_in_a_terminal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_at_any_moment(tmp_path: Path, number: signal.Signals) -> None:
    """A process that does nothing else than updates; after a signal that can be handled nothing is left of it."""
    _prepare(tmp_path / "out")
    for moment in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, tmp_path / "out"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.0137 * (moment + 1))
        process.send_signal(number)
        try:
            process.wait(20)
        finally:
            process.kill()
            process.stdout.close()
        assert contents(tmp_path / "out") in ({**OLD, **MINE}, {**NEW, **MINE})
        if number != signal.SIGKILL:
            assert _scratch(tmp_path) == []
    write_directory(tmp_path / "out", NEW)
    assert _scratch(tmp_path) == []
