"""The model's part of the firmware: the generated library, its traced twin, and the interface between (`model.h`)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import numpy as np

from mcugen.codegen.build_systems import to_json
from mcugen.codegen.environment import c_array, environment
from mcugen.codegen.library import Library, make_library
from mcugen.codegen.test_frames import frames_kept
from mcugen.codegen.test_vectors import vectors_kept
from mcugen.compiler import Compiled
from mcugen.output import GENERATOR, content_hash
from mcugen.version import __version__

INTERFACE = "model"
"""Directory of the interface, beside that of the library."""

_FUNCTIONS = (
    "begin", "feed_row", "feed_row_u8", "result", "end", "invoke", "invoke_u8", "image", "quantize", "dequantize",
    "dequantize_at", "camera_begin", "camera_row"
)  # fmt: skip


def library_sha256(library: Library) -> bytes:
    """SHA-256 of the library's C files, 32 bytes: the same only for the same model, target, options and generator."""
    digest = hashlib.sha256()
    for name, text in sorted(library.files.items()):
        digest.update(f"{name}\0{text}\0".encode())
    return digest.digest()


def model_files(compiled: Compiled, *, traced: bool) -> dict[str, str | bytes]:
    """The text of every file by its path: NAME/... the library as `generate` writes it, model/... the interface.

    traced: with the traced twin, by which every layer can be compared on the board. It shares weights and context with
    the library; it costs flash for its code and RAM for one row and a checksum a layer.
    """
    library = compiled.library
    name = library.name
    twin = make_library(compiled.plan, name, trace=True) if traced else None
    variables = {
        "name": name,
        "upper": name.upper(),
        "several": compiled.imported.several,
        "by_rows": library.by_rows,
        "frames": frames_kept(compiled.imported),
        "images": vectors_kept(compiled.imported, compiled.self_test),
        "version": __version__,
        "target": compiled.plan.target.name,
        "model_sha256": _hash_text(bytes.fromhex(compiled.imported.source_sha256)),
        "library_sha256": _hash_text(library_sha256(library)),
        "layers": len(twin.layers) if twin else 0,
        "labels": f"{name}_labels" in library.files[f"{name}.h"],
        "largest_row": max(tensor.width * tensor.channels for tensor in library.layers),
    }
    files = {f"{name}/{file}": text for file, text in compiled.files().items()}
    interface = {
        "model.h": environment().get_template("firmware/model.h.j2").render(variables),
        "model.c": environment().get_template("firmware/model.c.j2").render(variables),
    }
    if twin is not None:
        interface[f"{name}_traced.h"] = environment().get_template("firmware/traced.h.j2").render(variables)
        interface |= _twin_files(library, twin)
    interface["library.json"] = to_json(
        {
            "name": INTERFACE,
            "version": __version__,
            "description": f"{name} behind the interface of the firmware",
            "frameworks": "*",
            "platforms": "*",
            "build": {"srcDir": ".", "includeDir": "."},
        }
    )
    return files | {f"{INTERFACE}/{file}": text for file, text in interface.items()}


def manifest_of(files: Mapping[str, str | bytes]) -> str:
    """What marks a directory of such files as generated, so that it can be updated (see `mcugen.output`)."""
    hashes = {name: content_hash(content) for name, content in sorted(files.items())}
    return to_json({"generator": GENERATOR, "mcugen_version": __version__, "files": hashes})


def _hash_text(digest: bytes) -> str:
    return c_array(np.frombuffer(digest, np.uint8))


def _twin_files(library: Library, twin: Library) -> dict[str, str]:
    """The traced sources under names of their own, without what the library has already."""
    name = library.name
    changed = {file for file, text in twin.files.items() if file.endswith(".h") and text != library.files.get(file)}
    known = {constant.name for constant in library.constants}
    additional = [constant for constant in twin.constants if constant.name not in known]
    source = twin.files[f"{name}.c"]
    source = re.sub(rf"\b{name}_({'|'.join(_FUNCTIONS)})\b", rf"{name}_traced_\1", source)
    source = re.sub(rf"\b{name}_trace\b", f"{name}_traced_row", source)
    source = source.replace(f'#include "{name}.h"', f'#include "{name}_traced.h"')
    files = {f"{name}_traced.c": _left_where_it_is(name, "CODE") + source}
    if additional:
        variables = {
            "name": name,
            "upper": name.upper(),
            "constants": additional,
            "constant_bytes": sum(constant.bytes for constant in additional),
            "labels": (),
        }
        weights = environment().get_template("weights.c.j2").render(variables)
        files[f"{name}_traced_weights.c"] = _left_where_it_is(name, "WEIGHTS") + weights
    files |= {_traced_name(name, file): twin.files[file] for file in changed}
    for file in changed:
        include, own = f'#include "{file}"', f'#include "{_traced_name(name, file)}"'
        files = {path: text.replace(include, own) for path, text in files.items()}
    return files


def _left_where_it_is(name: str, kind: str) -> str:
    macro = f"{name.upper()}_{kind}_SECTION"
    return f"/* Fast memories are for the library, not for its twin. */\n#undef {macro}\n#define {macro}\n\n"


def _traced_name(name: str, file: str) -> str:
    return f"{name}_traced{file.removeprefix(name)}"
