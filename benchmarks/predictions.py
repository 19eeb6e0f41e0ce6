"""Predicted against counted instructions of models that had no part in the constants of predictions.

    python benchmarks/predictions.py [MODEL ...] [--targets cortex-m4,cortex-m3] [--summary] [--kinds] [--counts FOLDER]
    python benchmarks/predictions.py --unseen 0-20 [--targets cortex-m4] ...

Without MODEL: the bundled and the shared ones; with --unseen small networks of all operators, by their seeds. Each
is compiled for every core and run once in the emulator. Printed: counted and predicted instructions, the error of these
and of the modelled cycles, and how many functions were only estimated.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

from counting import Row, count

from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph
from mcugen.plan.constants import table_of
from mcugen.plan.prediction import cost_of, unmeasured_loops
from mcugen.targets import TARGETS, find_target
from tests.support.unseen_nets import unseen_net

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--targets", default=",".join(t.name for t in TARGETS if t.costs == t.name))
    parser.add_argument("--summary", action="store_true", help="print a line for each core only")
    parser.add_argument("--kinds", action="store_true", help="print the error of each kind of function, too")
    parser.add_argument("--counts", type=Path, help="a folder that keeps what was counted, for the next time")
    parser.add_argument("--unseen", default="", help="networks of these seeds, such as 0-20 for those below 20")
    options = parser.parse_args()
    networks: list[tuple[str, Path | Graph]] = [(path.stem, path) for path in options.models or default_models()]
    if options.unseen:
        first, end = map(int, options.unseen.split("-"))
        networks = [(f"unseen {seed}", unseen_net(seed)) for seed in range(first, end)]
    kinds: dict[str, list[tuple[float, int]]] = defaultdict(list)
    if options.summary:
        print("| core | models | within 1 % | within 3 % | median | largest error |")
        print("| --- | ---: | ---: | ---: | ---: | --- |")
    else:
        print("| core | model | counted | predicted | error | of cycles | estimated functions |")
        print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name in options.targets.split(","):
        errors: list[tuple[float, str]] = []
        for model, source in networks:
            try:
                # Of unseen networks constant channels stay, so that their shapes are those that were drawn.
                compiled = compile_model(source, target=name, name="net", fold_constants=not options.unseen)
            except McugenError as error:
                print(f"{model}: {error}", file=sys.stderr)
                continue
            rows = count(compiled, find_target(name), options.counts)
            error, line = _compare(name, model, rows, kinds)
            errors.append((error, model))
            if not options.summary:
                print(line, flush=True)
        if options.summary:
            worst, model = max(errors, key=lambda each: abs(each[0]))
            within = [sum(abs(error) <= bound for error, _ in errors) for bound in (0.01, 0.03)]
            middle = median(abs(error) for error, _ in errors)
            counts = f"{len(errors)} | {within[0]} | {within[1]}"
            print(f"| {name} | {counts} | {middle:.1%} | {worst:+.1%}, {model} |", flush=True)
    for kind, of_kind in sorted(kinds.items()) if options.kinds else ():
        counted = sum(instructions for _, instructions in of_kind)
        off = sum(abs(predicted - instructions) for predicted, instructions in of_kind)
        print(f"{kind:60} {counted:12,} {off / counted:8.2%}")


def default_models() -> list[Path]:
    """The bundled models and, where they are, the shared ones."""
    shared = ROOT.parent / "shared"
    patterns = ("models/*.tflite", "models/*.onnx", "field/*.tflite", "field/small/*.tflite")
    return sorted([*ROOT.glob("examples/*/*.onnx"), *(path for each in patterns for path in shared.glob(each))])


def _compare(target: str, model: str, rows: list[Row], kinds: dict[str, list[tuple[float, int]]]) -> tuple[float, str]:
    """The error of a model and its line; kinds: what is added to, predicted and counted by kind of function."""
    table = table_of(target)
    assert table is not None
    predicted = [cost_of(table.complete, row.part) for row in rows]
    unknown = sum(bool(unmeasured_loops(table.complete, row.part)) for row in rows)
    for row, (instructions, _) in zip(rows, predicted, strict=True):
        kinds[f"{target} {row.part.kind}"].append((instructions, row.instructions))
    counted, cycles = sum(row.instructions for row in rows), sum(row.cycles for row in rows)
    whole = round(sum(instructions for instructions, _ in predicted))
    of_cycles = f"{sum(each for _, each in predicted) / cycles - 1:+.1%}" if table.cycles else "-"
    error = whole / counted - 1
    return error, f"| {target} | {model} | {counted:,} | {whole:,} | {error:+.1%} | {of_cycles} | {unknown} |"


if __name__ == "__main__":
    main()
