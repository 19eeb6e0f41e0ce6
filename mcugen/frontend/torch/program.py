"""From an exported program to a QDQ model in ONNX's operators, from which front end and exporter both go on."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, OutputKind

from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.model import DeclaredInput, QdqModel
from mcugen.frontend.torch.call import Argument, Call, Operand
from mcugen.frontend.torch.places import code, describe
from mcugen.frontend.torch.table import OPERATORS, REFUSED, supported
from mcugen.frontend.torch.translation import OPSET, Translation

_HOW_TO_QUANTIZE = (
    "quantize it: mcugen.quantization.quantize(module, example, calibration), or prepare_pt2e and convert_pt2e of "
    "torchao.quantization.pt2e with a quantizer that covers every layer"
)
_NAMESPACES = ("aten", "quantized_decomposed", "_operator")
_CHECKS = ("_assert_tensor_metadata", "_assert_scalar", "sym_constrain_range_for_size")
_VIEWS = (
    "alias",
    "detach",
    "dropout",
    "flatten",
    "view",
    "reshape",
    "squeeze",
    "unsqueeze",
    "permute",
    "transpose",
    "t",
)
_INPUT_TYPES = {torch.float32: "float32", torch.int8: "int8", torch.uint8: "uint8"}


def translate(program: ExportedProgram, name: str, labels: tuple[str, ...] = (), source_sha256: str = "") -> QdqModel:
    """The program of one float32 (or integer) image (1, C, H, W) as a QDQ model.

    Raises UnsupportedModelError naming the operator, its module and its line for what is not compiled.
    """
    out = Translation(constants=_constants(program))
    names: dict[torch.fx.Node, str] = {}
    for node in program.graph.nodes:
        names[node] = node.name
        if node.op == "call_function":
            _translate_call(out, node, names)
        elif node.op not in ("placeholder", "output"):
            raise UnsupportedModelError(f"{name}: {node.op} '{node.target}'", "export the module with torch.export")
    return QdqModel(
        name=name,
        opset=OPSET,
        nodes=out.nodes,
        constants=out.constants,
        input=_the_input(program, name),
        outputs=_the_outputs(program, name, names),
        how_to_quantize=_HOW_TO_QUANTIZE,
        labels=labels,
        source_format="torch",
        source_sha256=source_sha256,
    )


def _constants(program: ExportedProgram) -> dict[str, np.ndarray]:
    """Parameters, buffers and constants by the names of their placeholders."""
    stored: Mapping[str, Any] = {**program.state_dict, **program.constants}
    found = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind is InputKind.USER_INPUT:
            continue
        tensor = stored.get(spec.target or "")
        if isinstance(tensor, torch.Tensor):
            found[spec.arg.name] = tensor.detach().cpu().contiguous().numpy()
    return found


def _the_input(program: ExportedProgram, name: str) -> DeclaredInput:
    wanted = program.graph_signature.user_inputs
    if len(wanted) != 1:
        raise UnsupportedModelError(f"{name}: {len(wanted)} inputs", "supported: one input and one output")
    node = next(node for node in program.graph.nodes if node.op == "placeholder" and node.name == wanted[0])
    value = node.meta.get("val")
    if not isinstance(value, torch.Tensor):
        raise UnsupportedModelError(f"{name}: its input is {value!r}", "supported: one image as a tensor")
    if value.dtype not in _INPUT_TYPES:
        raise UnsupportedModelError(
            f"input '{node.name}': {_dtype_name(value.dtype)}", "supported: float32, int8, uint8"
        )
    return DeclaredInput(node.name, _INPUT_TYPES[value.dtype], _dims(value))


def _the_outputs(program: ExportedProgram, name: str, names: Mapping[torch.fx.Node, str]) -> list[str]:
    by_name = {node.name: value for node, value in names.items()}
    found = []
    for spec in program.graph_signature.output_specs:
        if spec.kind is not OutputKind.USER_OUTPUT:
            raise UnsupportedModelError(
                f"{name}: it changes '{spec.target}' while it runs", "supported: nets without state"
            )
        if spec.arg.name not in by_name:
            raise ModelFormatError(f"{name}: its output is not computed by any of its operators")
        found.append(by_name[spec.arg.name])
    if not found:
        raise UnsupportedModelError(f"{name}: no output", "supported: one image to tensors")
    return found


def _translate_call(out: Translation, node: torch.fx.Node, names: dict[torch.fx.Node, str]) -> None:
    namespace, kind = _operator(node)
    if kind in _CHECKS or (kind == "getitem" and not node.users):
        return
    in_place = kind.endswith("_") and namespace == "aten"
    # An operator whose name begins with an underscore is what the one without decomposes to.
    kind = kind.strip("_") if namespace == "aten" else kind
    module = module_of(node)
    place = describe(kind, module, node.meta.get("stack_trace") or "")
    handler = OPERATORS.get(kind) or REFUSED.get(kind)
    if handler is None or namespace not in _NAMESPACES:
        shown = place if namespace in _NAMESPACES else f"{namespace}.{place}"
        line = code(node.meta.get("stack_trace") or "")
        raise UnsupportedModelError(f"{shown}: not supported{line}", f"supported: {supported()}")
    if in_place:
        require_last_reader(node, place)
    arguments = {name: _argument(value, names, place) for name, value in _arguments(node).items()}
    value = node.meta.get("val")
    first = value[0] if isinstance(value, tuple | list) else value
    handler(out, Call(kind, arguments, module, place, node.name, _dims(first)))


def _operator(node: torch.fx.Node) -> tuple[str, str]:
    """("aten", "conv2d")."""
    if node.target is operator.getitem:
        return "_operator", "getitem"
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return "python", str(getattr(node.target, "__name__", node.target))
    namespace, _, kind = schema.name.partition("::")
    return namespace, kind


def _arguments(node: torch.fx.Node) -> dict[str, Any]:
    """All arguments by the names of the schema."""
    if node.target is operator.getitem:
        return {"self": node.args[0], "index": node.args[1]}
    found = {}
    for position, argument in enumerate(node.target._schema.arguments):
        given = node.args[position] if position < len(node.args) else node.kwargs.get(argument.name)
        found[argument.name] = argument.default_value if given is None else given
    return found


def _argument(value: Any, names: Mapping[torch.fx.Node, str], place: str) -> Argument:
    if isinstance(value, torch.fx.Node):
        content = value.meta.get("val")
        first = content[0] if isinstance(content, tuple | list) else content
        return Operand(names[value], _dims(first))
    if isinstance(value, torch.dtype):
        return _dtype_name(value)
    if isinstance(value, list | tuple):
        if value and all(isinstance(item, torch.fx.Node) for item in value):
            return tuple(Operand(names[item], _dims(item.meta.get("val"))) for item in value)
        if any(not isinstance(item, int | float) for item in value):
            raise UnsupportedModelError(f"{place}: sizes that are not fixed", "export without dynamic_shapes")
        return tuple(value)
    if value is None or isinstance(value, int | float | bool | str):
        return value
    return str(value)


def _dims(value: Any) -> tuple[int, ...]:
    """The shape of a tensor, 0 where it is not fixed."""
    shape = value.shape if isinstance(value, torch.Tensor) else ()
    return tuple(size if isinstance(size, int) else 0 for size in shape)


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def module_of(node: torch.fx.Node) -> str:
    """The path of the innermost module that the call stands in, or the call's own name."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path = str(stack[-1][0]) if stack else ""
    return path if path and path.isprintable() else node.name


def require_last_reader(node: torch.fx.Node, place: str) -> None:
    """Raises UnsupportedModelError where an operator in place changes what others see through a view, or read later."""
    reader, source = node, node.args[0]
    while isinstance(source, torch.fx.Node) and source.op == "call_function":
        for other in source.users:
            if other is not reader and (_operator(other)[1] in _VIEWS or other > node):
                raise UnsupportedModelError(
                    f"{place}: changes in place what '{other.name}' also reads",
                    "use the operator that is not in place (inplace=False)",
                )
        if _operator(source)[1] not in _VIEWS:
            break
        reader, source = source, source.args[0]
