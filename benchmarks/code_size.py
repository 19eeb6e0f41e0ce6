"""Fits the estimate of code size to what the compilers make: writes mcugen/codegen/code_size.json.

    python benchmarks/code_size.py [MODEL ...] [--targets cortex-m4,cortex-m3] [--check]

Without MODEL: the bundled models and, where they are, the shared ones, each with every channel and without those that
are constant; and untrained nets of several shapes. Prints measured against estimated bytes of each library, the
estimate being made with constants that this model had no part in. --check writes nothing. Needs the targets' compilers;
code for `generic` is compiled for Cortex-M3, as a 32-bit core of common density.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from cortex_m import default_models

from mcugen.codegen.code_size import _SIZES, Features, function_features
from mcugen.codegen.library import Library
from mcugen.compiler import compile_model
from mcugen.explore.fit import NETS
from mcugen.explore.untrained import untrained_graph
from mcugen.ir import Graph
from mcugen.nets.architecture import architecture
from mcugen.nets.layers import Architecture
from mcugen.targets import TARGETS, Target, find_target

# Bytes that a constant may be off for nothing: keeps constants of what is rare, or never varies, near zero.
_RIDGE = 3.0


@dataclass(frozen=True, eq=False)
class Sample:
    """One library: sizes by function, and what each is made of."""

    model: str
    functions: list[tuple[Features, int]]

    @property
    def bytes(self) -> int:
        """All code."""
        return sum(size for _, size in self.functions)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--targets", default=",".join(target.name for target in TARGETS))
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    sizes = json.loads(_SIZES.read_text()) if _SIZES.exists() else {}
    for name in options.targets.split(","):
        samples = [
            sample(model, find_target(name), fold)
            for model in options.models or default_models()
            for fold in (True, False)
        ]
        samples += [sample(untrained_graph(net), find_target(name), True) for net in untrained()]
        if len(find_target(name).families) > 1:
            # With the kernels, too, that stages take for which it has no better ones.
            lesser = replace(find_target(name), families=find_target(name).families[1:])
            samples += [sample(model, lesser, True) for model in options.models or default_models()]
        for one in samples:
            others = fit([other for other in samples if other.model != one.model])
            estimate = sum(max(0.0, sum(others.get(k, 0) * n for k, n in f.items())) for f, _ in one.functions)
            print(f"{name:14} {one.model:40} {one.bytes:7,} {round(estimate):7,} {estimate / one.bytes - 1:+.1%}")
        sizes[name] = fit(samples)
    if not options.check:
        _SIZES.write_text(json.dumps(sizes, indent=1, sort_keys=True) + "\n")


def untrained() -> list[Architecture]:
    """Nets of every kind that `mcugen fit` tries."""
    shapes = ((0.1, 48, 1), (0.25, 64, 3), (0.35, 32, 1), (0.35, 96, 3), (0.5, 80, 3))
    return [
        architecture(name, alpha=alpha, size=size, in_chans=channels, num_classes=10)
        for name in NETS
        for alpha, size, channels in shapes
    ]


def sample(model: Path | Graph, target: Target, fold: bool) -> Sample:
    """Compiles one model."""
    library = compile_model(model, target=target, name="net", fold_constants=fold).library
    sizes = function_sizes(library, target if target.compiler else find_target("cortex-m3"))
    label = model.stem if isinstance(model, Path) else f"{model.name} {model.input_tensor.shape}"
    return Sample(label, [(features, sizes[name]) for name, features in function_features(library)])


def function_sizes(library: Library, target: Target) -> Counter[str]:
    """Bytes of code by function; what the compiler split off from one is counted with it."""
    sizes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for file, text in library.files.items():
            (Path(name) / file).write_text(text)
        sources = [file for file in library.files if file.endswith(".c")]
        library_flags = ["--specs=picolibc.specs"] if target.compiler.startswith("riscv") else []
        flags = [*target.compiler_flags, *library_flags, target.optimization, "-std=gnu99", "-ffunction-sections"]
        subprocess.run([f"{target.compiler}gcc", *flags, "-c", *sources], cwd=name, check=True)
        objects = [source.removesuffix("c") + "o" for source in sources]
        command = [f"{target.compiler}size", "-A", *objects]
        listing = subprocess.run(command, cwd=name, capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        words = line.split()
        if len(words) == 3 and words[0].startswith((".text.", ".literal.")):
            sizes[re.split(r"[.$]", words[0])[2]] += int(words[1])
    return sizes


def fit(samples: list[Sample]) -> dict[str, float]:
    """Constants by feature: least squares of the bytes of functions."""
    rows = [row for one in samples for row in one.functions]
    names = sorted({name for features, _ in rows for name in features})
    design = np.array([[features[name] for name in names] for features, _ in rows], float)
    measured = np.array([size for _, size in rows], float)
    scale = np.sqrt((design**2).mean(axis=0))
    scale[scale == 0] = 1
    augmented = np.vstack([design / scale, _RIDGE * np.eye(len(names))])
    solution = np.linalg.lstsq(augmented, np.concatenate([measured, np.zeros(len(names))]), rcond=None)[0]
    return {name: round(value, 2) for name, value in zip(names, solution / scale, strict=True) if abs(value) > 0}


if __name__ == "__main__":
    main()
