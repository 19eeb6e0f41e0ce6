"""mcugen nets: the formulas on the command line, and against the graph that the compiler imports."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mcugen.ir import Graph
from mcugen.plan.macs import graph_macs, graph_parameters
from tests.support.command import mcugen
from tests.support.schemas import conform


def test_the_papers_net() -> None:
    outcome = mcugen("nets", "cost", "--json")
    assert outcome.code == 0
    conform(outcome.json, "nets-cost")
    assert outcome.json["weights"] == 4_209_088
    assert outcome.json["parameters"] == 4_221_032
    assert outcome.json["macs"] == 568_740_352
    assert sum(layer["macs"] for layer in outcome.json["layers"]) == outcome.json["macs"]
    table = mcugen("nets", "cost").stdout
    assert "568,740,352" in table
    assert "94.86%" in table


def test_fractions_and_sizes() -> None:
    by_rho = mcugen("nets", "cost", "mobilenet_v1", "--alpha", "1/4", "--rho", "3/7", "--json").json
    conform(by_rho, "nets-cost")
    by_size = mcugen("nets", "cost", "mobilenet_v1", "--alpha", "0.25", "--size", "96", "--json").json
    assert by_rho == by_size
    wide = mcugen("nets", "cost", "--size", "45x80", "--channels", "1", "--json").json
    assert wide["layers"][0]["input"] == [45, 80, 1]


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("person_detect", ("mobilenet_v1", "--size", 96, "--channels", 1, "--classes", 2)),
        ("vww_96_int8", ("mobilenet_v1", "--size", 96, "--classes", 2)),
        ("mnv1_a025_r96_rgb_c10", ("mobilenet_v1", "--rho", "3/7", "--classes", 10)),
        ("mnv2_a035_r96_rgb_c2", ("mobilenet_v2", "--alpha", 0.35, "--rho", "3/7", "--classes", 2)),
        (
            "mnv1_a010_r48_gray_c2_relu_nosoftmax",
            ("mobilenet_v1", "--alpha", 0.1, "--size", 48, "--channels", 1, "--classes", 2),
        ),
        ("../field/mlperf_tiny_kws", ("ds_cnn", "--alpha", 1)),
        ("../field/mlperf_tiny_resnet8", ("resnet8", "--alpha", 1)),
        ("../field/mlperf_tiny_ad01", ("fc_autoencoder", "--alpha", 1)),
        ("../field/openmv_fomo_face_96_rgb", ("mobilenet_v2_fomo", "--alpha", 0.35, "--cut", 8)),
    ],
)
def test_formulas_equal_the_graph_that_the_compiler_reads(
    load_model: Callable[[str], Graph], model: str, options: tuple
) -> None:
    if "--alpha" not in options:
        options = (*options, "--alpha", 0.25)
    cost = mcugen("nets", "cost", *options, "--json").json
    conform(cost, "nets-cost")
    graph = load_model(f"{model}.tflite")
    assert (cost["macs"], cost["parameters"]) == (graph_macs(graph), graph_parameters(graph))


@pytest.mark.parametrize("options", [("--alpha", "0"), ("--alpha", "wide"), ("--size", "9x9x9"), ("--size", "0")])
def test_bad_values(options: tuple[str, str]) -> None:
    assert mcugen("nets", "cost", *options).code == 2


def test_unknown_net() -> None:
    outcome = mcugen("nets", "cost", "resnet18")
    assert outcome.code == 2
    assert "mobilenet_v1_shallow" in outcome.error


def test_list() -> None:
    listed = mcugen("nets", "list", "--json").json
    conform(listed, "nets-list")
    assert set(listed["nets"]) >= {"mobilenet_v1", "mobilenet_v2"}
    assert "inverted residuals" in mcugen("nets", "list").stdout
