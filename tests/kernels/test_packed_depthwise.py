"""Which depthwise convolutions the kernels of packed pixels take: what is not refused, the assembly can write."""

from __future__ import annotations

from types import ModuleType

import pytest

from mcugen.compiler import compile_model
from mcugen.kernels.packed import armv6m_depthwise, armv7m_depthwise
from mcugen.kernels.packed.select import PackedKernel
from mcugen.kernels.packed.shapes import LARGEST_DISPLACEMENT, PackedDepthwise, column_reach
from mcugen.plan.explain import kernel_choice
from tests.support.separable_graphs import separable_graph


@pytest.mark.parametrize("module", [armv6m_depthwise, armv7m_depthwise])
def test_every_row_that_is_not_refused(module: ModuleType) -> None:
    """Of 240 pixels at most, whole tiles where they are not short; without rows that lie far apart, as a pointer to
    each is given then."""
    for stride in (1, 2):
        for outputs in range(1, 240 // stride + 1):
            if outputs > 12 and outputs % 4:
                continue
            for depth in (4, 128, 144, 400, 1008):
                if module is armv7m_depthwise and column_reach(stride, outputs, depth) > LARGEST_DISPLACEMENT:
                    continue
                width = stride * outputs
                sizes = (depth, width, outputs, stride, 0, depth, None, width)
                assert module.takes_depthwise(PackedDepthwise(*sizes, 1, 0, 0, 0, False)), (stride, outputs, depth)


@pytest.mark.parametrize(("channels", "taken"), [(168, True), (256, False)])
def test_columns_that_lie_farther_apart_than_a_store_reaches(channels: int, taken: bool) -> None:
    """Portable code makes them, and the stage says so; nothing of it claims to be the kernel's."""
    graph = separable_graph(12, 12, (channels, 8), (1,), seed=1)
    compiled = compile_model(graph, target="cortex-m3", fold_constants=False, name="net")
    planned = compiled.plan.stages[1]
    found = kernel_choice(compiled.plan, planned)
    assert isinstance(planned.kernel, PackedKernel)
    assert ("NET_NAKED static void depthwise_1(" in "".join(map(str, compiled.library.files.values()))) == taken
    assert (found.remark == "") == taken
    assert found.forms[0].in_kernel == taken
    if not taken:
        why = "columns of 256 values in rows of 12 pixels lie farther apart than a store reaches"
        assert found.remark == f"columns by portable C: {why}"
        assert found.depthwise == "1 channel x 1 pixel"
