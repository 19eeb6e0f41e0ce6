"""Two pages, made once: what their drawings say is compared with the documents that they hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.report.test_report import embedded
from tests.support.command import mcugen

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "fashion_mnist"


@dataclass(frozen=True)
class Drawing:
    """One SVG element of a page."""

    root: ElementTree.Element

    @property
    def texts(self) -> list[str]:
        """What is written, titles (which show on hovering) left out."""
        return ["".join(_own_text(element)).strip() for element in self.root.iter("text")]

    @property
    def titles(self) -> list[str]:
        return [(element.text or "").strip() for element in self.root.iter("title")]

    def all(self, tag: str, **attributes: str) -> list[ElementTree.Element]:
        """Elements in the order of the drawing, all attributes as given; class_ stands for class."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [e for e in self.root.iter(tag) if all(e.get(name) == value for name, value in wanted.items())]

    def scale(self, *, vertical: bool = False) -> tuple[float, float]:
        """(position of 0, units of the drawing for 1) of a linear axis, from its first and last tick as drawn."""
        ticks = []
        for group in self.all("g", class_="tick"):
            lines, labels = group.findall("line"), group.findall("text")
            if bool(lines) and (lines[0].get("y1") == lines[0].get("y2")) == vertical:
                ticks = [
                    (float(line.get("y1" if vertical else "x1", "nan")), number(label.text or ""))
                    for line, label in zip(lines, labels, strict=True)
                ]
        (start, low), (end, high) = ticks[0], ticks[-1]
        unit = (end - start) / (high - low)
        return start - low * unit, unit


def _own_text(element: ElementTree.Element) -> list[str]:
    return [element.text or "", *(child.tail or "" for child in element)]


def number(text: str) -> float:
    """The value of a label: 1,234, 12.5 k, −3."""
    digits, _, unit = text.replace("\N{MINUS SIGN}", "-").replace(",", "").partition(" ")
    return float(digits) * {"": 1, "k": 1e3, "M": 1e6}[unit]


@dataclass(frozen=True)
class Page:
    """A page's document, and its drawings by the begin of what a screen reader says of them."""

    document: dict[str, Any]
    drawings: dict[str, Drawing]

    def __getitem__(self, label: str) -> Drawing:
        (found,) = (drawing for name, drawing in self.drawings.items() if name.startswith(label))
        return found


def _page(path: Path) -> Page:
    drawings = {}
    for text in re.findall(r"<svg .*?</svg>", path.read_text(), re.DOTALL):
        root = ElementTree.fromstring(text)
        drawings[root.attrib["aria-label"]] = Drawing(root)
    return Page(embedded(path), drawings)


@pytest.fixture(scope="package")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The bundled model for Cortex-M4, with the accuracy over its twenty images."""
    directory = tmp_path_factory.mktemp("plots")
    with np.load(EXAMPLE / "images.npz") as archive:
        images = np.pad(archive["images"], ((0, 0), (2, 2), (2, 2)))
        np.savez(directory / "images.npz", images=images, labels=archive["labels"])
    model = next(EXAMPLE.glob("*_32.onnx"))
    arguments = ("--target", "cortex-m4", "--no-boards", "--data", directory / "images.npz")
    assert mcugen("report", model, *arguments, "-o", directory / "page.html").code == 0
    return _page(directory / "page.html")


@pytest.fixture(scope="package")
def vww(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A net with dead channels, for a target without instructions."""
    path = tmp_path_factory.mktemp("plots") / "vww.html"
    model = models / "vww_96_int8.tflite"
    assert mcugen("report", model, "--target", "generic", "--no-boards", "-o", path).code == 0
    return _page(path)
