"""Which stages compute bands of rows, of how many, and why no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.compiler import Compiled, compile_model
from mcugen.inputs import proof_images
from mcugen.ir import Graph
from mcugen.plan.bands import BandOptions
from mcugen.plan.explain import kernel_choice
from mcugen.simulate.board_time import stalls_by_stage
from mcugen.simulate.on_emulator import EmulatedLibrary
from tests.plan.replay import replay
from tests.support.bands import band_options, slow_flash
from tests.support.separable_graphs import separable_graph, separable_graphs

TARGET = "cortex-m33"
# The image's rows come in to the first stages; maps of 6 rows are whole between the others.
DEEP = separable_graph(12, 12, (8, 40, 40, 40, 40), (2, 1, 1, 1), seed=3)


def compiled_with(options: BandOptions | None, graph: Graph = DEEP, **more: object) -> Compiled:
    return compile_model(graph, target=TARGET, fold_constants=False, name="net", bands=options, **more)  # type: ignore[arg-type]


def bands_of(compiled: Compiled) -> list[tuple[int, int | None] | None]:
    kernels = [planned.kernel for planned in compiled.plan.stages]
    return [kernel and kernel.band and (kernel.band.rows, kernel.band.channels) for kernel in kernels]  # type: ignore[misc]


@given(
    graph=separable_graphs(),
    options=band_options(),
    resident=st.booleans(),
    target=st.sampled_from([TARGET, "generic"]),
)
@settings(max_examples=25, print_blob=True, deadline=None)
def test_nothing_is_lost_and_no_more_ram_is_taken_than_allowed(
    graph: Graph, options: BandOptions, resident: bool, target: str
) -> None:
    plain = compile_model(graph, target=target, fold_constants=False, resident_image=resident)
    banded = compile_model(graph, target=target, fold_constants=False, resident_image=resident, bands=options)
    replay(banded.plan)
    assert banded.ram_bytes <= max(plain.ram_bytes, options.ram_bytes or 0)
    assert all(rows is None or rows[0] <= options.rows for rows in bands_of(banded))


def test_nobody_asked() -> None:
    compiled = compiled_with(None)
    assert not any(bands_of(compiled))
    assert all(kernel_choice(compiled.plan, planned).rows == "" for planned in compiled.plan.stages)


def test_where_the_cache_is_too_small_weights_are_read_in_parts() -> None:
    compiled = compiled_with(BandOptions(ram_bytes=1 << 20, memory=slow_flash(1024)))
    last = bands_of(compiled)[-1]
    assert last is not None
    rows, channels = last
    assert channels is not None
    assert rows == 6
    planned = compiled.plan.stages[-1]
    assert planned.kernel is not None
    assert planned.stage.matrix is not None
    part = planned.kernel.matrix_bytes(planned.stage.matrix) * channels // 40
    assert part <= 256
    found = kernel_choice(compiled.plan, planned).rows
    assert found == f"6 rows for each reading of weights, those of {channels} channels at a time"


def test_a_stage_alone_whose_weights_stay_in_the_cache_has_no_bands() -> None:
    compiled = compiled_with(BandOptions(ram_bytes=1 << 20, memory=slow_flash(1 << 14)))
    alone = [first for first, last in compiled.plan.schedule.groups if first == last and first > 0]
    assert alone
    for index in alone:
        assert bands_of(compiled)[index] is None
        assert "stay in the cache" in kernel_choice(compiled.plan, compiled.plan.stages[index]).rows


@pytest.mark.parametrize(
    ("memory", "why"),
    [
        (replace(slow_flash(1024), constants_in_ram=True), "without waiting"),
        (replace(slow_flash(1024), instruction_cache=None), "no cache"),
        (replace(slow_flash(1024), fill_cycles=1), "longer than the reads"),
    ],
)
def test_boards_that_bands_are_no_use_on(memory: object, why: str) -> None:
    compiled = compiled_with(BandOptions(ram_bytes=1 << 20, memory=memory))  # type: ignore[arg-type]
    assert compiled.library.files == compiled_with(None).library.files or why.startswith("longer")
    assert why in kernel_choice(compiled.plan, compiled.plan.stages[-1]).rows


def test_more_ram_makes_larger_bands_and_the_reason_says_what_was_missing() -> None:
    memory = slow_flash(1024)
    needed = compiled_with(None).ram_bytes
    small, large = (compiled_with(BandOptions(ram_bytes=needed + more, memory=memory)) for more in (200, 1 << 14))
    rows = [sum(band[0] for band in bands_of(each) if band) for each in (small, large)]
    assert rows[0] < rows[1]
    assert any("rows need an arena of" in kernel_choice(small.plan, planned).rows for planned in small.plan.stages)


def test_rows_that_the_program_is_handed_come_one_by_one() -> None:
    compiled = compiled_with(BandOptions(ram_bytes=1 << 20, memory=slow_flash(256)), output_rows=True)
    assert bands_of(compiled)[-1] is None
    assert "one by one" in kernel_choice(compiled.plan, compiled.plan.stages[-1]).rows
    replay(compiled.plan)


@pytest.mark.needs("cortex-m33")
def test_fewer_weights_come_from_flash() -> None:
    memory = slow_flash(2048)
    lines = []
    for options in (None, BandOptions(ram_bytes=1 << 20, memory=memory)):
        compiled = compiled_with(options)
        image = proof_images(compiled.imported.input_tensor, 1, 0)[0]
        with EmulatedLibrary(compiled.library, compiled.plan.target) as program:
            (counted,) = stalls_by_stage(program, image, [memory])
        lines.append(sum(stage.waits.weights for stage in counted.values()) // memory.fill_cycles)
    assert lines[1] < lines[0] / 2
