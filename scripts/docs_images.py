"""Makes the pictures of `mcugen report` that the documentation shows, in headless Chromium.

    python scripts/docs_images.py [--model vww_96_int8.tflite] [-o docs/images]

`make docs-images` does it. Two reports are made and photographed: of --model for Cortex-M4, run on the host, and of a
shallow net that is trained for it on Fashion-MNIST (three epochs, two minutes), with its accuracy in float and int8.
Needs the extras test and torch, Chromium with its driver, and Debian's dataset-fashion-mnist.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT.parent / "shared" / "models" / "vww_96_int8.tflite"
WIDTH = 1280
_HEIGHT = 900
_MARGIN = 24
_COLOURS = 192
_NET = ("mobilenet_v1_shallow", "--alpha", "0.1", "--min-depth", "8", "--size", "32")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    f"--window-size={WIDTH},{_HEIGHT}",
)


@dataclass(frozen=True)
class Shot:
    """A picture of the page from the top of the element `first` to the end of the element `last`, both ids."""

    file: str
    first: str
    last: str
    theme: str = "light"


OF_COST = (Shot("report-light.png", "top", "layers"), Shot("report-dark.png", "roofline", "memory", "dark"))
OF_ACCURACY = (Shot("report-accuracy.png", "accuracy", "accuracy"),)


class NoBrowser(Exception):
    """Something is missing of Chromium, its driver, and selenium."""


@contextmanager
def open_browser(profile: Path) -> Iterator[Any]:
    """Chromium without a window, `WIDTH` pixels wide, as a selenium driver. profile: a directory for its state.

    Raises NoBrowser.
    """
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        raise NoBrowser("Chromium is not here: apt-get install chromium chromium-driver")
    try:
        from selenium import webdriver
    except ImportError as error:
        raise NoBrowser("selenium is not installed: pip install selenium") from error
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield opened
    finally:
        opened.quit()


def show(browser: Any, width: int, theme: str) -> None:
    """The open page so many CSS pixels wide, in the theme "light" or "dark"."""
    metrics = {"width": width, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)


def photograph(browser: Any, first: str | None = None, last: str | None = None) -> bytes:
    """The open page, or from the element with the id `first` to the one with the id `last`, as PNG."""
    if first is None:
        box = browser.execute_script(
            "const all = document.documentElement; return [0, 0, all.clientWidth, all.scrollHeight];"
        )
    else:
        box = browser.execute_script(
            "const [a, b] = [...arguments].slice(0, 2).map(id => document.getElementById(id).getBoundingClientRect());"
            # Sections have room above their headings.
            f"return [a.left - {_MARGIN}, a.top + scrollY,"
            f"        a.right + {_MARGIN}, b.bottom + scrollY + {_MARGIN}];",
            first,
            last,
        )
    clip = {"x": box[0], "y": box[1], "width": box[2] - box[0], "height": box[3] - box[1], "scale": 1}
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    return base64.b64decode(taken["data"])


def print_pages(browser: Any) -> bytes:
    """The open page as it is printed, as PDF."""
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True, "preferCSSPageSize": True})
    return base64.b64decode(printed["data"])


def photograph_report(browser: Any, page: Path, shots: Sequence[Shot], directory: Path) -> None:
    """Writes the pictures, in few colours so that they stay small."""
    from PIL import Image

    browser.get(page.as_uri())
    for shot in shots:
        show(browser, WIDTH, shot.theme)
        picture = Image.open(io.BytesIO(photograph(browser, shot.first, shot.last))).convert("RGB")
        few = picture.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(directory / shot.file, optimize=True)
        size = (directory / shot.file).stat().st_size
        print(f"{directory / shot.file}: {picture.width} x {picture.height}, {size:,} bytes")


def mcugen(*arguments: object) -> None:
    """Runs the command of this tree."""
    print("mcugen", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "mcugen", *map(str, arguments)], cwd=ROOT, check=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL, help="whose costs are shown")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        costs, accuracy = scratch / "costs.html", scratch / "accuracy.html"
        mcugen("report", options.model, "--target", "cortex-m4", "--run", "host", "--no-boards", "-o", costs)
        run, net = scratch / "run", scratch / "net.pt2"
        mcugen("train", "--data", "fashion-mnist", "--net", *_NET, "--epochs", 3, "--seed", 0, "-o", run)
        mcugen("quantize", run / "checkpoint.pt", "-o", net)
        of_net = ("--target", "cortex-m4", "--no-boards", "--data", "fashion-mnist", "--limit", 1000)
        mcugen("report", net, *of_net, "--float", run / "checkpoint.pt", "-o", accuracy)
        with open_browser(scratch / "profile") as browser:
            photograph_report(browser, costs, OF_COST, options.output)
            photograph_report(browser, accuracy, OF_ACCURACY, options.output)


if __name__ == "__main__":
    main()
