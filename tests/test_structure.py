"""The order of the packages: no circles, nothing against the order; generic code names no family and no operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.kernels import FAMILIES
from mcugen.kernels.late import emitter, worker
from mcugen.targets import TARGETS
from scripts import structure


def test_no_circular_imports() -> None:
    """Imports in functions and for types count."""
    assert structure.cycles(structure.imports(structure.modules())) == []


def test_imports_go_left() -> None:
    assert structure.against_order(structure.imports(structure.modules())) == []


def test_generic_code_names_no_kernel_family() -> None:
    assert list(structure.named_families()) == []


def test_generic_code_asks_for_no_operators_class() -> None:
    """Nor is anything listed as being about operators that is not."""
    assert list(structure.asked_classes()) == []
    assert structure.needless_exceptions() == []


@pytest.mark.parametrize(
    "line",
    [
        "isinstance(op, Conv2D | DepthwiseConv2D)",
        "found = [op for op in graph.operators if isinstance(op, (Lookup, Weighted))]",
        "if type(op) is Softmax: pass",
        "match op:\n    case MaxPool2D(): pass",
        '_CALLING = {"AveragePool2D divided of whole windows": ("division",)}',
    ],
)
def test_questions_for_classes_are_seen(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In code that is not about the operator."""
    monkeypatch.setattr(structure, "ROOT", tmp_path)
    for place in ("mcugen/plan", "mcugen/ir"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "a.py").write_text(f"{line}\n")
    assert {place for place, *_ in structure.asked_classes()} == {"mcugen/plan/a.py"}


def test_every_package_has_a_place_in_the_order() -> None:
    places = [pattern for entry in structure.ORDER for pattern in entry]
    packages = {".".join(name.split(".")[:2]) for name in structure.modules()} - {"mcugen"}
    assert packages <= set(places)


def test_relative_imports_are_seen(tmp_path: Path) -> None:
    """In a module and in a package's own file, which is one level higher."""
    package, module = tmp_path / "__init__.py", tmp_path / "b.py"
    package.write_text("from .b import b\n")
    module.write_text("from . import c\nfrom ..other.d import d\n")
    known = {"m.a": package, "m.a.b": module, "m.a.c": module, "m.other.d": module}
    graph = structure.imports({name: known[name] for name in ("m.a", "m.a.b")} | known)
    assert graph["m.a"] == {"m.a.b"}
    assert graph["m.a.b"] == {"m.a.c", "m.other.d"}


def test_circles_and_steps_to_the_right_are_seen() -> None:
    graph = {"mcugen.plan.a": {"mcugen.plan.b"}, "mcugen.plan.b": {"mcugen.plan.c"}, "mcugen.plan.c": {"mcugen.plan.a"}}
    assert structure.cycles(graph) == [["mcugen.plan.a", "mcugen.plan.b", "mcugen.plan.c"]]
    right = {"mcugen.ir.a": {"mcugen.plan.b"}, "mcugen.kernels.dsp.select": {"mcugen.kernels.dsp.emit"}}
    left = {"mcugen.kernels.dsp.emit": {"mcugen.codegen.views"}, "mcugen.cli.a": {"mcugen.compiler"}}
    assert len(structure.against_order(right)) == 2
    assert structure.against_order(left) == []


@pytest.mark.parametrize(
    "line",
    ["if plan.dsp is not None:", "if target.helium:", 'name == "packed"', "from mcugen.kernels.dsp.emit import view"],
)
def test_names_of_families_are_seen(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In code that is no family's."""
    monkeypatch.setattr(structure, "ROOT", tmp_path)
    for place in ("mcugen/plan", "mcugen/kernels/dsp"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "a.py").write_text(f"{line}\n")
    assert [place for place, *_ in structure.named_families()] == ["mcugen/plan/a.py"]


def test_every_family_is_whole() -> None:
    """What others find it by exists: modules, templates, and the name that targets use."""
    for family in FAMILIES:
        assert callable(emitter(family.name).view)
        assert callable(emitter(family.name).header)
        assert callable(worker(family.name).parts)
        assert (structure.ROOT / "templates" / family.name / "stage.c.j2").is_file()
    known = {family.name for family in FAMILIES}
    assert {use.name for target in TARGETS for use in target.families} <= known
