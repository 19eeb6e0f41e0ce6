"""Helper functions in the order in which C needs them."""

from __future__ import annotations

from mcugen.codegen.helpers import with_callees


def test_what_a_function_calls_stands_before_it() -> None:
    assert with_callees({"logarithm", "clamp"}) == ["clamp", "softmax_reciprocal", "logarithm"]


def test_the_order_does_not_depend_on_who_asks_first() -> None:
    names = ["truncated", "clamp", "logarithm", "average", "inverse_root"]
    assert with_callees(names) == with_callees(reversed(names))
    assert with_callees(["rounded", "exact_double"]) == ["exact_double", "rounded"]
