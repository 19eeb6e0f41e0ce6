"""What of a .pt2 archive torch gets to see: plain tensors and a program of operators, nothing that could run.

`torch.export.load` unpickles sample inputs, pickled weights and opaque objects, loads compiled libraries, evaluates
symbolic sizes with sympy, imports modules that tree specifications name, and pastes names into Python code. So the
archive is read here, checked, and written anew with the few entries that a quantized program needs.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcugen.bounded import check_members, parse_json
from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError
from mcugen.frontend.recorded import KEYS
from mcugen.frontend.torch.inert import inert_program

LABELS_FILE = "labels.txt"
"""The extra file of a .pt2 that holds the names of the classes, a line each."""

_PROGRAM = "models/model.json"
_PAYLOADS = {
    "data/weights/": ("model_weights_config.json", "weight_"),
    "data/constants/": ("model_constants_config.json", "tensor_"),
}
_IGNORED = re.compile(
    r"archive_format|archive_version|byteorder|\.data/\w+|extra/.*|data/sample_inputs/model\.pt|"
    r"data/(weights|constants)/"
)
_CODE = {
    "data/aotinductor/": "a compiled package",
    "data/executorch/": "a compiled package",
    "data/mtia/": "a compiled package",
    "data/constants/custom_obj_": "a pickled object",
    "data/constants/opaque_obj_": "a pickled object",
    "data/weights/model.pt": "pickled weights",
    "data/constants/model.pt": "pickled constants",
}
_AGAIN = "write it with torch.export.save of the torch that mcugen uses, from a program whose weights are plain tensors"
_MOST_ELEMENTS = 1 << 28


@dataclass(frozen=True)
class Archive:
    """content: an archive for torch.export.load that holds nothing that could run. labels: names of the classes.
    records: what else the file says of the net, as of `with_records`."""

    content: bytes
    labels: tuple[str, ...]
    records: Mapping[str, str]


def read_archive(path: Path) -> Archive:
    """The checked content of a .pt2 file; nothing in it is executed, unpickled or imported.

    Raises ModelFormatError where it is damaged, UnsupportedModelError naming what in it could run code.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, path)
            entries = _entries(archive, path)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ModelFormatError(f"{path}: a damaged .pt2 file: {error}", "is the download complete?") from error
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {error.strerror or error}") from error
    kept = {
        "archive_format": b"pt2",
        "archive_version": entries.get("archive_version", b"0"),
        "byteorder": entries.get("byteorder", b"little"),
        ".data/version": b"6\n",
        # torch asks for sample inputs and takes none for an answer.
        "data/sample_inputs/model.pt": b"",
        _PROGRAM: json.dumps(inert_program(parse_json(entries[_PROGRAM], f"{path}: its program"), path)).encode(),
    }
    for folder, (config, prefix) in _PAYLOADS.items():
        kept |= _tensors(entries, folder, config, prefix, path)
    labels = entries.get(f"extra/{LABELS_FILE}", b"").decode("utf-8", "replace")
    records = {key: entries.get(f"extra/{key}", b"").decode("utf-8", "replace").strip() for key in KEYS}
    return Archive(_packed(kept), tuple(labels.splitlines()), records)


def _entries(archive: zipfile.ZipFile, path: Path) -> dict[str, bytes]:
    """Every entry by its name without the archive's own folder."""
    names = archive.namelist()
    root = names[0].partition("/")[0] + "/" if names else ""
    inner = [name.removeprefix(root) for name in names]
    if "archive_format" not in inner or any(not name.startswith(root) for name in names):
        raise ModelFormatError(f"{path}: not a program that torch.export.save of torch 2.8 or later wrote", _AGAIN)
    for name in inner:
        _check_name(name, path)
    entries = {short: archive.read(name) for short, name in zip(inner, names, strict=True)}
    if entries["archive_format"] != b"pt2":
        raise ModelFormatError(f"{path}: not a .pt2 file", _AGAIN)
    missing = [name for name in (_PROGRAM, *(f + c for f, (c, _) in _PAYLOADS.items())) if name not in entries]
    if missing:
        raise ModelFormatError(f"{path}: has no {missing[0]}", _AGAIN)
    return entries


