"""The main job from beginning to end on the bundled model: analyze, generate, compile, classify, prove.

    python examples/demo.py DIRECTORY

The generated C goes to DIRECTORY, what is compiled of it beside it. Every command is shown before it runs.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

# As a person would type it here.
HERE = Path(os.path.relpath(Path(__file__).parent / "fashion_mnist"))
MODEL = HERE / "fashion_mnist_mnv1_a025_32.onnx"
# The compiled C takes 32 x 32 pixels; Fashion-MNIST has 28 x 28.
BORDER = 2
CASES = 24

console = Console(highlight=False)


@dataclass(frozen=True)
class Prediction:
    """label: what the C code says. score: of that class. actual: what the image is."""

    label: str
    score: str
    actual: str

    @property
    def right(self) -> bool:
        """Whether the C code is right."""
        return self.label == self.actual

    @property
    def color(self) -> str:
        """Green or red."""
        return "green" if self.right else "red"


def main() -> int:
    """Runs all steps; the exit code of the first that fails."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    directory = Path(sys.argv[1])
    try:
        step("What the model costs")
        mcugen("analyze", str(MODEL))
        step("C code")
        mcugen("generate", str(MODEL), "-o", str(directory), "--name", "fashion")
        step("Compiled for this computer")
        program = compile_c(directory)
        step("Twenty images of the test set, classified by the compiled C")
        right, total = classify(program, json.loads((directory / "fashion.json").read_text())["labels"])
        step("Is the C code what the model says? Every layer, every value")
        proof = prove(directory.with_name("validation.json"))
    except subprocess.CalledProcessError as error:
        console.print(f"[red]failed with exit code {error.returncode}[/]")
        return error.returncode
    console.print(
        f"[bold green]Bit-exact[/]: {proof['layers_compared']} layers x {proof['cases']} images, every value of the C "
        f"code equals the reference's. {right} of {total} test images were classified right, in "
        f"{proof['ram_bytes']:,} bytes of RAM."
    )
    return 0


def step(title: str) -> None:
    """A headline."""
    console.print()
    console.rule(f"[bold]{title}", align="left")


def show(command: list[str]) -> None:
    """The command line that runs next."""
    console.print(Text(f"$ {shlex.join(command)}", style="bold cyan"), soft_wrap=True)


def mcugen(*arguments: str) -> None:
    """Runs mcugen of this Python's environment."""
    show(["mcugen", *arguments])
    subprocess.run([str(Path(sys.executable).with_name("mcugen")), *arguments], check=True)


def compile_c(directory: Path) -> Path:
    """The example program with the generated library."""
    program = directory.with_name("classify")
    warnings = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wpedantic", "-Werror"]
    sources = [str(HERE / "classify.c"), *sorted(str(path) for path in directory.glob("*.c"))]
    command = ["cc", "-std=c99", "-O2", *warnings, f"-I{directory}", *sources, "-o", str(program)]
    show(command)
    subprocess.run(command, check=True)
    console.print(f"{program}: no warnings")
    return program


def classify(program: Path, labels: list[str]) -> tuple[int, int]:
    """Runs the program on the bundled images; how many it gets right, of how many."""
    with np.load(HERE / "images.npz") as archive:
        images, truth = archive["images"], archive["labels"]
    pixels = np.pad(images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))
    show([str(program)])
    done = subprocess.run([str(program.absolute())], input=pixels.tobytes(), capture_output=True, check=True)
    lines = [line.rsplit(maxsplit=1) for line in done.stdout.decode().splitlines()]
    predictions = [
        Prediction(label, score, labels[actual]) for (label, score), actual in zip(lines, truth, strict=True)
    ]
    if console.is_terminal and console.color_system in ("256", "truecolor"):
        show_pictures(images, predictions)
    else:
        show_table(predictions)
    return sum(prediction.right for prediction in predictions), len(predictions)


def show_table(predictions: list[Prediction]) -> None:
    """A line an image."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("image", "the C code says", "score", "it is"):
        table.add_column(heading, justify="right" if heading in ("image", "score") else "left")
    for index, prediction in enumerate(predictions):
        verdict = f"[{prediction.color}]{prediction.actual}{'' if prediction.right else '  (wrong)'}[/]"
        table.add_row(str(index), prediction.label, prediction.score, verdict)
    console.print(table)


def show_pictures(images: np.ndarray, predictions: list[Prediction]) -> None:
    """The images themselves, as many side by side as fit, with what the C code says under each."""
    width = images.shape[2] // 2
    columns = max(1, min(5, console.width // (width + 4)))
    table = Table.grid(padding=(0, 4, 1, 0))
    for start in range(0, len(predictions), columns):
        cells = []
        for image, prediction in zip(images[start : start + columns], predictions[start:], strict=False):
            cell = picture(image)
            cell.append(prediction.label, style=prediction.color)
            if not prediction.right:
                cell.append(f"\n(is {prediction.actual})")
            cells.append(cell)
        table.add_row(*cells)
    console.print(table)


def picture(pixels: np.ndarray) -> Text:
    """An image at half its size, two pixels a character."""
    small = pixels.reshape(pixels.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3)).astype(int).tolist()
    text = Text()
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append("▀", style=f"rgb({above},{above},{above}) on rgb({below},{below},{below})")
        text.append("\n")
    return text


def prove(report: Path) -> dict[str, int]:
    """Layer by layer, on the bundled images and on extreme and random ones; what `mcugen validate` reports."""
    images = ["--vectors", str(MODEL.with_suffix(".npz")), "--cases", str(CASES)]
    mcugen("validate", str(MODEL), *images, "--report", str(report))
    found: dict[str, int] = json.loads(report.read_text())
    return found


if __name__ == "__main__":
    if shutil.which("cc") is None:
        raise SystemExit("There is no C compiler `cc` here. On Debian or Ubuntu: apt-get install gcc libc6-dev")
    raise SystemExit(main())
