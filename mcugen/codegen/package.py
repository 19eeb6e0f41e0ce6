"""The generated directory as a whole: C files, test vectors, files of build systems, manifest and a README."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.codegen.build_systems import build_system_files, cmake_target
from mcugen.codegen.environment import environment
from mcugen.codegen.library import Library, has_top1
from mcugen.codegen.manifest import make_manifest
from mcugen.codegen.micropython import micropython_files
from mcugen.codegen.test_frames import frames_kept
from mcugen.codegen.test_vectors import test_vector_files, vector_bytes, vectors_kept
from mcugen.ir import Graph
from mcugen.reference.pixels import pixel_variables
from mcugen.schemas.encode import to_json
from mcugen.version import __version__


def package_files(
    imported: Graph,
    library: Library,
    passes: Sequence[str],
    model_file: str,
    *,
    micropython: bool = False,
    self_test: np.ndarray | None = None,
) -> dict[str, str | bytes]:
    """The text, or the bytes, of every file, by its path.

    imported: the graph before `passes`, whose names the manifest lists. micropython: with the Python module. self_test:
    images [N, H, W, C] of the user's own in the place of the test vectors that are made here.
    """
    name = library.name
    variables = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "model_file": model_file or imported.name,
        **pixel_variables(imported),
        "has_top1": has_top1(imported),
        "input": imported.input_tensor,
        "output": imported.output_tensor,
        "several": imported.several,
        "by_rows": library.by_rows,
        "library": library,
        "target": library.plan.target,
        "labels": imported.labels,
        "cmake_target": cmake_target(name),
        "micropython": micropython,
        "vectors": vectors_kept(imported, self_test),
        "frames": frames_kept(imported),
        "given": self_test is not None,
        "vector_bytes": vector_bytes(imported, self_test),
    }
    files: dict[str, str | bytes] = {}
    files |= library.files | test_vector_files(library, imported, self_test)
    files |= build_system_files(imported, library, variables)
    if micropython:
        files |= micropython_files(library, variables)
    files["README.md"] = environment().get_template("package/README.md.j2").render(variables)
    files[f"{name}.json"] = to_json(make_manifest(imported, library, passes, model_file, files))
    return files
