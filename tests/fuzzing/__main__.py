"""Changes models and feeds them to the compiler: no traceback, no hang, no more than 2 GiB, no half-written output.

    python -m tests.fuzzing                                  10,000 inputs, a new seed, 200 comparisons
    python -m tests.fuzzing --seed 7 --inputs 500 --largest 60000
    python -m tests.fuzzing --seed 7 --only 123              input 123 of seed 7 again
    python -m tests.fuzzing --file FILE                      a saved input again, compared as well

Ends with status 1 if anything failed; failing inputs are saved, and each line says how to run one again.
"""

from __future__ import annotations

import os

# Threads of BLAS would not survive a fork, and count against the limit of memory.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import importlib.util
import json
import secrets
import sys
from pathlib import Path

from tests.fuzzing.campaign import Campaign
from tests.fuzzing.guided import guided_inputs
from tests.fuzzing.inputs import Input, Model, all_models, make_input
from tests.fuzzing.judge import judge
from tests.fuzzing.sandbox import apart

_EVERY = 500


def main() -> int:
    """The command."""
    arguments = _arguments()
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    models = all_models(arguments.largest)
    campaign = Campaign(seed, arguments.save, arguments.exact)
    _warm(models)
    if arguments.file is not None:
        campaign.exact = 1
        data = arguments.file.read_bytes()
        verdict = campaign.try_input(Input(0, "file", arguments.file.name, data))
        print(f"{verdict.outcome}: {verdict.detail}")
        return 1 if campaign.failures else 0
    print(f"seed {seed}, {len(models)} models", flush=True)
    if arguments.only is not None:
        entry = make_input(models, seed, arguments.only)
        campaign.exact = 1
        verdict = campaign.try_input(entry)
        print(f"{entry.kind} of {entry.model}: {verdict.outcome}: {verdict.detail}")
        return 1 if campaign.failures else 0
    guided = arguments.guided if importlib.util.find_spec("atheris") is not None else 0
    if guided < arguments.guided:
        print("atheris is not installed: no coverage-guided inputs, as many others in their place", flush=True)
    if importlib.util.find_spec("tflite_micro") is None:
        print("tflite-micro is not installed: what is accepted is compared with the reference alone", flush=True)
    for number in range(arguments.inputs - guided):
        campaign.try_input(make_input(models, seed, number))
        if (number + 1) % _EVERY == 0:
            print(f"{number + 1} inputs, {len(campaign.failures)} failures", flush=True)
    campaign.run(guided_inputs(models, seed, guided))
    _report(campaign, arguments.json)
    return 1 if campaign.failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzzing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000, help="how many, the guided ones included")
    parser.add_argument("--seed", type=int, help="by default a new one, which is printed")
    parser.add_argument("--guided", type=int, default=2_000, help="how many of the inputs atheris finds by coverage")
    parser.add_argument("--exact", type=int, default=200, help="how many accepted inputs to compare")
    parser.add_argument("--largest", type=int, default=1 << 30, help="bytes of the largest model to change")
    parser.add_argument("--save", type=Path, default=Path("build/fuzzing"), help="directory for inputs that fail")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one input of the seed")
    parser.add_argument("--file", type=Path, help="one saved input")
    return parser.parse_args()


def _warm(models: list[Model]) -> None:
    """Imports all that compiling imports, so that every fork finds it there."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".tflite", ".onnx"):
            for model in [model for model in models if model.suffix == suffix][:1]:
                path = Path(folder) / f"warm{suffix}"
                path.write_bytes(model.data)
                judge(path, Path(folder) / f"out{suffix}")
    apart(lambda: None)


def _report(campaign: Campaign, file: Path | None) -> None:
    figures = {
        "seed": campaign.seed,
        "inputs": campaign.outcomes.total(),
        "outcomes": {f"{kind}, {outcome}": n for (kind, outcome), n in sorted(campaign.outcomes.items())},
        "comparisons": dict(sorted(campaign.comparisons.items())),
        "failures": campaign.failures,
    }
    for name, count in figures["outcomes"].items():
        print(f"{count:7} {name}")
    for name, count in figures["comparisons"].items():
        print(f"{count:7} compared: {name}")
    print(f"{len(campaign.failures):7} failures, seed {campaign.seed}")
    if file is not None:
        file.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
