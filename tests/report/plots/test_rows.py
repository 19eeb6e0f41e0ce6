"""Names that are cut to the room that there is."""

from __future__ import annotations

import pytest

from mcugen.report.plots.rows import begin, short, stage_name


def test_short_names_keep_their_end() -> None:
    assert short("conv2d", 10) == "conv2d"
    cut = short("features.block11.pointwise.conv", 20)
    assert len(cut) <= 20
    assert cut == "…pointwise.conv"
    assert short("one_name_without_any_end", 10) == "…any_end"


def test_names_of_classes_keep_their_begin() -> None:
    assert begin("3 nobody", 10) == "3 nobody"
    assert begin("3 a person at the door", 10) == "3 a perso…"


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        (["conv2d"], "conv2d"),
        (["depthwise_conv2d", "conv2d_1"], "depthwise_conv2d + conv2d_1"),
        (["features.block1.depthwise.conv", "features.block1.pointwise.conv"], "block1: depthwise + pointwise"),
        (["features.11/a_convolution", "features.12/a_convolution"], "features: 11 + 12"),
    ],
)
def test_stages_say_what_their_layers_share_once(layers: list[str], text: str) -> None:
    assert stage_name(layers, 29) == text


def test_layers_that_share_nothing_are_cut() -> None:
    cut = stage_name(["a_convolution_with_a_long_name", "another_one_with_a_long_name"], 29)
    assert len(cut) <= 29
    assert cut.endswith("long_name")
