"""How long the tool itself takes: user CPU seconds of whole commands and of an image through the reference, the least
of several runs, beside the budget.

    python benchmarks/startup.py [MODEL] [--runs 3]

MODEL is by default the visual wake words model of the workplace. Exit code 1 if a budget is exceeded. User time, as it
depends least on what else the machine does.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mcugen import reference
from mcugen.frontend import load_model
from mcugen.inputs import random_images

MODEL = Path(__file__).resolve().parents[2] / "shared" / "models" / "vww_96_int8.tflite"


def user_seconds(arguments: list[str]) -> float:
    """User CPU time of one run of `mcugen` and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-m", "mcugen", *arguments], check=True, stdout=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def reference_seconds(model: Path) -> float:
    """Processor time of one image in the NumPy reference."""
    graph = load_model(model)
    image = random_images(graph.input_tensor, 1, 0)
    durations = []
    for _ in range(10):
        start = time.process_time()
        reference.run(graph, image)
        durations.append(time.process_time() - start)
    return min(durations)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=MODEL)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    model = str(options.model)
    over = False
    with tempfile.TemporaryDirectory() as scratch:
        commands = [
            (0.3, ["--help"]),
            (1.5, ["analyze", model, "--target", "cortex-m4"]),
            (3.0, ["generate", model, "--target", "cortex-m4", "-o", f"{scratch}/library"]),
        ]
        for budget, arguments in commands:
            taken = min(user_seconds(arguments) for _ in range(options.runs))
            over = over or taken > budget
            print(f"{arguments[0]:10} {taken:5.2f} s of user time, budget {budget:.1f} s")
    taken = reference_seconds(options.model)
    over = over or taken > 0.05
    print(f"reference  {taken:5.3f} s of processor time an image, budget 0.050 s")
    raise SystemExit(1 if over else 0)


if __name__ == "__main__":
    main()
