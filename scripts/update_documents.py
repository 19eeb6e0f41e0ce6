"""Runs what the documents show and puts what it prints into them.

    .venv/bin/python -m scripts.update_documents                    writes README.md and all pages anew
    .venv/bin/python -m scripts.update_documents docs/tutorial.md   this page only; one that it follows is run, too
    .venv/bin/python -m scripts.update_documents --check [PAGE]...  only names what is out of date, with exit code 1

scripts/documents.py says what of a document is run. Commands run in an empty directory with links to everything in the
repository and to the models in ../shared/models and ../shared/field, or in --directory, where more that they name may
lie. One that fails, or needs what is not there, keeps its old output. --check compares only what does not depend on the
machine (compilers, time), and words only, not the lines that tables are made of; it runs what the tests run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.documents import DOCUMENTS, ROOT, Command, with_outputs
from scripts.run_documents import Workplace, groups


def refresh(pages: list[Path], wanted: set[Path], workplace: Workplace, *, check: bool) -> list[str]:
    """Runs the pages in order and rewrites those that are wanted; with check says instead what is out of date."""
    before = {page: page.read_text() for page in pages}
    outputs: dict[Path, dict[Command, str]] = {page: {} for page in pages}
    stale = []
    for result in workplace.run_pages(pages, testing=check):
        command = result.step.shown
        print(f"$ {result.step.command}", file=sys.stderr)
        if result.left_out or result.code:
            reason = f"needs {result.left_out}" if result.left_out else f"exit code {result.code}"
            print(f"{result.output}left as it is: {reason}", file=sys.stderr)
        elif command is not None and command.last:
            outputs[result.page][command] = result.output
            if workplace.is_stale(result):
                stale.append(f"{result.page.relative_to(ROOT)}: not what it prints now: {command.text}")
    for page in () if check else wanted & set(pages):
        if page.read_text() == before[page]:
            page.write_text(with_outputs(before[page], outputs[page]))
        else:
            print(f"{page.relative_to(ROOT)} was edited meanwhile, so left as it is", file=sys.stderr)
    return stale if check else []


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="a document, by path")
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--directory", type=Path, help="where commands run, by default a directory that is removed")
    options = parser.parse_args()
    wanted = {page.resolve() for page in options.pages} or set(DOCUMENTS)
    if unknown := wanted - set(DOCUMENTS):
        parser.error(f"no document of this repository: {', '.join(map(str, unknown))}")
    stale = []
    for group in groups():
        # What stands behind the last page that is wanted need not run.
        last = max((number for number, page in enumerate(group) if page in wanted), default=-1)
        with tempfile.TemporaryDirectory(prefix="mcugen-documents-") as name:
            workplace = Workplace((options.directory or Path(name)).resolve())
            stale += refresh(group[: last + 1], wanted, workplace, check=options.check)
    print("\n".join(stale), end="\n" if stale else "")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
