"""Every operator of the graph is tested: random graphs have it, and its docstring is read a second time."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import pytest

import mcugen
from mcugen.ir import OPERATORS, Operator
from mcugen.ir import operators as operators_package
from tests.support.operators import KINDS

PACKAGE = Path(mcugen.__file__).parent
STAGES = PACKAGE.parent / "templates" / "stages"


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_random_graphs_have_the_operator(operator: type[Operator]) -> None:
    """What is in random graphs is compared with the naive reading, and as C with the reference."""
    assert any(kind.operator is operator for kind in KINDS), (
        f"{operator.__name__} has no exactness test: write tests/support/operators/"
        f"{operator.__module__.rpartition('.')[2]}.py"
    )


def test_every_module_of_the_package_is_found() -> None:
    files = {path.stem for path in Path(inspect.getfile(operators_package)).parent.glob("*.py")} - {"__init__"}
    assert files == {operator.__module__.rpartition(".")[2] for operator in OPERATORS} | {"weighted"}


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_an_operator_with_a_view_has_a_template(operator: type[Operator]) -> None:
    assert (operator.view is Operator.view) == (operator.template == "")
    assert operator.template == "" or (STAGES / f"{operator.template}.c.j2").exists()


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_an_operator_with_a_requantization_says_so(operator: type[Operator]) -> None:
    """Else no form of it would be proved, and its sums could leave int32 unseen."""
    has_one = any(field.name == "requantization" for field in fields(operator))
    assert has_one == (operator.requantizes is not Operator.requantizes)
