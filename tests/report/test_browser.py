"""The page in headless Chromium: no error, tables as the document has them, sorting, both themes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.test_report import embedded
from tests.support.command import mcugen

BUNDLED = next((Path(__file__).resolve().parents[2] / "examples" / "fashion_mnist").glob("*_32.onnx"))
pytestmark = pytest.mark.slow
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium is not here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


def column(browser: Any, heading: str) -> list[str]:
    """The cells of a column of the layers' table."""
    return browser.execute_script(
        "const t = document.getElementById('layer-table');"
        "const i = [...t.tHead.rows[0].cells].findIndex(c => c.textContent.trim() === arguments[0]);"
        "return [...t.tBodies[0].rows].map(r => r.cells[i].textContent.trim());",
        heading,
    )


def test_the_page(tmp_path: Path, browser: Any) -> None:
    page = tmp_path / "page.html"
    assert mcugen("report", BUNDLED, "-o", page, "--no-boards").code == 0
    document = embedded(page)
    browser.get(page.as_uri())
    assert browser.get_log("browser") == []
    for heading, key in (("MACs", "macs"), ("weights", "parameters"), ("instructions", "instructions")):
        assert column(browser, heading) == [f"{layer[key]:,}" if layer[key] else "" for layer in document["layers"]]
    button = browser.find_element("xpath", "//table[@id='layer-table']//th[button='MACs']/button")
    expected = sorted((layer["macs"] for layer in document["layers"] if layer["macs"]), reverse=True)
    for order in (expected, expected[::-1]):
        button.click()
        shown = [int(text.replace(",", "")) for text in column(browser, "MACs") if text]
        assert shown == order
    before = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    browser.find_element("css selector", "button.theme").click()
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") != before
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.get_log("browser") == []
