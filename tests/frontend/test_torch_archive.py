"""Opening a .pt2 runs nothing of it: attacks that work on torch's own loader touch no file through mcugen's."""

from __future__ import annotations

import io
import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.needs import module

torch = module("torch")
module("torchao")

from mcugen.diagnostics import McugenError, ModelFormatError, UnsupportedModelError  # noqa: E402
from mcugen.frontend import load_model  # noqa: E402
from mcugen.frontend.torch.quiet import quiet  # noqa: E402
from mcugen.ir import Normalization  # noqa: E402
from mcugen.quantization import quantize  # noqa: E402
from mcugen.quantization.files import save_program  # noqa: E402
from tests.support.torch_nets import Means, images, seeded  # noqa: E402

Entries = dict[str, bytes]
PROGRAM = "models/model.json"
WEIGHTS = "data/weights/model_weights_config.json"
CONSTANTS = "data/constants/model_constants_config.json"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("honest") / "net.pt2"
    save_program(path, quantize(seeded(Means), images(2, 2, 9, 11), [images(8, 2, 9, 11)]), ["a", "b"])
    return path


class _Touch:
    """Unpickled, it touches a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def _saved(content: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def _edit(entries: Entries, name: str, change: Callable[[Any], None]) -> None:
    values = json.loads(entries[name])
    change(values)
    entries[name] = json.dumps(values).encode()


def _payload(file: str, pickled: bool = True) -> dict[str, Any]:
    return {"path_name": file, "is_param": False, "use_pickle": pickled, "tensor_meta": None}


def _sample_inputs(entries: Entries, mark: Path) -> None:
    entries["data/sample_inputs/model.pt"] = _saved(_Touch(mark))


def _opaque_constant(entries: Entries, mark: Path) -> None:
    entries["data/constants/opaque_obj_0"] = pickle.dumps(_Touch(mark))
    _edit(entries, CONSTANTS, lambda c: c["config"].update(x=_payload("opaque_obj_0")))


def _custom_constant(entries: Entries, mark: Path) -> None:
    entries["data/constants/custom_obj_0"] = _saved(_Touch(mark))
    _edit(entries, CONSTANTS, lambda c: c["config"].update(x=_payload("custom_obj_0")))


def _pickled_constant(entries: Entries, mark: Path) -> None:
    entries["data/constants/tensor_0"] = _saved(_Touch(mark))
    _edit(entries, CONSTANTS, lambda c: c["config"].update(x=_payload("tensor_0")))


def _pickled_weight(entries: Entries, mark: Path) -> None:
    entries["data/weights/weight_999"] = _saved(_Touch(mark))
    _edit(entries, WEIGHTS, lambda c: c["config"].update(x=_payload("weight_999")))


def _legacy_weights(entries: Entries, mark: Path) -> None:
    entries["data/weights/model.pt"] = _saved({"x": _Touch(mark)})


def _legacy_constants(entries: Entries, mark: Path) -> None:
    entries["data/constants/model.pt"] = _saved({"x": _Touch(mark)})


def _expression(mark: Path) -> str:
    return f"__import__('pathlib').Path({str(mark)!r}).touch()"


def _first_tensor(program: Any) -> Any:
    return next(iter(program["graph_module"]["graph"]["tensor_values"].values()))


def _symbolic_size(entries: Entries, mark: Path) -> None:
    size = {"as_expr": {"expr_str": _expression(mark), "hint": None}}
    _edit(entries, PROGRAM, lambda p: _first_tensor(p).update(sizes=[size]))


def _symbolic_size_of_a_tensor_named_metadata(entries: Entries, mark: Path) -> None:
    def change(program: Any) -> None:
        size = {"as_expr": {"expr_str": _expression(mark), "hint": None}}
        values = program["graph_module"]["graph"]["tensor_values"]
        values["metadata"] = {**_first_tensor(program), "sizes": [size]}
        program["graph_module"]["graph"]["inputs"].append({"as_tensor": {"name": "metadata"}})
        program["graph_module"]["signature"]["input_specs"].append(
            {"user_input": {"arg": {"as_tensor": {"name": "metadata"}}}}
        )

    _edit(entries, PROGRAM, change)


def _name_as_code(entries: Entries, mark: Path) -> None:
    """torch.fx writes `def forward(self, NAME)` and executes the definition, defaults and all."""

    def change(program: Any) -> None:
        graph_module = program["graph_module"]
        name = f"x={_expression(mark)}"
        graph_module["graph"]["inputs"].append({"as_tensor": {"name": name}})
        graph_module["graph"]["tensor_values"][name] = _first_tensor(program)
        graph_module["signature"]["input_specs"].append({"user_input": {"arg": {"as_tensor": {"name": name}}}})

    _edit(entries, PROGRAM, change)


def _module_in_a_tree(entries: Entries, mark: Path) -> None:
    """A tree specification names a module, which is imported; one lies in the working directory."""
    (mark.parent / "mcugen_attack.py").write_text(f"{_expression(mark)}\nclass E: pass\n")
    context = json.dumps({"__enum__": True, "fqn": "mcugen_attack:E", "name": "x"})
    tree = json.dumps([1, {"type": "builtins.tuple", "context": context, "children_spec": []}])

    def change(program: Any) -> None:
        signature = next(c["signature"] for c in program["graph_module"]["module_call_graph"] if c["signature"])
        signature["in_spec"] = tree

    _edit(entries, PROGRAM, change)


WORKING: list[Callable[[Entries, Path], None]] = [
    _sample_inputs,
    _opaque_constant,
    _pickled_constant,
    _pickled_weight,
    _legacy_weights,
    _legacy_constants,
    _symbolic_size,
    _symbolic_size_of_a_tensor_named_metadata,
    _name_as_code,
    _module_in_a_tree,
]


def _attack(honest: Path, tmp_path: Path, attack: Callable[[Entries, Path], None]) -> tuple[Path, Path]:
    """(the changed archive, the file that it touches if it runs)."""
    path, mark = tmp_path / "net.pt2", tmp_path / "mark"
    entries = _entries_of(honest)
    attack(entries, mark)
    _write(path, entries)
    return path, mark


def _entries_of(path: Path) -> Entries:
    with zipfile.ZipFile(path) as archive:
        return {name.removeprefix("archive/"): archive.read(name) for name in archive.namelist()}


def _write(path: Path, entries: Entries, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(f"archive/{name}", content)


@pytest.mark.parametrize("attack", WORKING, ids=lambda attack: attack.__name__.strip("_"))
def test_what_torch_would_run_does_not_run(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Callable[[Entries, Path], None]
) -> None:
    path, mark = _attack(honest, tmp_path, attack)
    monkeypatch.syspath_prepend(str(tmp_path))
    if attack is _sample_inputs:
        # What a program was exported with decides nothing: it is left out.
        assert load_model(path).output_tensor.shape
    else:
        with pytest.raises(McugenError, match=r"net\.pt2"):
            load_model(path)
    assert not mark.exists()
    # The attack is a real one: torch's own loader falls for it.
    with quiet(), suppress(Exception):
        torch.export.load(path)
    sys.modules.pop("mcugen_attack", None)
    assert mark.exists()


def test_a_pickled_object_of_torchscript_is_refused(honest: Path, tmp_path: Path) -> None:
    path, mark = _attack(honest, tmp_path, _custom_constant)
    with pytest.raises(UnsupportedModelError, match=r"custom_obj_0\), which could run code"):
        load_model(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["data/aotinductor/model/a.so", "data/executorch/a", "models/other.json", "data/mtia/a", "code/a.py"]
)
def test_compiled_packages_and_what_is_not_known_are_refused(honest: Path, tmp_path: Path, name: str) -> None:
    path, _ = _attack(honest, tmp_path, lambda entries, mark: entries.update({name: b"x"}))
    with pytest.raises(UnsupportedModelError, match=name):
        load_model(path)


def _nodes(program: Any) -> Any:
    return program["graph_module"]["graph"]["nodes"]


@pytest.mark.parametrize(
    "target", ["torch.os.system", "math.sin", "#triton.x", "torch.ops.__class__.x", "_operator.add", 3, None]
)
def test_only_operators_are_called(honest: Path, tmp_path: Path, target: Any) -> None:
    def attack(entries: Entries, mark: Path) -> None:
        _edit(entries, PROGRAM, lambda p: _nodes(p)[0].update(target=target))

    with pytest.raises(UnsupportedModelError, match="which is not an operator of torch"):
        load_model(_attack(honest, tmp_path, attack)[0])


def test_an_operator_of_another_library_is_named(honest: Path, tmp_path: Path) -> None:
    def attack(entries: Entries, mark: Path) -> None:
        _edit(entries, PROGRAM, lambda p: _nodes(p)[0].update(target="torch.ops.torchvision.nms.default"))

    with pytest.raises(UnsupportedModelError, match=r"torchvision\.nms: not supported"):
        load_model(_attack(honest, tmp_path, attack)[0])


def test_code_of_guards_is_left_out(honest: Path, tmp_path: Path) -> None:
    """torch keeps checks of inputs as lines of Python, which a module made of the program would execute."""
    from mcugen.frontend.torch.load import read_program

    path, mark = _attack(
        honest, tmp_path, lambda e, mark: _edit(e, PROGRAM, lambda p: p.update(guards_code=[_expression(mark)]))
    )
    program, _ = read_program(path)
    program.module()(images(1, 2, 9, 11))
    assert not mark.exists()


def test_packed_and_ambiguous_archives_are_refused(honest: Path, tmp_path: Path) -> None:
    entries = _entries_of(honest)
    _write(tmp_path / "packed.pt2", entries, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFormatError, match="compressed"):
        load_model(tmp_path / "packed.pt2")
    _write(tmp_path / "twice.pt2", entries)
    with zipfile.ZipFile(tmp_path / "twice.pt2", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"archive/{PROGRAM}", entries[PROGRAM])
    with pytest.raises(ModelFormatError, match="same name"):
        load_model(tmp_path / "twice.pt2")
    data = honest.read_bytes()
    (tmp_path / "cut.pt2").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelFormatError, match=r"cut\.pt2: a damaged"):
        load_model(tmp_path / "cut.pt2")


def test_a_weight_that_declares_more_than_is_stored(honest: Path, tmp_path: Path) -> None:
    def attack(entries: Entries, mark: Path) -> None:
        def change(config: Any) -> None:
            first = next(iter(config["config"].values()))
            first["tensor_meta"]["sizes"] = [{"as_int": 1 << 40}]

        _edit(entries, WEIGHTS, change)

    with pytest.raises(ModelFormatError, match="more than is stored"):
        load_model(_attack(honest, tmp_path, attack)[0])


@pytest.mark.parametrize("entry", [PROGRAM, WEIGHTS, CONSTANTS])
@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "[" * 100_000, '{"config": 3}', '{"graph_module": []}'])
def test_json_that_is_none_or_of_something_else(honest: Path, tmp_path: Path, entry: str, text: str) -> None:
    path, _ = _attack(honest, tmp_path, lambda entries, mark: entries.update({entry: text.encode()}))
    with pytest.raises(McugenError, match=r"net\.pt2"):
        load_model(path)


def test_the_format_of_older_versions_is_refused(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with zipfile.ZipFile(tmp_path / "old.pt2", "w") as archive:
        archive.writestr("version", "8.8")
        archive.writestr("serialized_exported_program.json", "{}")
        for name in ("state_dict", "constants", "example_inputs"):
            archive.writestr(f"serialized_{name}.pt", _saved(_Touch(mark)))
    with pytest.raises(ModelFormatError, match=r"of torch 2\.8 or later"):
        load_model(tmp_path / "old.pt2")
    assert not mark.exists()


def test_an_export_by_pt2e_alone_loads(tmp_path: Path) -> None:
    """Saved by torch itself, without labels."""
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    from mcugen.quantization.quantizer import McugenQuantizer

    with quiet():
        example = (images(1, 2, 9, 11),)
        prepared = prepare_pt2e(torch.export.export(seeded(Means), example).module(), McugenQuantizer())
        prepared(*example)
        program = torch.export.export(convert_pt2e(prepared), example)
        torch.export.save(program, tmp_path / "theirs.pt2")
    assert load_model(tmp_path / "theirs.pt2").labels == ()


@pytest.mark.parametrize("pixels", [Normalization((0.25,), (0.5,)), "0.25/0.5", "-1..1"])
def test_what_pixels_were_in_training_stands_in_the_file(pixels: Normalization | str, tmp_path: Path) -> None:
    program = quantize(seeded(Means), images(2, 2, 9, 11), [images(8, 2, 9, 11)])
    save_program(tmp_path / "net.pt2", program, pixels=pixels)
    known = Normalization((0.5,), (0.5,)) if pixels == "-1..1" else Normalization((0.25,), (0.5,))
    assert load_model(tmp_path / "net.pt2").pixels == known
    save_program(tmp_path / "net.pt2", program)
    assert load_model(tmp_path / "net.pt2").pixels is None


def test_pixels_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    program = quantize(seeded(Means), images(2, 2, 9, 11), [images(8, 2, 9, 11)])
    save_program(tmp_path / "net.pt2", program, pixels="1,2,3/0.5:bgr")
    with pytest.raises(McugenError, match=r"net\.pt2: its mcugen\.pixels: "):
        load_model(tmp_path / "net.pt2")
