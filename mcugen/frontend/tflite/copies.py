"""RESHAPE, TRANSPOSE, TILE and their like over more than four dimensions, as one list of the elements that they copy.

Keras 3 spells upsampling so, and everybody the shuffling of channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import tflite

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.tflite.model import FileModel, FileOperator
from mcugen.frontend.tflite.network import MAP_DIMENSIONS, concrete_shape
from mcugen.frontend.tflite.reader import constant_integers

_Code = tflite.BuiltinOperator
_LARGEST = 1 << 23
"""Values of a map: more than any that a graph may have."""


class _Unknown(Exception):
    """What an operator copies depends on more than the file says of it by itself."""


def join_copies(model: FileModel) -> FileModel:
    """The model with one RESHAPE that has `elements` in place of each chain that leaves four dimensions and comes back.

    A chain whose inner tensors others read, or that depends on what is not constant, stays as it is.
    """
    joined: dict[FileOperator, FileOperator] = {}
    gone: set[FileOperator] = set()
    for first in model.operators:
        if not _is_deep(model, first.outputs) or not first.has_input(0) or _is_deep(model, first.inputs[:1]):
            continue
        try:
            chain = _chain(model, first)
            elements = _copied(model, chain)
        except (_Unknown, ModelFormatError):
            continue
        last = chain[-1]
        joined[last] = replace(last, code=_Code.RESHAPE, inputs=first.inputs[:1], options=None, elements=elements)
        gone.update(chain[:-1])
    return model.with_joined(joined, gone)


def tiled(elements: np.ndarray, times: list[int]) -> np.ndarray:
    """Repeated along every axis. Raises ModelFormatError where there are not as many axes, or too many elements."""
    if len(times) != elements.ndim or min(times, default=1) < 1:
        raise ModelFormatError(f"repeats {elements.ndim} dimensions {times} times")
    if elements.size * math.prod(times) > _LARGEST:
        raise ModelFormatError("makes more elements than a map may have")
    return np.tile(elements, times)


def broadcast(elements: np.ndarray, shape: list[int]) -> np.ndarray:
    """Repeated along every axis of one element. Raises ModelFormatError where the shape is none for these elements."""
    if math.prod(shape) > _LARGEST:
        raise ModelFormatError("makes more elements than a map may have")
    try:
        return np.broadcast_to(elements, shape)
    except ValueError as error:
        raise ModelFormatError(f"repeats elements of shape {elements.shape} to {shape}") from error


def _is_deep(model: FileModel, tensors: tuple[int, ...]) -> bool:
    return any(index >= 0 and len(model.tensors[index].shape) > MAP_DIMENSIONS for index in tensors)


def _chain(model: FileModel, first: FileOperator) -> list[FileOperator]:
    """The operators from the first, which leaves four dimensions, to the one that comes back."""
    chain = [first]
    while len(chain[-1].outputs) == 1 and _is_deep(model, chain[-1].outputs):
        output = chain[-1].outputs[0]
        readers = [operator for operator in model.readers(output) if operator.code != _Code.SHAPE]
        if len(readers) != 1 or readers[0] in chain or output in model.outputs or readers[0].inputs[0] != output:
            raise _Unknown
        chain.append(readers[0])
    if len(chain[-1].outputs) != 1:
        raise _Unknown
    return chain


def _copied(model: FileModel, chain: list[FileOperator]) -> np.ndarray:
    """For each element of the last output, in its shape, the number of the first input's element that it is."""
    source = model.tensors[chain[0].inputs[0]]
    shape = concrete_shape(source)
    if min(shape, default=1) < 1 or math.prod(shape) > _LARGEST:
        raise _Unknown
    elements = np.arange(math.prod(shape)).reshape(shape)
    for operator in chain:
        copy = _COPIES.get(operator.code)
        output = model.tensors[operator.outputs[0]]
        if copy is None or not source.is_stored_as(output):
            raise _Unknown
        elements = copy(model, operator, elements)
    return elements


def _reshaped(model: FileModel, operator: FileOperator, elements: np.ndarray) -> np.ndarray:
    """By the second input of RESHAPE where that is constant, and else by what the file says of the output."""
    shape = list(concrete_shape(model.tensors[operator.outputs[0]]))
    if operator.code == _Code.RESHAPE and len(operator.inputs) > 1:
        try:
            shape = _integers(model, operator)
        except _Unknown:
            shape = [-1 if size < 0 else size for size in shape]
    if shape.count(-1) == 1:
        known = -math.prod(shape)
        shape[shape.index(-1)] = elements.size // known if known > 0 else 0
    if min(shape, default=1) < 1 or math.prod(shape) != elements.size:
        raise _Unknown
    return elements.reshape(shape)


def _transposed(model: FileModel, operator: FileOperator, elements: np.ndarray) -> np.ndarray:
    order = _integers(model, operator)
    if sorted(order) != list(range(elements.ndim)):
        raise _Unknown
    return elements.transpose(order)


def _integers(model: FileModel, operator: FileOperator) -> list[int]:
    """The second input, a constant list."""
    values = constant_integers(model.tensors[operator.input(1)])
    if values is None:
        raise _Unknown
    return values


_COPIES: dict[int, Callable[[FileModel, FileOperator, np.ndarray], np.ndarray]] = {
    _Code.RESHAPE: _reshaped,
    _Code.EXPAND_DIMS: _reshaped,
    _Code.SQUEEZE: _reshaped,
    _Code.TRANSPOSE: _transposed,
    _Code.TILE: lambda model, operator, elements: tiled(elements, _integers(model, operator)),
    _Code.BROADCAST_TO: lambda model, operator, elements: broadcast(elements, _integers(model, operator)),
}
