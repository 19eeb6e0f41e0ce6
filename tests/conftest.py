"""What all tests share: the models of the workplace, loaded once, with a reason where they are absent."""

from __future__ import annotations

import os

# Matrices here are small: threads of BLAS only get into each other's way. Must stand before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import re
import signal
import time
from collections.abc import Callable, Generator, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

from mcugen.frontend import load_model as load_any_model
from mcugen.ir import Graph
from mcugen.simulate.emulator import MissingToolError
from tests.support import needs

MODELS = Path(__file__).resolve().parents[1].parent / "shared" / "models"
TFLITE_MODELS = (
    "mnv1_a010_r48_gray_c2_relu_nosoftmax",
    "mnv1_a025_r32_gray_c10",
    "mnv1_a025_r96_rgb_c10",
    "mnv2_a035_r96_rgb_c2",
    "person_detect",
    "vww_96_int8",
)

settings.register_profile("mcugen", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# For `make test-fresh`: other examples every time, by the seed that it prints. What fails is told as it was found:
# shrinking it could outlast the run. Without `derandomize` said, Hypothesis takes the same examples wherever CI is set.
settings.register_profile(
    "fresh",
    deadline=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("mcugen")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", type=Path, help="directory for pictures of the pages that tests open in a browser"
    )
    parser.addoption(
        "--trial-seconds", type=float, metavar="S", help="random trials (Hypothesis) begin no example after S seconds"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips where something is missing that a mark `needs` names; "{core}" stands for the parameter `core`."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    names = [name.format_map(parameters) for mark in item.iter_markers("needs") for name in mark.args]
    needs.need(*names)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Bounds the time of a random trial without ending it: an example that failed is still reported.

    What it is given has to be drawn before it runs: one that draws from `st.data()` would look inconsistent.
    """
    seconds = pyfuncitem.config.getoption("--trial-seconds")
    trial = getattr(pyfuncitem.obj, "hypothesis", None)
    if seconds is None or trial is None:
        return (yield)
    inner, end = trial.inner_test, time.monotonic() + seconds

    @wraps(inner)
    def bounded(*args: object, **kwargs: object) -> object:
        return inner(*args, **kwargs) if time.monotonic() < end else None

    trial.inner_test = bounded
    try:
        return (yield)
    finally:
        trial.inner_test = inner


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A tool that was found missing only while the test ran is a skip, too."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(MissingToolError):
        named = set(re.findall(r"[\w+-]+", str(call.excinfo.value))) & needs.NEEDS.keys()
        if absent := needs.missing(*sorted(named)):
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, "; ".join(entry.reason for entry in absent))
    return _with_listed_reason(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _with_listed_reason((yield))


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _with_listed_reason(report: Report) -> Report:
    """The report; a skip for a reason of its own fails."""
    if report.skipped and not hasattr(report, "wasxfail"):
        try:
            needs.reasons_of(_skip_text(report))
        except ValueError as error:
            report.outcome, report.longrepr = "failed", str(error)
    return report


def _skip_text(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skips = [_skip_text(report) for report in terminalreporter.stats.get("skipped", [])]
    if skips:
        terminalreporter.section("left out")
        terminalreporter.write_line(f"{len(skips)} tests, or modules of tests, were skipped:")
        for line in needs.summary(skips):
            terminalreporter.write_line(line)


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a test leaves pictures for people: --screenshots, or the test's own directory."""
    directory = request.config.getoption("screenshots") or tmp_path
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def models() -> Path:
    """The directory of the workplace's models."""
    needs.need("shared-models")
    return MODELS


@pytest.fixture(scope="session")
def broken() -> Path:
    """The directory of files that a fuzzer made."""
    folder = MODELS.parent / "field" / "broken"
    needs.need("shared-models")
    return folder


@pytest.fixture(scope="session")
def load_model(models: Path) -> Callable[[str], Graph]:
    """Loads `NAME.tflite` or `NAME.onnx` of the models directory as a graph, each once."""

    @cache
    def load(file_name: str) -> Graph:
        path = models / file_name
        return load_any_model(path)

    return load


@pytest.fixture(scope="session")
def load_vectors(models: Path) -> Callable[[str], dict[str, np.ndarray]]:
    """Loads `NAME.npz` of the models directory: its arrays by name."""

    @cache
    def load(name: str) -> dict[str, np.ndarray]:
        with np.load(models / f"{name}.npz") as archive:
            return dict(archive)

    return load


@pytest.fixture
def signals_as_in_a_terminal() -> Iterator[None]:
    """What is ignored here, as by nohup or in the background of a script, children would ignore as well."""
    before = {
        number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
