"""Counts of loop turns in the functions of the camera path, over a frame: what its instructions are linear in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mcugen.camera import Camera
from mcugen.camera.resize import Area
from mcugen.ir import Graph
from mcugen.plan.buffer import Layout
from mcugen.plan.camera_path import camera_sums, camera_values, sum_bytes, turn_columns, turn_weights
from mcugen.plan.part import Part
from mcugen.plan.plan import Plan
from mcugen.powers import is_power_of_two
from mcugen.reference.pixels import pixel_variables

SUM, STORE, ROWS, LIBRARY = "camera_sum", "camera_store", "camera_row", "camera_library"
"""Functions: all that is neither of the first two, nor the compiler's library, is the third."""
USUAL_RATIOS = (
    *((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (8, 1), (10, 1), (12, 1), (15, 1)),
    *((3, 2), (5, 2), (9, 2), (15, 2), (4, 3), (5, 3), (8, 3), (10, 3), (5, 4), (9, 4), (15, 4)),
    *((6, 5), (8, 5), (9, 5), (12, 5), (16, 5), (8, 7), (9, 7), (10, 7), (12, 7), (15, 7), (16, 7)),
    *((9, 8), (15, 8), (10, 9), (15, 14)),
)
"""Pixels of a picture to pixels of an image, of the frames that sensors have and the images that nets have. Turns of
loops in which one of them is written out are measured by themselves, others are put together of what they have."""


def camera_parts(plan: Plan, *, usual: bool = True) -> list[Part]:
    """What a frame takes on its way to the image's rows; [] without a camera. usual: whether turns at usual ratios are
    told apart."""
    camera = plan.graph.camera
    if camera is None:
        return []
    planar = plan.buffers[plan.graph.input].layout is Layout.PLANAR and camera.output[2] > 1
    stored = _stored(camera, {"value to planes": int(planar), **_looked_up(plan.graph)}, usual)
    parts = [stored, _rows(camera), _library(camera)]
    return parts if camera.resize == "nearest" else [_summed(camera, usual), *parts]


def _pixel(camera: Camera) -> str:
    """Formats of which a pixel's values are loaded alike."""
    kind = camera.kind
    if kind.bayer:
        return "bayer"
    if kind.kind == "yuv":
        return "yuv" if camera_values(camera) == 3 else "luma"
    return {"bgr888": "rgb888"}.get(kind.name, kind.name)


def _ratio(axis: Area) -> str:
    """As it stands in the name of a loop, "" where it is not usual."""
    ratio = axis.units, axis.source_units
    return f"{ratio[0]} to {ratio[1]}" if ratio in USUAL_RATIOS else ""


def _summed(camera: Camera, usual: bool) -> Part:
    """camera_sum: a row of the picture into sums."""
    columns, values = camera.upright[1], camera_values(camera)
    if camera.resize == "bilinear":
        calls = camera.window[3] // camera.kind.cell
        every = calls * columns
        turns: dict[str, float] = {
            "call": calls,
            "column": every,
            "column in 2 bytes": every * (sum_bytes(camera) == 2),
        }
        turns["divided column"] = every * (not is_power_of_two(camera.across.units))
        # Compilers leave out comparisons of which they can prove the outcome.
        turns["compared column"] = every * (camera.across.source <= 3 * columns)
        turns["limited column"] = every * (camera.across.source < columns)
        how = "between" if camera.across.source > columns else "enlarged"
        return Part(SUM, f"camera sum of {_pixel(camera)} {how}", turns)
    assert isinstance(camera.down, Area)
    assert isinstance(camera.across, Area)
    calls = int(np.count_nonzero(camera.down.weights()))
    weighted = camera.down.source_units > 1
    kept = " in 4 bytes" * (sum_bytes(camera) == 4) + " by weight" * weighted
    weights = turn_weights(camera)
    if not len(weights):
        parts = int(np.count_nonzero(camera.across.weights()))
        every = calls * columns
        turns = {"call": calls, f"sum{kept}": every * values, "column": every, "part": calls * parts}
        turns["source column"] = calls * camera.across.source
        # A column that is one unit wide is never left for two.
        parts_of_columns = "whole parts" if camera.across.source_units == 1 else "parts"
        return Part(SUM, f"camera sum of {_pixel(camera)} in {parts_of_columns}", turns)
    of_call = columns // len(weights)
    ratio, whole = _ratio(camera.across), camera.across.source_units == 1
    if usual and ratio and (weighted or whole) and sum_bytes(camera) == 2:
        # At a ratio that is not whole both axes most often have weights, at a whole one neither.
        turns = {"call": calls, f"turn of {ratio}{' by weight' * (weighted and whole)}": calls * of_call}
        return Part(SUM, f"camera sum of {_pixel(camera)}", turns)
    turns = {
        "call": calls,
        "turn": calls * of_call,
        "column": calls * of_call * turn_columns(camera),
        "part": calls * of_call * int(np.count_nonzero(weights)),
        "weighted part": calls * of_call * int(np.count_nonzero(weights > 1)),
        f"sum{kept}": calls * columns * values,
    }
    return Part(SUM, f"camera sum of {_pixel(camera)}", turns)


def _stored(camera: Camera, kinds: Mapping[str, int], usual: bool) -> Part:
    """camera_store: sums, or a row of the picture, into a row of the image. kinds: loops in which all values turn (1)
    or none (0)."""
    rows, columns = camera.upright
    pixels = rows * columns
    turns: dict[str, float] = {"call": rows}
    turns |= {loop: pixels * camera.output[2] * each for loop, each in kinds.items()}
    if camera.mirror != (camera.rotate == 180):
        turns["mirrored pixel"] = pixels
    if camera.rotate in (90, 270):
        turns["turned pixel"] = pixels
    ratio = _ratio(camera.across) if isinstance(camera.across, Area) and usual else ""
    if ratio and isinstance(camera.down, Area) and _ratio(camera.down) == ratio:
        turns[f"pixel of {ratio}"] = pixels
    else:
        turns |= {"pixel": pixels, **_divided(camera), "scaled value": pixels * _scaled(camera)}
        if sum_bytes(camera) == 4 and camera.resize != "nearest":
            turns["sum of 4 bytes"] = pixels * camera_values(camera)
    if camera.resize == "nearest":
        if camera.across.source != camera.across.size:
            turns["place"] = pixels
            turns["divided place"] = pixels * (not is_power_of_two(2 * camera.across.size))
        return Part(STORE, f"camera store of {_pixel(camera)} pixels to {camera.output[2]}", turns)
    kept = {"luma": "gray", "rgb888": "rgb", "bayer": "rgb"}.get(_pixel(camera), _pixel(camera))
    kept = "rgb565" if kept.startswith("rgb565") else kept
    sums = "two sums" if camera.resize == "bilinear" else "sums"
    return Part(STORE, f"camera store of {kept} {sums} to {camera.output[2]}", turns)


def _divided(camera: Camera) -> dict[str, int]:
    """Turns in which a value is divided."""
    rows, columns = camera.upright
    found: dict[str, int] = {}
    for _, divisor in camera.scales[: camera_values(camera)]:
        if divisor > 1:
            name = f"{_quotient(divisor)} of a value"
            found[name] = found.get(name, 0) + rows * columns
    return found


def _scaled(camera: Camera) -> int:
    """Values of a pixel that are multiplied before they are divided."""
    return sum(factor > 1 for factor, _ in camera.scales[: camera_values(camera)])


def _quotient(divisor: int) -> str:
    """How a compiler divides 32 bits by a constant: by a shift, or by multiplication with a reciprocal, which where
    that has 33 bits takes a shift before it or sums behind it (Granlund and Montgomery 1994, figure 6.2)."""
    if is_power_of_two(divisor):
        return "shift"
    if _has_reciprocal(divisor, 32):
        return "product"
    zeros = (divisor & -divisor).bit_length() - 1
    return "shifted product" if zeros and _has_reciprocal(divisor >> zeros, 32 - zeros) else "long product"


def _has_reciprocal(divisor: int, bits: int) -> bool:
    """Whether 32 bits hold a reciprocal that divides numbers of so many bits."""
    shift = (divisor - 1).bit_length()
    low, high = (1 << 32 + shift) // divisor, ((1 << 32 + shift) + (1 << 32 + shift - bits)) // divisor
    while shift > 0 and low >> 1 < high >> 1:
        low, high, shift = low >> 1, high >> 1, shift - 1
    return high < 1 << 32


def _looked_up(graph: Graph) -> dict[str, int]:
    values: Any = pixel_variables(graph)["pixel_values"]
    tables = 0 if values is None else len(values)
    return {"value of a table": int(tables == 1), "value of tables": int(tables > 1)}


def _rows(camera: Camera) -> Part:
    """camera_row and what it calls once a row."""
    kept = camera.window[3] // camera.kind.cell
    # Rows behind the crop may be left out.
    turns: dict[str, float] = {"call": 1, "sensor row": camera.window[1] + camera.window[3], "row": kept}
    turns |= {"row of two": kept * camera.kind.bayer, "stored row": camera.upright[0]}
    if isinstance(camera.down, Area) and camera.down.source_units > 1:
        turns["part of a row"] = int(np.count_nonzero(camera.down.weights()))
    how = camera.resize + " and weight" * ("part of a row" in turns)
    how += " of as many" * (camera.down.source <= camera.down.size and camera.resize != "area")
    return Part(ROWS, f"camera rows by {how}", turns)


def _library(camera: Camera) -> Part:
    """What the compiler's library does for all of them: clear, copy, and on some cores divide."""
    rows, columns = camera.upright
    # At the beginning all that the camera path keeps is cleared.
    cleared_rows, row_bytes = 1, camera_sums(camera) * sum_bytes(camera)
    cleared = row_bytes + camera.window[2] * camera.kind.bayer
    if camera.resize == "area":
        cleared_rows, cleared = cleared_rows + rows, cleared + rows * row_bytes
    turns: dict[str, float] = {"call": 1, "cleared row": cleared_rows, "cleared byte": cleared}
    if camera.kind.bayer:
        kept = camera.window[3] // 2
        turns |= {"copied row": kept, "copied byte": kept * camera.window[2]}
    if camera.resize == "bilinear":
        turns["quotient of a row"] = camera.window[3] // camera.kind.cell
        if not is_power_of_two(camera.across.units):
            turns["quotient of a column"] = camera.window[3] // camera.kind.cell * columns
    if camera.resize == "nearest":
        turns["quotient of a row"] = camera.window[3] // camera.kind.cell
        if camera.across.source != camera.across.size and not is_power_of_two(2 * camera.across.size):
            turns["quotient of a column"] = rows * columns
    divided = sum(count for loop, count in _divided(camera).items() if "product of" in loop)
    return Part(LIBRARY, "camera library", turns | {"quotient of a value": divided})