def _check_name(name: str, path: Path) -> None:
    for prefix, what in _CODE.items():
        if name.startswith(prefix):
            raise UnsupportedModelError(
                f"{path}: holds {what} ({name}), which could run code; it was not opened", _AGAIN
            )
    known = name == _PROGRAM or _IGNORED.fullmatch(name)
    for folder, (config, prefix) in _PAYLOADS.items():
        known = known or re.fullmatch(rf"{folder}({config}|{prefix}\d+)", name)
    if not known:
        raise UnsupportedModelError(f"{path}: holds '{name}', which a quantized program does not need", _AGAIN)


def _tensors(entries: Mapping[str, bytes], folder: str, config: str, prefix: str, path: Path) -> dict[str, bytes]:
    """The configuration of a folder and the bytes of its tensors, each checked to be a plain one that is all there."""
    where = f"{path}: {folder}{config}"
    listed = parse_json(entries[folder + config], where)
    payloads = listed.get("config") if isinstance(listed, dict) else None
    if not isinstance(payloads, dict):
        raise ModelFormatError(f"{where}: not a list of tensors", _AGAIN)
    kept: dict[str, bytes] = {}
    checked = {}
    elements = 0
    for name, payload in payloads.items():
        if not isinstance(payload, dict) or payload.get("use_pickle") is not False:
            raise UnsupportedModelError(
                f"{path}: '{name}' is a pickled object, which could run code; it was not opened", _AGAIN
            )
        file = payload.get("path_name")
        if not isinstance(file, str) or not re.fullmatch(rf"{prefix}\d+", file) or folder + file not in entries:
            raise UnsupportedModelError(f"{path}: '{name}' is not stored as a tensor ({file!r})", _AGAIN)
        meta = payload.get("tensor_meta")
        if not isinstance(meta, dict):
            raise ModelFormatError(f"{where}: '{name}' has no shape", _AGAIN)
        shape = _numbers(meta.get("sizes"), f"{where}: '{name}'")
        _numbers(meta.get("strides"), f"{where}: '{name}'")
        _numbers([meta.get("storage_offset")], f"{where}: '{name}'")
        size: int = math.prod(shape)
        elements += size
        if elements > _MOST_ELEMENTS or (size and not entries[folder + file]):
            raise ModelFormatError(f"{where}: '{name}' declares {shape}, more than is stored")
        kept[folder + file] = entries[folder + file]
        checked[name] = {
            "path_name": file,
            "is_param": bool(payload.get("is_param")),
            "use_pickle": False,
            "tensor_meta": {
                "dtype": meta.get("dtype"),
                "sizes": meta["sizes"],
                "requires_grad": bool(meta.get("requires_grad")),
                # Wherever they were trained: the compiler reads them on this machine's processor.
                "device": {"type": "cpu", "index": None},
                "strides": meta["strides"],
                "storage_offset": meta["storage_offset"],
                "layout": meta.get("layout"),
            },
        }
    return {**kept, folder + config: json.dumps({"config": checked}).encode()}


def _numbers(values: Any, where: str) -> list[int]:
    """(3, 5) of [{"as_int": 3}, {"as_int": 5}], the one form in which nothing is left to evaluate."""
    found: list[int] = []
    for value in values if isinstance(values, list) else [None]:
        number = value.get("as_int") if isinstance(value, dict) and set(value) == {"as_int"} else None
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise UnsupportedModelError(f"{where}: sizes that are not fixed", "export without dynamic_shapes")
        found.append(number)
    return found


def _packed(entries: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(f"archive/{name}", data)
    return content.getvalue()
