"""Fingerprints of all files that the generator writes, to prove that a change changes none of them.

    python -m scripts.fingerprint > before.txt
    python -m scripts.fingerprint --compare before.txt

For every model that is at hand (bundled, ../shared/models, ../shared/field) and every target: the files as shipped,
traced, and as a module for MicroPython. A model that is refused has the refusal as its fingerprint. --compare names
what differs, is missing or is new, and ends with 1 where something does; it compares the models and targets that are
asked for. --keep writes the files as well, for diff -r. The whole takes some minutes of one core: while working,
--targets and --models take a part of it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mcugen.codegen.library import make_library
from mcugen.compiler import Compiled, compile_model
from mcugen.diagnostics import McugenError
from mcugen.frontend import load_model
from mcugen.targets import TARGETS, Target

ROOT = Path(__file__).resolve().parents[1]
_FOLDERS = ("examples/fashion_mnist", "examples/fashion_mnist_tiny", "../shared/models", "../shared/field")
_FOLDERS_OF_PARTS = ("../shared/field/small",)
_FORMATS = (".tflite", ".onnx")
_DIGITS = 16


def model_files() -> list[Path]:
    """Every model that is at hand."""
    folders = [ROOT / folder for folder in (*_FOLDERS, *_FOLDERS_OF_PARTS)]
    return [path for folder in folders for path in sorted(folder.glob("*")) if path.suffix in _FORMATS]


def variants(compiled: Compiled) -> Iterator[tuple[str, Compiled]]:
    """A compiled model in every form in which its files are written; planned once."""
    yield "shipped", compiled
    plan, name = compiled.plan, compiled.library.name
    yield "traced", replace(compiled, library=make_library(plan, name, trace=True))
    external = make_library(plan, name, external_constants=True)
    yield "micropython", replace(compiled, library=external, micropython=True)


def fingerprints(path: Path, targets: Sequence[Target], keep: Path | None) -> Iterator[tuple[str, str]]:
    """(MODEL TARGET VARIANT FILE, digest of its bytes) of every file; (MODEL or MODEL TARGET, the refusal)."""
    of = path.name
    try:
        graph = load_model(path)
        for target in targets:
            of = f"{path.name} {target.name}"
            compiled = replace(compile_model(graph, target=target), model_file=path.name)
            for variant, form in variants(compiled):
                for name, content in sorted(form.files().items()):
                    data = content.encode() if isinstance(content, str) else content
                    yield f"{of} {variant} {name}", hashlib.sha256(data).hexdigest()[:_DIGITS]
                    if keep is not None:
                        kept = keep / path.name / target.name / variant / name
                        kept.parent.mkdir(parents=True, exist_ok=True)
                        kept.write_bytes(data)
    except McugenError as error:
        yield of, f"refused: {error}".replace("\n", " ")


def read(file: Path) -> dict[str, str]:
    """A file of fingerprints: by what each is of."""
    return dict(reversed(line.split("\t", 1)) for line in file.read_text().splitlines())


def report(before: dict[str, str], after: dict[str, str], things: str = "files") -> list[str]:
    """What differs, a line each, and last how much."""
    lines = []
    counts: Counter[str] = Counter()
    for of in sorted(before.keys() | after.keys()):
        if before.get(of) != after.get(of):
            what = "new" if of not in before else "missing" if of not in after else "differs"
            counts[what] += 1
            refusal = next((d[of] for d in (after, before) if d.get(of, "").startswith("refused")), "")
            lines.append(f"{what}: {of} {refusal}".rstrip())
    summary = ", ".join(f"{number} {what}" for what, number in counts.items()) or "nothing differs"
    return [*lines, f"{len(after)} {things}: {summary}"]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", type=Path, metavar="FILE", help="fingerprints of before, to compare with")
    parser.add_argument("--models", default="", metavar="TEXT,...", help="only models with one of these in their names")
    parser.add_argument("--targets", default="", metavar="NAME,...", help="only these targets")
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="write the files there as well")
    arguments = parser.parse_args()
    names = [name for name in arguments.targets.split(",") if name]
    texts = arguments.models.split(",")
    targets = [target for target in TARGETS if not names or target.name in names]
    models = [path for path in model_files() if any(text in path.name for text in texts)]
    if not models or len(targets) < len(names):
        parser.error("no such model or target")
    found: dict[str, str] = {}
    for number, path in enumerate(models, 1):
        print(f"{number} of {len(models)}: {path.name}", file=sys.stderr)
        for of, digest in fingerprints(path, targets, arguments.keep):
            found[of] = digest
            if arguments.compare is None:
                print(f"{digest}\t{of}")
    if arguments.compare is None:
        return 0
    asked = {path.name for path in models}, {target.name for target in targets}
    before = {of: digest for of, digest in read(arguments.compare).items() if _is_asked(of, *asked)}
    lines = report(before, found)
    print("\n".join(lines))
    return int(len(lines) > 1)


def _is_asked(of: str, models: set[str], targets: set[str]) -> bool:
    model, *rest = of.split(" ")
    return model in models and (not rest or rest[0] in targets)


if __name__ == "__main__":
    sys.exit(main())
