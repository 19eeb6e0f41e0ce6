"""What the plots draw is what the document says: bars, marks, labels, and axes with their units."""

from __future__ import annotations

import re

import pytest

from tests.report.plots.conftest import Page, number


def widths(bars: list) -> list[float]:
    return [float(bar.get("width")) for bar in bars]


def test_every_plot_is_there_and_says_what_it_shows(page: Page, vww: Page) -> None:
    assert len(page.drawings) == 8
    assert len(vww.drawings) == 6
    axes = {
        "What lies": {"address in the arena, bytes", "time, rows produced"},
        "Cost": {"instructions of one inference"},
        "Roofline": {"live MACs per instruction", "live MACs per word that must be loaded or stored"},
        "Ranges of activations": {"stored value (int8)", "observed, real", "saturated", "clamped"},
        "Ranges of weights": {"largest magnitude of a channel's weights, real value", "all weights, real", "spread"},
        "Confusion": {"class that int8 says", "right class"},
    }
    for label, titles in axes.items():
        assert titles <= set(page[label].texts), label
    assert "output channels" in vww["Channels"].texts


def test_stages(page: Page) -> None:
    drawing, stages = page["Stages"], page.document["stages"]
    assert len(drawing.all("rect", class_="box")) == sum(len(stage["layers"]) for stage in stages)
    for stage in stages:
        assert " × ".join(map(str, stage["output_shape"])) in drawing.texts
    titles = [title for title in drawing.titles if title.startswith("group")]
    assert len(titles) == len(page.document["memory"]["groups"])
    # A ring says how many rows it keeps, a map its size.
    for stage in stages:
        rows = stage["rows"]
        size = f"{rows['kept'] * rows['row_bytes']:,} B"
        ring = rows["kept"] < rows["height"]
        assert (f"{rows['kept']} of {rows['height']} rows, {size}" if ring else size) in " | ".join(drawing.texts)


def test_costs_are_as_long_as_their_numbers(page: Page) -> None:
    drawing, stages = page["Cost"], page.document["stages"]
    start, unit = drawing.scale()
    layers = {layer["name"]: layer for layer in page.document["layers"]}
    expected = [layers[name]["instructions"] for stage in stages for name in stage["layers"]]
    assert widths(drawing.all("rect")) == pytest.approx([value * unit for value in expected], abs=0.02)
    floors = [float(line.get("x1", "nan")) for line in drawing.all("line", class_="floor")]
    assert floors == pytest.approx([start + stage["floor_instructions"] * unit for stage in stages], abs=0.02)
    for stage in stages:
        assert f"{stage['instructions']:,}" in drawing.texts


def test_costs_without_instructions_are_multiply_accumulates(vww: Page) -> None:
    drawing = vww["Cost"]
    _, unit = drawing.scale()
    assert "live multiply-accumulates of one image" in drawing.texts
    layers = {layer["name"]: layer for layer in vww.document["layers"]}
    expected = [layers[name]["live_macs"] for stage in vww.document["stages"] for name in stage["layers"]]
    assert widths(drawing.all("rect")) == pytest.approx([value * unit for value in expected], abs=0.02)
    assert not drawing.all("line", class_="floor")


def test_roofline(page: Page, vww: Page) -> None:
    drawing = page["Roofline"]
    stages = {stage["index"]: stage for stage in page.document["stages"] if stage["live_macs"]}
    titles = [circle.findtext("title", "") for circle in drawing.all("circle")]
    assert len(titles) == len(stages)
    for title in titles:
        index, rate, intensity, floor = re.search(
            r"^(\d+): .*; ([\d.]+) live MACs an instruction, (\d+) live MACs a word, (\d+)% of the floor", title
        ).groups()
        stage = stages[int(index)]
        assert float(rate) == pytest.approx(stage["live_macs"] / stage["instructions"], abs=0.0051)
        assert int(intensity) == pytest.approx(stage["live_macs"] / stage["words"], abs=0.51)
        assert int(floor) == pytest.approx(100 * stage["floor_instructions"] / stage["instructions"], abs=0.51)
    # Nothing is above the roof: the floor is a bound of every stage here.
    roof = [tuple(map(float, point.split(","))) for point in drawing.all("polyline")[0].get("points", "").split()]
    for circle in drawing.all("circle"):
        x, y = float(circle.get("cx", "nan")), float(circle.get("cy", "nan"))
        assert y > min(roof, key=lambda point: abs(point[0] - x))[1]
    assert not [name for name in vww.drawings if name.startswith("Roofline")]


