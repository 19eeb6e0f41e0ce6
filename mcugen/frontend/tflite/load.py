"""From a .tflite file to a verified graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import tflite

from mcugen.diagnostics import McugenError, ModelFormatError
from mcugen.frontend.several_outputs import join_outputs
from mcugen.frontend.tflite.borders import Edge, input_edge, output_edge
from mcugen.frontend.tflite.constants import FOLDERS, fold
from mcugen.frontend.tflite.copies import join_copies
from mcugen.frontend.tflite.dilation import join_dilations
from mcugen.frontend.tflite.labels import read_labels
from mcugen.frontend.tflite.model import OPERATOR_NAMES, FileModel, FileOperator
from mcugen.frontend.tflite.network import Network
from mcugen.frontend.tflite.operators import CONVERSIONS, HANDLERS
from mcugen.frontend.tflite.operators.types import check_types
from mcugen.frontend.tflite.reader import read_model
from mcugen.frontend.tflite.real import RealTensors
from mcugen.ir import Graph, InvalidGraphError, Operator, verify

_OPTIONS = {code: handler.options for code, handler in HANDLERS.items() if handler.options is not None} | {
    code: folder.options for code, folder in FOLDERS.items() if folder.options is not None
}


def supported_operators() -> tuple[str, ...]:
    """The names of every operator that the front end accepts somewhere, in alphabetical order."""
    return tuple(sorted(operator_functions()))


def operator_functions() -> dict[str, Callable]:
    """What translates or folds each operator, by its name: its docstring begins with the forms that are supported."""
    functions: dict[int, Callable] = {code: folder.fold for code, folder in FOLDERS.items()}
    functions.update({code: handler.translate for code, handler in HANDLERS.items()})
    return {OPERATOR_NAMES[code]: function for code, function in functions.items()}


def load(path: Path) -> Graph:
    """The verified graph of a full-integer int8 or uint8 .tflite file.

    Raises ModelFormatError if the file is damaged, UnsupportedModelError if it holds something that mcugen does
    not compile, McugenError if it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise McugenError(f"{path}: cannot be read: {error.strerror}") from error
    return load_bytes(data, path.stem)


def load_bytes(data: bytes, name: str) -> Graph:
    """As `load`, of the file's bytes. name: of the graph."""
    model = _only_needed(join_copies(join_dilations(_only_needed(read_model(data, _OPTIONS)))))
    first = input_edge(model)
    lasts = [output_edge(model, index) for index in model.outputs]
    network = Network(model)
    operators = _translate(network, (first, *lasts))
    if not operators:
        raise ModelFormatError("the model computes nothing: no operator stands between its input and output")
    source = network.activation(model.operators[0], first.tensor)
    outputs = [network.activation(model.operators[-1], last.tensor) for last in lasts]
    graph = Graph(
        name=name,
        tensors={tensor.name: tensor for tensor in network.activations()},
        operators=operators,
        input=source.name,
        output=outputs[0].name,
        input_border=first.border,
        output_border=lasts[0].border,
        source_format="tflite",
        source_sha256=hashlib.sha256(data).hexdigest(),
        labels=read_labels(data, outputs[0].channels) if len(outputs) == 1 else (),
    )
    try:
        return verify(join_outputs(graph, outputs, [last.border for last in lasts]))
    except InvalidGraphError as error:
        raise ModelFormatError(f"the model contradicts itself: {error}") from error


def _only_needed(model: FileModel) -> FileModel:
    """Without operators on which the output does not depend."""
    needed, kept = set(model.outputs), []
    for operator in reversed(model.operators):
        if needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            kept.append(operator)
    if not kept:
        raise ModelFormatError("the model computes nothing: no operator writes its outputs")
    return FileModel(model.tensors, tuple(reversed(kept)), model.input, model.outputs)


def _translate(network: Network, edges: tuple[Edge, ...]) -> tuple[Operator, ...]:
    absorbed = {operator.index for edge in edges for operator in edge.absorbed}
    operators: list[Operator] = []
    reals = RealTensors(network)
    for operator in network.model.operators:
        if operator.index in absorbed:
            operator.require((1, 2) if operator.code == tflite.BuiltinOperator.TRANSPOSE else (1, 1))
            continue
        if _computes_constant(network, operator) and fold(network, operator):
            continue
        of_reals = reals.translate(operator)
        if of_reals is not None:
            operators.extend(of_reals)
            continue
        translated = _translate_operator(network, operator)
        operators.extend([translated] if isinstance(translated, Operator) else translated)
    return tuple(operators)


def _computes_constant(network: Network, operator: FileOperator) -> bool:
    """Whether an operator may be folded: one that has a handler, too, only where it reads a constant."""
    return operator.code not in HANDLERS or (operator.has_input(0) and network.is_constant(operator.input(0)))


def _translate_operator(network: Network, operator: FileOperator) -> Operator | Sequence[Operator]:
    handler = HANDLERS.get(operator.code)
    if handler is None:
        raise operator.unsupported(
            "this operator is not supported",
            f"supported are {', '.join(supported_operators())}; change the model or file an issue",
        )
    operator.require(handler.inputs, handler.outputs)
    if operator.code not in CONVERSIONS:
        check_types(network, operator, unsigned=handler.unsigned)
    try:
        return handler.translate(network, operator)
    except ValueError as error:
        raise operator.damaged(str(error)) from error
