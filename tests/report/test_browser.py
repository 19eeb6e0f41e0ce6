"""The page in headless Chromium: no error, tables as the document has them, sorting, both themes, narrow, printed.

`pytest tests/report/test_browser.py --screenshots DIR` leaves pictures of the page and its print in DIR.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.docs_images import OF_ACCURACY, OF_COST, open_browser, photograph, print_pages, show
from tests.report.test_report import embedded
from tests.support.command import mcugen
from tests.support.needs import need

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fashion_mnist"
BUNDLED = next(EXAMPLE.glob("*_32.onnx"))
WIDE, NARROW = 1280, 390
pytestmark = pytest.mark.slow

# Of every plot, the texts that lie over another text or reach out of the drawing. 1.5 pixels are the room that a line
# of text has around its letters.
_BAD_TEXTS = """
const bad = [];
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter(t => t.textContent.trim());
  const boxes = texts.map(t => t.getBoundingClientRect());
  texts.forEach((text, i) => {
    const a = boxes[i];
    const inside = a.left > frame.left - 1 && a.right < frame.right + 1 && a.top > frame.top - 1
        && a.bottom < frame.bottom + 1;
    if (!inside) bad.push(`${text.textContent} reaches out of ${svg.getAttribute("aria-label")}`);
    for (let j = 0; j < i; ++j) {
      const b = boxes[j];
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 1.5 && height > 3) bad.push(`${text.textContent} over ${texts[j].textContent}`);
    }
  });
}
return bad;
"""

# What makes the page wider than the window.
_TOO_WIDE = """
if (document.documentElement.scrollWidth <= window.innerWidth) return [];
const right = document.documentElement.clientWidth;
return [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > right + 1)
    .map(e => `${e.tagName} ${e.id} ${e.textContent.slice(0, 40)}`);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the bundled model with its own twenty images."""
    directory = tmp_path_factory.mktemp("report")
    with np.load(EXAMPLE / "images.npz") as archive:
        images = np.pad(archive["images"], ((0, 0), (2, 2), (2, 2)))
        np.savez(directory / "images.npz", images=images, labels=archive["labels"])
    page = directory / "page.html"
    assert mcugen("report", BUNDLED, "-o", page, "--data", directory / "images.npz").code == 0
    return page


@pytest.fixture(scope="module")
def browser(page: Path) -> Iterator[Any]:
    need("chromium", "chromedriver", "selenium")
    with open_browser(page.parent / "profile") as opened:
        yield opened


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    """The browser with the page, wide and light."""
    browser.get(page.as_uri())
    show(browser, WIDE, "light")
    assert browser.get_log("browser") == []
    return browser


def column(browser: Any, heading: str) -> list[str]:
    """The cells of a column of the layers' table."""
    return browser.execute_script(
        "const t = document.getElementById('layer-table');"
        "const i = [...t.tHead.rows[0].cells].findIndex(c => c.textContent.trim() === arguments[0]);"
        "return [...t.tBodies[0].rows].map(r => r.cells[i].textContent.trim());",
        heading,
    )


def displayed(browser: Any, selector: str) -> set[bool]:
    """Whether the elements that match are shown."""
    return set(
        browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => getComputedStyle(e).display !== 'none')",
            selector,
        )
    )


def test_tables_hold_the_document_and_sort(opened: Any, page: Path) -> None:
    document = embedded(page)
    for heading, key in (("MACs", "macs"), ("weights", "parameters"), ("instructions", "instructions")):
        assert column(opened, heading) == [f"{layer[key]:,}" if layer[key] else "" for layer in document["layers"]]
    button = opened.find_element("xpath", "//table[@id='layer-table']//th[button='MACs']/button")
    expected = sorted((layer["macs"] for layer in document["layers"] if layer["macs"]), reverse=True)
    for order in (expected, expected[::-1]):
        button.click()
        shown = [int(text.replace(",", "")) for text in column(opened, "MACs") if text]
        assert shown == order
    assert opened.get_log("browser") == []


def test_the_button_changes_the_theme(opened: Any) -> None:
    background = "return getComputedStyle(document.body).backgroundColor"
    before = opened.execute_script(background)
    opened.find_element("css selector", "button.theme").click()
    assert opened.execute_script(background) != before


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_text_is_readable_on_screen(opened: Any, page: Path, width: int, screenshots: Path) -> None:
    for theme in ("dark", "light"):
        show(opened, width, theme)
        (screenshots / f"page-{width}-{theme}.png").write_bytes(photograph(opened))
    assert opened.execute_script(_TOO_WIDE) == []
    assert opened.execute_script(_BAD_TEXTS) == []
    smallest = (
        "return Math.min(...[...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().width / 960))"
    )
    assert 10.5 * opened.execute_script(smallest) >= 10


def test_what_is_wider_than_a_phone_says_so_and_keeps_its_names(opened: Any) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    show(opened, NARROW, "light")
    marks = "return [...document.querySelectorAll('.scroll')].map(e => [e.scrollWidth > e.clientWidth + 1,"
    marks += "getComputedStyle(e, '::before').content !== 'none'])"
    # The page marks them when the window has its new size, of which it hears a moment later.
    WebDriverWait(opened, 60).until(lambda browser: all(wider == says for wider, says in browser.execute_script(marks)))
    assert [True, True] in opened.execute_script(marks)
    left = opened.execute_script(
        "const table = document.getElementById('layer-table'); table.parentElement.scrollLeft = 200;"
        "const left = table.parentElement.getBoundingClientRect().left;"
        "return [...table.querySelectorAll('.name')].map(e => e.getBoundingClientRect().left - left);"
    )
    assert max(map(abs, left)) < 1


def test_print(opened: Any, screenshots: Path) -> None:
    """Nothing is folded or dark, controls are gone, and the page is as it was afterwards."""
    show(opened, WIDE, "dark")
    opened.execute_script(
        "window.seen = {};"
        "addEventListener('beforeprint', () => (window.seen = {"
        "  theme: document.documentElement.dataset.theme,"
        "  folded: document.querySelectorAll('details:not([open])').length}));"
    )
    folded = opened.execute_script("return document.querySelectorAll('details:not([open])').length")
    printed = print_pages(opened)
    (screenshots / "page.pdf").write_bytes(printed)
    assert printed.startswith(b"%PDF")
    assert opened.execute_script("return window.seen") == {"theme": "light", "folded": 0}
    assert folded == opened.execute_script("return document.querySelectorAll('details:not([open])').length") > 0

    # As wide as A4 between its margins, 186 mm at 96 pixels an inch.
    show(opened, 703, "light")
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert displayed(opened, "nav, button.theme, .screen") == {False}
        assert opened.execute_script(_BAD_TEXTS) == []
        assert opened.execute_script(_TOO_WIDE) == []
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("shot", [*OF_COST, *OF_ACCURACY], ids=lambda shot: shot.file)
def test_pictures_of_the_documentation_show_their_sections(opened: Any, shot: Any, screenshots: Path) -> None:
    """`make docs-images` takes them; here, of another model."""
    show(opened, WIDE, shot.theme)
    picture = photograph(opened, shot.first, shot.last)
    (screenshots / shot.file).write_bytes(picture)
    assert picture.startswith(b"\x89PNG")
    assert opened.find_element("id", shot.last).is_displayed()
