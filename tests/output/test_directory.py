"""Writing directories: what is made, updated, kept and refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mcugen.diagnostics import McugenError
from mcugen.output import content_hash, write_directory, write_file
from tests.output.steps import contents, package
from tests.support.without_privileges import run_without_privileges


def test_new_directory_with_missing_parents(tmp_path: Path) -> None:
    files = package(a="1", b="zwei\n")
    write_directory(tmp_path / "x" / "y" / "out", files)
    assert contents(tmp_path / "x" / "y" / "out") == files
    assert [path.name for path in (tmp_path / "x" / "y").iterdir()] == ["out"]


def test_permissions_are_the_usual_ones(tmp_path: Path) -> None:
    write_directory(tmp_path / "out", package(a="1"))
    write_file(tmp_path / "file", "text")
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual file").write_text("")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode
    for path in (tmp_path / "out" / "a", tmp_path / "file"):
        assert path.stat().st_mode == (tmp_path / "usual file").stat().st_mode


def test_empty_directory_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_directory(tmp_path / "out", package(a="1"))
    assert set(contents(tmp_path / "out")) == {"a", "net.json"}


def test_the_working_directory_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_directory(Path("."), package(a="1"))
    write_directory(Path("."), package(b="2"))
    assert set(contents(tmp_path)) == {"b", "net.json"}


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_directory(tmp_path / "link", package(a="1"))
    assert (tmp_path / "link").is_symlink()
    assert set(contents(tmp_path / "real")) == {"a", "net.json"}


def test_update_keeps_what_others_added(tmp_path: Path) -> None:
    write_directory(tmp_path, package(a="1", b="2"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine").write_text("mine")
    write_directory(tmp_path, package("other", a="3", c="4"))
    assert {name: text for name, text in contents(tmp_path).items() if not name.endswith(".json")} == {
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
        write_directory(tmp_path, package(a="1"))
    assert [path.name for path in tmp_path.iterdir()] == ["package.json"]
    write_directory(tmp_path, package(a="1"), force=True)
    assert {path.name for path in tmp_path.iterdir()} == {"package.json", "a", "net.json"}


@pytest.mark.parametrize(
    "name", ["../precious", "..", "", "/etc/passwd", "x/../../precious", "a/", ".git/config", "a\0b"]
)
def test_a_manifest_cannot_reach_outside_its_directory(tmp_path: Path, name: str) -> None:
    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out"
    (out / ".git").mkdir(parents=True)
    (out / ".git" / "config").write_text("precious")
    digest = content_hash("precious")
    (out / "net.json").write_text(json.dumps({"generator": "mcugen", "files": {name: digest}}))
    with pytest.raises(McugenError, match="names what mcugen does not write"):
        write_directory(out, package(a="1"))
    write_directory(out, package(a="1"), force=True)
    assert (tmp_path / "precious").read_text() == (out / ".git" / "config").read_text() == "precious"


def _refused(directory: Path, files: dict[str, str | bytes], *names: str) -> None:
    """Nothing is written, the message names these files, and --force removes none of them."""
    before = contents(directory)
    with pytest.raises(McugenError, match="not written by mcugen, or edited since") as raised:
        write_directory(directory, files)
    for name in names:
        assert name in raised.value.message
    assert contents(directory) == before
    write_directory(directory, files, force=True)
    assert before.keys() >= set(names)
    assert contents(directory).keys() >= set(names)
    assert {name: contents(directory)[name] for name in files} == files


def test_a_file_of_others_in_the_place_of_a_new_one(tmp_path: Path) -> None:
    write_directory(tmp_path, package("a", **{"a.c": "1"}))
    (tmp_path / "b.c").write_text("mine")
    _refused(tmp_path, package("b", **{"b.c": "2"}), "b.c")


@pytest.mark.parametrize("name", ["a.c", "b.c"])
def test_an_edited_file(tmp_path: Path, name: str) -> None:
    """One that would be replaced, and one that would be removed."""
    write_directory(tmp_path, package(**{"a.c": "1", "b.c": "2"}))
    (tmp_path / name).write_text("edited")
    _refused(tmp_path, package(**{"a.c": "3"}), name)


@pytest.mark.parametrize("files", [{"src/main.c": ""}, {"src/main.c": 5}, ["src/main.c"], {"src/main.c": None}])
def test_a_manifest_without_hashes_owns_nothing(tmp_path: Path, files: object) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.c").write_text("mine")
    (tmp_path / "a.json").write_text(json.dumps({"generator": "mcugen", "files": files}))
    _refused(tmp_path, package(x="1"), "src/main.c")


def test_what_is_the_same_is_no_conflict_and_stays_as_it_is(tmp_path: Path) -> None:
    files = package(a="1", b="2")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("1")
    write_directory(tmp_path / "out", files, force=True)
    was = {path.name: path.stat().st_ino for path in (tmp_path / "out").iterdir()}
    write_directory(tmp_path / "out", files)
    write_directory(tmp_path / "out", package(a="1", b="3"))
    now = {path.name: path.stat().st_ino for path in (tmp_path / "out").iterdir()}
    assert [name for name in sorted(now) if now[name] == was[name]] == ["a"]


def test_a_link_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out"
    write_directory(out, package(a="1"))
    (out / "b").symlink_to(tmp_path / "precious")
    with pytest.raises(McugenError, match="not written by mcugen"):
        write_directory(out, package(a="1", b="2"))
    write_directory(out, package(a="1", b="2"), force=True)
    assert (tmp_path / "precious").read_text() == "precious"


def test_two_libraries_in_one_directory(tmp_path: Path) -> None:
    """The one that is updated goes; its neighbour, put there by --force with a manifest of its own, stays."""
    write_directory(tmp_path, package("a", **{"a.c": "1", "a.h": "1"}))
    (tmp_path / "b.json").write_text(str(package("b", **{"b.c": "2"})["b.json"]))
    (tmp_path / "b.c").write_text("2")
    write_directory(tmp_path, package("b", **{"b.c": "3"}))
    assert set(contents(tmp_path)) == {"a.c", "a.h", "a.json", "b.c", "b.json"}


def test_permissions_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_directory(out, package(a="1"))
    out.chmod(0o711)
    (out / "a").chmod(0o600)
    write_directory(out, package(a="2"))
    assert (out.stat().st_mode & 0o777, (out / "a").stat().st_mode & 0o777) == (0o711, 0o600)


def test_what_others_put_there_stays_as_it_is(tmp_path: Path) -> None:
    """Links, empty directories, permissions, and the files themselves."""
    out = tmp_path / "out"
    write_directory(out, package(a="1"))
    (out / "empty").mkdir(mode=0o700)
    (out / "link").symlink_to("nowhere")
    (out / "build").mkdir()
    (out / "build" / "object").write_text("o")
    os.mkfifo(out / "fifo")
    inode = (out / "build" / "object").stat().st_ino
    write_directory(out, package(a="2"))
    assert os.readlink(out / "link") == "nowhere"
    assert (out / "empty").stat().st_mode & 0o777 == 0o700
    assert (out / "build" / "object").stat().st_ino == inode
    assert (out / "build" / "object").stat().st_nlink == 1
    assert (out / "fifo").is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_circle_of_links(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(McugenError, match="too many levels of symbolic links"):
        write_directory(tmp_path / "a" / "out", package(a="1"))


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    for path in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises(McugenError):
            write_directory(path, package(a="1"), force=True)
    assert contents(tmp_path) == {"out": "a file"}


def test_a_directory_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(McugenError, match="is a directory"):
        write_directory(tmp_path, package(a="1", b="2"), force=True)
    assert contents(tmp_path) == {}


def _writing_where_it_is_forbidden() -> None:
    with TemporaryDirectory() as folder:
        locked = Path(folder) / "locked"
        locked.mkdir(mode=0o555)
        for path in (locked, locked / "out"):
            with pytest.raises(McugenError, match="permission denied"):
                write_directory(path, package(a="1"))
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
        write_directory(tmp_path / "parent" / "out", package(a="1"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("/dev/full")
def test_a_device_that_is_full(tmp_path: Path) -> None:
    with pytest.raises(McugenError):
        write_directory(Path("/dev/full/out"), package(a="1"))


def test_subdirectories_and_bytes(tmp_path: Path) -> None:
    write_directory(tmp_path / "out", package(a="1", x__y__b=b"\xff\x00\r\n", x__c="3"))
    assert (tmp_path / "out" / "x" / "y" / "b").read_bytes() == b"\xff\x00\r\n"
    assert (tmp_path / "out" / "x" / "c").read_text() == "3"


def test_an_update_removes_directories_that_it_emptied(tmp_path: Path) -> None:
    write_directory(tmp_path, package(a="1", x__y__b="2", z__c="3"))
    (tmp_path / "z" / "mine").write_text("mine")
    write_directory(tmp_path, package(a="1", w__d="4"))
    assert {path.name for path in tmp_path.iterdir()} == {"a", "net.json", "w", "z"}
    assert [path.name for path in (tmp_path / "z").iterdir()] == ["mine"]


def test_a_link_cannot_lead_an_update_outside(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b").write_text("precious")
    out = tmp_path / "out"
    write_directory(out, package(a="1", x__b="1"))
    (out / "x" / "b").unlink()
    (out / "x").rmdir()
    (out / "x").symlink_to(tmp_path / "other")
    for files in (package(a="2"), package(a="2", x__b="2")):
        with pytest.raises(McugenError):
            write_directory(out, files)
    with pytest.raises(McugenError, match="link on the way"):
        write_directory(out, package(a="2", x__b="2"), force=True)
    write_directory(out, package(a="2"), force=True)
    assert contents(tmp_path / "other") == {"b": "precious"}