def test_roofline_numbers_the_costliest_stages(page: Page) -> None:
    costliest = sorted(
        (s for s in page.document["stages"] if s["live_macs"]), key=lambda stage: -stage["instructions"]
    )[:8]
    written = {text for text in page["Roofline"].texts if text.isdigit()}
    ticks = {tick.text for group in page["Roofline"].all("g", class_="tick") for tick in group.iter("text")}
    assert {str(stage["index"]) for stage in costliest} <= written
    assert len(written - ticks) <= 8


def test_memory_timeline(page: Page) -> None:
    drawing, memory = page["What lies"], page.document["memory"]
    start, unit = drawing.scale()
    bottom, up = drawing.scale(vertical=True)
    drawn = sorted(
        tuple(round(float(box.get(name, "nan")), 1) for name in ("x", "y", "width", "height"))
        for box in drawing.all("rect", class_="slot")
    )
    expected = sorted(
        (
            start + birth / 2 * unit,
            bottom + (item["offset"] + (slot + 1) * item["slot_bytes"]) * up,
            (death + 1 - birth) / 2 * unit,
            -item["slot_bytes"] * up,
        )
        for item in memory["items"]
        for slot, (birth, death) in enumerate(item["slots"])
    )
    assert len(drawn) == len(expected)
    for box, wanted in zip(drawn, expected, strict=True):
        assert box[0] == pytest.approx(wanted[0], abs=0.2)
        assert box[1] == pytest.approx(wanted[1], abs=0.5)
        assert box[2] == pytest.approx(wanted[2], abs=0.2)
    assert sum(box[3] for box in drawn) == pytest.approx(sum(max(box[3], 0.4) for box in expected), rel=0.02)
    assert f"fullest: {memory['peak']['alive_bytes']:,} bytes" in drawing.texts
    (peak,) = drawing.all("line", class_="peak")
    assert float(peak.get("x1", "nan")) == pytest.approx(start + (memory["peak"]["step"] + 0.5) * unit, abs=0.1)


def test_activations(page: Page) -> None:
    drawing, layers = page["Ranges of activations"], page.document["activations"]["layers"]
    start, unit = drawing.scale()
    observed = drawing.all("rect", fill="var(--observed)")
    assert len(observed) == len(layers)
    for bar, layer in zip(observed, layers, strict=True):
        low, high = (value / layer["scale"] + layer["zero_point"] for value in layer["observed"])
        assert float(bar.get("x", "nan")) == pytest.approx(start + low * unit, abs=0.1)
        assert float(bar.get("width", "nan")) == pytest.approx(max((high - low) * unit, 1.5), abs=0.1)
    shares = [text for text in drawing.texts if text.endswith("%")]
    nonzero = [layer[key] for layer in layers for key in ("saturated", "clamped") if layer[key]]
    assert len(shares) == len(nonzero) > 0
    for text, share in zip(shares, nonzero, strict=True):
        assert text == ("< 0.1%" if share < 0.0005 else f"{share:.1%}")


def test_weights(page: Page) -> None:
    drawing, layers = page["Ranges of weights"], page.document["weights"]
    ratios = [number(text.rstrip("×")) for text in drawing.texts if text.endswith("×")]
    spreads = [layer["channel_magnitudes"] for layer in layers]
    assert ratios == pytest.approx([spread[4] / spread[0] for spread in spreads if spread[0] > 0], rel=0.005)
    assert len(drawing.all("line", class_="floor")) == len(layers)
    # The wider the spread, the longer the line.
    lines = widths([bar for bar in drawing.all("rect") if bar.get("height") == "2"])
    order = sorted(range(len(layers)), key=lambda place: spreads[place][4] / max(spreads[place][0], 1e-12))
    assert [lines[place] for place in order] == sorted(lines)


def test_dead_channels(vww: Page) -> None:
    drawing, layers = vww["Channels"], vww.document["dead_channels"]
    assert layers
    _, unit = drawing.scale()
    for kind in ("live", "constant", "unread"):
        bars = drawing.all("rect", fill=f"var(--{kind})")
        counts = [
            {
                "live": layer["channels"] - layer["removed"],
                "constant": layer["constant"],
                "unread": layer["removed"] - layer["constant"],
            }[kind]
            for layer in layers
        ]
        assert widths(bars) == pytest.approx([count * unit for count in counts if count], abs=0.02)
    for layer in layers:
        assert f"{layer['removed']} of {layer['channels']}" in drawing.texts


def test_confusion(page: Page) -> None:
    drawing, accuracy = page["Confusion"], page.document["accuracy"]
    cells = [count for row in accuracy["confusion"] for count in row if count]
    assert len(drawing.titles) >= len(cells)
    assert sum(cells) == accuracy["images"] == 20
    right = drawing.all("rect", fill="var(--accent)")
    assert len(right) == sum(1 for place, row in enumerate(accuracy["confusion"]) if row[place])
    for entry in accuracy["classes"]:
        assert f"{entry['class']} {entry['label']}" in drawing.texts
