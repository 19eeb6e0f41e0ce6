"""The network as a Python module for MicroPython: part of the firmware, or a native .mpy with its weights apart."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any

from mcugen.codegen.build_systems import sources
from mcugen.codegen.environment import environment
from mcugen.codegen.external_constants import IDENTITY_BYTES, external_file
from mcugen.codegen.library import Library
from mcugen.codegen.names import RESERVED
from mcugen.diagnostics import McugenError


def micropython_files(library: Library, variables: Mapping[str, Any]) -> dict[str, str | bytes]:
    """The files of the Python module, by path. variables: those of the package's templates.

    Raises McugenError for a name that Python cannot import.
    """
    name = library.name
    if keyword.iskeyword(name):
        raise McugenError(f"{name!r} cannot name a Python module: it is a keyword", "give another one with --name")
    if name in RESERVED["micropython"]:  # `import NAME` would find that one
        raise McugenError(f"{name!r} is a module that MicroPython has already", "give another one with --name")
    channels = library.plan.graph.output_tensor.channels
    named = library.plan.graph.labels if len(library.plan.graph.labels) == channels else ()
    weights = external_file(library.constants)
    library_sources = [source for source in sources(library) if source != f"{name}_test_vectors.c"]
    values = {
        **variables,
        "camera": library.plan.graph.camera,
        "detector": library.detector,
        "labels": list(named) or [str(index) for index in range(channels)],
        "identity": list(weights[:IDENTITY_BYTES]),
        "library_sources": library_sources,
        "code_sources": [source for source in library_sources if source != f"{name}_weights.c"],
    }
    templates = {
        "micropython.mk": "micropython.mk.j2",
        "micropython.cmake": "micropython.cmake.j2",
        "micropython/Makefile": "Makefile.j2",
        f"micropython/mod{name}.c": "module.c.j2",
    }
    files: dict[str, str | bytes] = {
        file: environment().get_template(f"micropython/{template}").render(values)
        for file, template in templates.items()
    }
    files[f"micropython/{name}.weights"] = weights
    return files
