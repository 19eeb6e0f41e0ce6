"""Writing single files: whole or not at all, devices as they are."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from mcugen.diagnostics import McugenError
from mcugen.output import check_places, write_file, write_together, write_whole
from tests.output.steps import Steps, contents, full


def _message_of_writing(path: Path, text: str) -> str:
    try:
        write_file(path, text)
    except McugenError as error:
        return error.message
    return ""


def test_files_are_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_file(path, "old")
    write_file(path, "new")
    failed = 0
    for failing in range(1, 20):
        with pytest.MonkeyPatch.context() as patched:

            def at(step: int, failing: int = failing) -> None:
                if step == failing:
                    raise full()

            steps = Steps(patched, at)
            message = _message_of_writing(path, "newer")
        if message:
            failed += 1
            assert message == f"{path}: cannot be written: no space left on device"
            assert path.read_text() == "new"
        if steps.count < failing:
            break
        write_file(path, "new")
        assert contents(tmp_path) == {"report.json": "new"}
    assert failed >= 4


@pytest.mark.parametrize("failing", ["absent/b", "directory"])
def test_of_files_that_belong_together_all_are_written_or_none(tmp_path: Path, failing: str) -> None:
    (tmp_path / "directory").mkdir()
    write_file(tmp_path / "old", "old")
    together = {tmp_path / "a": b"a", tmp_path / "old": b"new", tmp_path / failing: b"b"}
    with pytest.raises(McugenError, match=f"{failing}: cannot be written: "):
        write_together(together)
    with pytest.raises(McugenError, match=f"{failing}: cannot be written: "):
        check_places(*together)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["directory", "old"]
    assert (tmp_path / "old").read_text() == "old"
    del together[tmp_path / failing]
    check_places(*together, Path(os.devnull))
    write_together(together)
    assert [(tmp_path / name).read_text() for name in ("a", "old")] == ["a", "new"]


def _write_half(path: Path, error: type[BaseException]) -> None:
    with write_whole(path) as stream:
        stream.write(b"half")
        raise error


def test_what_raises_inside_leaves_the_old_file(tmp_path: Path) -> None:
    write_file(tmp_path / "a", "old")
    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error):
            _write_half(tmp_path / "a", error)
    assert contents(tmp_path) == {"a": "old"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    write_file(path, "old")
    path.chmod(mode)
    write_file(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", mode)


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_file(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"


def test_devices_stay_devices(tmp_path: Path) -> None:
    write_file(Path(os.devnull), "text")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    (tmp_path / "link").symlink_to(os.devnull)
    write_file(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_file(tmp_path / "pipe", "text")
    reader.join(10)
    assert read == ["text"]
    assert (tmp_path / "pipe").is_fifo()


def test_an_open_file_by_its_number(tmp_path: Path) -> None:
    """/dev/stdout is one: what is open must stay the file."""
    with (tmp_path / "out").open("a") as stream:
        stream.write("before ")
        stream.flush()
        inode = (tmp_path / "out").stat().st_ino
        write_file(Path(f"/dev/fd/{stream.fileno()}"), "text")
    assert (tmp_path / "out").read_text() == "before text"
    assert (tmp_path / "out").stat().st_ino == inode


@pytest.mark.needs("/dev/full")
def test_a_full_device() -> None:
    with pytest.raises(McugenError, match="/dev/full: cannot be written: no space left on device"):
        write_file(Path("/dev/full"), "text")


def test_what_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for name, reason in {
        "x.json": "is a directory",
        "a": "too many levels of symbolic links",
        "absent/file": "no such file or directory",
        "n" * 300: "file name too long",
        "a\0b": "null",
    }.items():
        with pytest.raises(McugenError, match=rf"cannot be written: .*{reason}") as raised:
            write_file(tmp_path / name, "text")
        with pytest.raises(McugenError, match=rf"cannot be written: .*{reason}"):
            check_places(tmp_path / name)
        assert "\n" not in raised.value.message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "x.json"]
