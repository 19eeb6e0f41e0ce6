"""Writing directories and files: all or nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mcugen.diagnostics import McugenError
from mcugen.output import write_directory, write_file
from tests.support.without_privileges import run_without_privileges


def _package(name: str = "net", **files: str) -> dict[str, str]:
    manifest = {"generator": "mcugen", "files": dict.fromkeys(files, "")}
    return {**files, f"{name}.json": json.dumps(manifest)}


def _contents(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


def _failing(monkeypatch: pytest.MonkeyPatch, function: str, at: Callable[[Path], bool]) -> None:
    """Makes os.replace fail with a full disk for destinations that `at` picks."""
    real = getattr(os, function)

    def failing(source: Path, destination: Path) -> None:
        if at(Path(destination)):
            raise OSError(28, "No space left on device", str(destination))
        real(source, destination)

    monkeypatch.setattr(os, function, failing)


def test_new_directory_with_missing_parents(tmp_path: Path) -> None:
    files = _package(a="1", b="zwei\n")
    write_directory(tmp_path / "x" / "y" / "out", files)
    assert _contents(tmp_path / "x" / "y" / "out") == files
    assert [path.name for path in (tmp_path / "x" / "y").iterdir()] == ["out"]


def test_permissions_are_the_usual_ones(tmp_path: Path) -> None:
    write_directory(tmp_path / "out", _package(a="1"))
    write_file(tmp_path / "file", "text")
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual file").write_text("")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode
    for path in (tmp_path / "out" / "a", tmp_path / "file"):
        assert path.stat().st_mode == (tmp_path / "usual file").stat().st_mode


def test_empty_directory_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_directory(tmp_path / "out", _package(a="1"))
    assert set(_contents(tmp_path / "out")) == {"a", "net.json"}


def test_the_working_directory_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_directory(Path("."), _package(a="1"))
    write_directory(Path("."), _package(b="2"))
    assert set(_contents(tmp_path)) == {"b", "net.json"}


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_directory(tmp_path / "link", _package(a="1"))
    assert (tmp_path / "link").is_symlink()
    assert set(_contents(tmp_path / "real")) == {"a", "net.json"}


def test_update_keeps_what_others_added(tmp_path: Path) -> None:
    write_directory(tmp_path, _package(a="1", b="2"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine").write_text("mine")
    write_directory(tmp_path, _package("other", a="3", c="4"))
    assert {name: text for name, text in _contents(tmp_path).items() if not name.endswith(".json")} == {
        "a": "3",
        "c": "4",
        str(Path("sub", "mine")): "mine",
    }


@pytest.mark.parametrize(
    "manifest", ["", "[]", "null", '{"generator": "other", "files": {}}', '{"generator": "mcugen"}', "\xff"]
)
def test_foreign_directory_is_refused(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "package.json").write_text(manifest, encoding="latin-1")
    with pytest.raises(McugenError, match="--force"):
        write_directory(tmp_path, _package(a="1"))
    assert [path.name for path in tmp_path.iterdir()] == ["package.json"]
    write_directory(tmp_path, _package(a="1"), force=True)
    assert {path.name for path in tmp_path.iterdir()} == {"package.json", "a", "net.json"}


def test_a_manifest_cannot_reach_outside_its_directory(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out"
    out.mkdir()
    (out / "net.json").write_text(json.dumps({"generator": "mcugen", "files": {"../precious": "", "..": "", "": ""}}))
    write_directory(out, _package(a="1"))
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    for path in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises(McugenError):
            write_directory(path, _package(a="1"), force=True)
    assert _contents(tmp_path) == {"out": "a file"}


def test_a_directory_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(McugenError, match="is a directory"):
        write_directory(tmp_path, _package(a="1", b="2"), force=True)
    assert _contents(tmp_path) == {}


@pytest.mark.parametrize("failing", ["a", "b", "c", "net.json"])
def test_a_failed_update_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    old = _package(a="1", b="2")
    write_directory(tmp_path, old)
    _failing(monkeypatch, "replace", lambda path: path == tmp_path / failing and not path.exists())
    monkeypatch.setattr("mcugen.output._undo", _with_real_replace(monkeypatch))
    with pytest.raises(McugenError, match="no space left"):
        write_directory(tmp_path, _package(a="3", b="4", c="5"))
    assert _contents(tmp_path) == old


def _with_real_replace(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    from mcugen import output

    undo = output._undo

    def undone(*arguments: object) -> None:
        monkeypatch.undo()
        undo(*arguments)  # type: ignore[arg-type]

    return undone


def _writing_where_it_is_forbidden() -> None:
    with TemporaryDirectory() as folder:
        locked = Path(folder) / "locked"
        locked.mkdir(mode=0o555)
        for path in (locked, locked / "out"):
            with pytest.raises(McugenError, match="permission denied"):
                write_directory(path, _package(a="1"))
        with pytest.raises(McugenError, match="permission denied"):
            write_file(locked / "file", "text")


def test_a_read_only_directory() -> None:
    run_without_privileges(_writing_where_it_is_forbidden)


def test_what_fails_without_privileges_fails_here() -> None:
    def fails() -> None:
        assert os.geteuid() == 0, "not root"

    with pytest.raises(AssertionError, match="not root"):
        run_without_privileges(fails)


def test_a_directory_that_nobody_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refused)
    with pytest.raises(McugenError, match=r"out: cannot be written: permission denied"):
        write_directory(tmp_path / "parent" / "out", _package(a="1"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("/dev/full")
def test_a_device_that_is_full(tmp_path: Path) -> None:
    with pytest.raises(McugenError):
        write_directory(Path("/dev/full/out"), _package(a="1"))


def _tree(**files: str | bytes) -> dict[str, str | bytes]:
    """Files by path, with __ for /."""
    named = {name.replace("__", "/"): content for name, content in files.items()}
    return {**named, "net.json": json.dumps({"generator": "mcugen", "files": dict.fromkeys(named, "")})}


def test_subdirectories_and_bytes(tmp_path: Path) -> None:
    write_directory(tmp_path / "out", _tree(a="1", x__y__b=b"\xff\x00\r\n", x__c="3"))
    assert (tmp_path / "out" / "x" / "y" / "b").read_bytes() == b"\xff\x00\r\n"
    assert (tmp_path / "out" / "x" / "c").read_text() == "3"


def test_an_update_removes_directories_that_it_emptied(tmp_path: Path) -> None:
    write_directory(tmp_path, _tree(a="1", x__y__b="2", z__c="3"))
    (tmp_path / "z" / "mine").write_text("mine")
    write_directory(tmp_path, _tree(a="1", w__d="4"))
    assert {path.name for path in tmp_path.iterdir()} == {"a", "net.json", "w", "z"}
    assert [path.name for path in (tmp_path / "z").iterdir()] == ["mine"]


def test_a_failed_update_of_a_tree_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = _tree(a="1", x__b="2")
    write_directory(tmp_path, old)
    _failing(monkeypatch, "replace", lambda path: path == tmp_path / "y" / "d")
    monkeypatch.setattr("mcugen.output._undo", _with_real_replace(monkeypatch))
    with pytest.raises(McugenError, match="no space left"):
        write_directory(tmp_path, _tree(a="3", x__b="4", x__c="5", y__d="6"))
    assert _contents(tmp_path) == old
    assert {path.name for path in tmp_path.iterdir()} == {"a", "net.json", "x"}


def test_a_link_cannot_lead_an_update_outside(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b").write_text("precious")
    write_directory(tmp_path / "out", _tree(a="1"))
    (tmp_path / "out" / "x").symlink_to(tmp_path / "other")
    (tmp_path / "out" / "net.json").write_text(json.dumps({"generator": "mcugen", "files": {"x/b": ""}}))
    write_directory(tmp_path / "out", _tree(a="2"))
    assert (tmp_path / "other" / "b").read_text() == "precious"


def test_files_are_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "report.json", "old")
    write_file(tmp_path / "report.json", "new")
    assert _contents(tmp_path) == {"report.json": "new"}
    _failing(monkeypatch, "replace", lambda path: True)
    with pytest.raises(McugenError, match="no space left"):
        write_file(tmp_path / "report.json", "newer")
    assert _contents(tmp_path) == {"report.json": "new"}
