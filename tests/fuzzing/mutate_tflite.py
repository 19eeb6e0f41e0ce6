"""Changes of a .tflite file's fields, each a function (random, tables) that changes the tables in place.

Half of them are what a damaged or contradicting file holds; the other half leave a sound network of another kind, so
that much of what comes out is accepted and can be compared with TensorFlow Lite Micro.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable

import numpy as np
import tflite

from tests.fuzzing.reshape_tflite import resize_image
from tests.fuzzing.tflite_tables import CODES, OPTIONS, TYPES, Tables, options_fields
from tests.support.hostile_text import HOSTILE_TEXTS
from tests.support.tflite_file import Operator, Tensor

Mutation = Callable[[np.random.Generator, Tables], None]

_SCALES = [0.0, 1e-45, 1e-30, 1e-10, 1e-6, 0.5, 1.0, 255.0, 1e6, 1e30, 3.4e38, math.inf, -1.0, math.nan]
_INTEGERS = [-(1 << 31), -129, -128, -2, -1, 0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 128, 255, 256, 65536, (1 << 31) - 1]
_OPERATORS = [
    *("ADD", "AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "FULLY_CONNECTED", "MAX_POOL_2D", "MEAN"),
    *("MUL", "PACK", "PAD", "PADV2", "QUANTIZE", "RELU", "RELU6", "RESHAPE", "SHAPE", "SOFTMAX", "SQUEEZE", "CUSTOM"),
]
_CODES = {name: code for code, name in CODES.items()}


def mutate_tflite(random: np.random.Generator, tables: Tables) -> bytes:
    """A file with one to four changes. Where a field cannot hold a new value, the change is made again."""
    for _ in range(100):
        changed = copy.deepcopy(tables)
        for _ in range(int(random.choice([1, 1, 1, 2, 2, 3, 4]))):
            MUTATIONS[int(random.integers(len(MUTATIONS)))](random, changed)
        try:
            return changed.write()
        except (OverflowError, ValueError, TypeError, AssertionError):
            continue
    return tables.write()


def _pick(random: np.random.Generator, values: list) -> object:
    return values[int(random.integers(len(values)))]


def _tensor(random: np.random.Generator, tables: Tables) -> Tensor:
    return tables.file.tensors[int(random.integers(len(tables.file.tensors)))]


def _operator(random: np.random.Generator, tables: Tables) -> Operator:
    return tables.file.operators[int(random.integers(len(tables.file.operators)))]


def _integer(random: np.random.Generator, old: int) -> int:
    near = [old - 1, old + 1, old * 2, old // 2, -old]
    return int(_pick(random, near if random.random() < 0.5 else _INTEGERS))


def _maps(tables: Tables) -> list[int]:
    """Tensors that operators write and others read."""
    read = {index for operator in tables.file.operators for index in operator.inputs}
    return [index for operator in tables.file.operators for index in operator.outputs if index in read]


def scale(random: np.random.Generator, tables: Tables) -> None:
    tensor = _tensor(random, tables)
    if not tensor.scales:
        tensor.scales, tensor.zero_points = [0.02], [0]
        return
    place = int(random.integers(len(tensor.scales)))
    tensor.scales[place] = float(_pick(random, _SCALES))


def scale_of_a_map(random: np.random.Generator, tables: Tables) -> None:
    """By a factor that keeps the network sound: 2^-12 to 2^12."""
    for index in random.permutation(_maps(tables) or [0])[:1]:
        tensor = tables.file.tensors[int(index)]
        tensor.scales = [value * float(2.0 ** random.uniform(-12, 12)) for value in tensor.scales]


def scale_of_another(random: np.random.Generator, tables: Tables) -> None:
    one, other = _tensor(random, tables), _tensor(random, tables)
    one.scales, one.zero_points = list(other.scales), list(other.zero_points)


def zero_point(random: np.random.Generator, tables: Tables) -> None:
    tensor = _tensor(random, tables)
    if tensor.zero_points:
        place = int(random.integers(len(tensor.zero_points)))
        tensor.zero_points[place] = _integer(random, tensor.zero_points[place])


def zero_point_of_a_map(random: np.random.Generator, tables: Tables) -> None:
    for index in random.permutation(_maps(tables) or [0])[:1]:
        tensor = tables.file.tensors[int(index)]
        tensor.zero_points = [int(random.integers(-128, 128)) for _ in tensor.zero_points]


def length_of_quantization(random: np.random.Generator, tables: Tables) -> None:
    tensor = _tensor(random, tables)
    values = tensor.scales if random.random() < 0.5 else tensor.zero_points
    if random.random() < 0.5:
        values[int(random.integers(len(values) + 1)) :] = []
    else:
        values.extend(values[:1] * int(random.integers(1, 9)))


def shape(random: np.random.Generator, tables: Tables) -> None:
    tensor = _tensor(random, tables)
    sizes = list(tensor.shape)
    kind = random.integers(4)
    if kind == 0 and sizes:
        del sizes[int(random.integers(len(sizes)))]
    elif kind == 1:
        sizes.insert(int(random.integers(len(sizes) + 1)), int(_pick(random, [0, 1, 2, -1])))
    elif kind == 2:
        random.shuffle(sizes)
    elif sizes:
        place = int(random.integers(len(sizes)))
        sizes[place] = _integer(random, sizes[place])
    tensor.shape = tuple(int(size) for size in sizes)


def signature(random: np.random.Generator, tables: Tables) -> None:
    tensor = _tensor(random, tables)
    tensor.signature = tuple(int(_pick(random, [-1, size])) for size in tensor.shape)


def dtype(random: np.random.Generator, tables: Tables) -> None:
    _tensor(random, tables).dtype = str(_pick(random, list(TYPES.values())))


def name(random: np.random.Generator, tables: Tables) -> None:
    _tensor(random, tables).name = str(_pick(random, [*HOSTILE_TEXTS, "", _tensor(random, tables).name]))


def flags(random: np.random.Generator, tables: Tables) -> None:
    tensor = _tensor(random, tables)
    kind = random.integers(3)
    if kind == 0:
        tensor.sparse = not tensor.sparse
    elif kind == 1:
        tensor.variable = not tensor.variable
    else:
        tensor.quantized_dimension = _integer(random, tensor.quantized_dimension)


def buffer(random: np.random.Generator, tables: Tables) -> None:
    tensor = _tensor(random, tables)
    tensor.buffer = int(_pick(random, [0, _tensor(random, tables).buffer, len(tables.file.buffers), (1 << 32) - 1]))


def values(random: np.random.Generator, tables: Tables) -> None:
    """All bytes of a constant: noise, one extreme, words near the ends of int32, or a few single values."""
    constants = [tensor for tensor in tables.file.tensors if tables.file.buffers[tensor.buffer : tensor.buffer + 1]]
    constants = [tensor for tensor in constants if tables.file.buffers[tensor.buffer]]
    if not constants:
        return
    tensor = constants[int(random.integers(len(constants)))]
    data = bytearray(tables.file.buffers[tensor.buffer])
    kind = random.integers(6)
    if kind == 0:
        data = bytearray(random.bytes(len(data)))
    elif kind == 1:
        data = bytearray([int(_pick(random, [0, 1, 127, 128, 255]))]) * len(data)
    elif kind == 2 and len(data) >= 4:
        place = int(random.integers(len(data) // 4)) * 4
        data[place : place + 4] = int(_pick(random, _INTEGERS)).to_bytes(4, "little", signed=True)
    elif kind == 3:
        data = data[: int(random.integers(len(data) + 1))]
    elif kind == 4:
        data += bytes(int(random.integers(1, 65)))
    else:
        for _ in range(int(random.integers(1, 9))):
            data[int(random.integers(len(data)))] = int(random.integers(256))
    tables.file.buffers[tensor.buffer] = bytes(data)


def biases(random: np.random.Generator, tables: Tables) -> None:
    """One int32 constant becomes words of a magnitude up to 2^31: near the ends sums overflow."""
    constants = [t for t in tables.file.tensors if t.dtype == "int32" and 0 < t.buffer < len(tables.file.buffers)]
    constants = [t for t in constants if len(tables.file.buffers[t.buffer]) >= 4]
    if constants:
        tensor = constants[int(random.integers(len(constants)))]
        bits = int(random.integers(1, 32))
        count = len(tables.file.buffers[tensor.buffer]) // 4
        words = random.integers(-(1 << bits), 1 << bits, count).clip(-(1 << 31), (1 << 31) - 1)
        tables.file.buffers[tensor.buffer] = words.astype("<i4").tobytes()


def operator_inputs(random: np.random.Generator, tables: Tables) -> None:
    operator = _operator(random, tables)
    operator.inputs = _other_indices(random, tables, operator.inputs)


def operator_outputs(random: np.random.Generator, tables: Tables) -> None:
    operator = _operator(random, tables)
    operator.outputs = _other_indices(random, tables, operator.outputs)


def border(random: np.random.Generator, tables: Tables) -> None:
    if random.random() < 0.5:
        tables.inputs = list(_other_indices(random, tables, tuple(tables.inputs)))
    else:
        tables.outputs = list(_other_indices(random, tables, tuple(tables.outputs)))


def _other_indices(random: np.random.Generator, tables: Tables, old: tuple[int, ...]) -> tuple[int, ...]:
    indices, count = list(old), len(tables.file.tensors)
    kind = random.integers(4)
    if kind == 0 and indices:
        del indices[int(random.integers(len(indices)))]
    elif kind == 1:
        indices.append(int(random.integers(-1, count)))
    elif kind == 2:
        random.shuffle(indices)
    elif indices:
        choices = [-1, -2, count, int(random.integers(count)), int(random.integers(count)), (1 << 31) - 1]
        indices[int(random.integers(len(indices)))] = int(_pick(random, choices))
    return tuple(int(index) for index in indices)


def code(random: np.random.Generator, tables: Tables) -> None:
    operator = _operator(random, tables)
    operator.code = _CODES[str(_pick(random, _OPERATORS))]
    operator.custom = str(_pick(random, list(HOSTILE_TEXTS))) if operator.code == _CODES["CUSTOM"] else ""


def option(random: np.random.Generator, tables: Tables) -> None:
    """A field of an operator's options: window, stride, padding, activation, axis, ..."""
    operator = _operator(random, tables)
    numbers = {field: value for field, value in operator.fields.items() if isinstance(value, (int, float))}
    if not numbers:
        return
    field = str(_pick(random, sorted(numbers)))
    old = numbers[field]
    if isinstance(old, bool):
        operator.fields[field] = not old
    elif isinstance(old, float):
        operator.fields[field] = float(_pick(random, _SCALES))
    else:
        operator.fields[field] = _integer(random, old)


def activation(random: np.random.Generator, tables: Tables) -> None:
    operators = [operator for operator in tables.file.operators if "FusedActivationFunction" in operator.fields]
    if operators:
        chosen = operators[int(random.integers(len(operators)))]
        chosen.fields["FusedActivationFunction"] = int(random.integers(0, 6))


def options_table(random: np.random.Generator, tables: Tables) -> None:
    operator = _operator(random, tables)
    if random.random() < 0.5:
        operator.options, operator.fields = "", {}
        return
    names = [name for name in OPTIONS.values() if name != "NONE" and hasattr(tflite, f"{name}Start")]
    operator.options = str(_pick(random, names))
    kept = [field for field in options_fields(operator.options) if field in operator.fields]
    operator.fields = {field: operator.fields[field] for field in kept}


def delete_operator(random: np.random.Generator, tables: Tables) -> None:
    if len(tables.file.operators) > 1:
        del tables.file.operators[int(random.integers(len(tables.file.operators)))]


def skip_operator(random: np.random.Generator, tables: Tables) -> None:
    """Whoever reads the operator's output reads its input."""
    operator = _operator(random, tables)
    if operator.inputs and operator.outputs:
        _replace(tables, operator.outputs[0], operator.inputs[0], keep=operator)


def reorder(random: np.random.Generator, tables: Tables) -> None:
    operators = tables.file.operators
    one, other = int(random.integers(len(operators))), int(random.integers(len(operators)))
    operators[one], operators[other] = operators[other], operators[one]


def repeat_operator(random: np.random.Generator, tables: Tables) -> None:
    operator = _operator(random, tables)
    twin = Operator(**{f.name: getattr(operator, f.name) for f in dataclasses.fields(Operator)})
    tables.file.operators.insert(int(random.integers(len(tables.file.operators) + 1)), twin)


def cut(random: np.random.Generator, tables: Tables) -> None:
    """The network ends at one of its maps."""
    maps = _maps(tables)
    if maps:
        tables.outputs = [int(_pick(random, maps))]


def insert(random: np.random.Generator, tables: Tables) -> None:
    """A sound operator between a map and those who read it, with its own scale and zero point."""
    maps = [index for index in _maps(tables) if tables.file.tensors[index].dtype == "int8"]
    if not maps:
        return
    index = int(_pick(random, maps))
    tensor = tables.file.tensors[index]
    made = copy.deepcopy(tensor)
    made.name = f"inserted_{len(tables.file.tensors)}"
    kind = str(_pick(random, ["ADD", "RELU", "RELU6", "QUANTIZE", "MAX_POOL_2D", "AVERAGE_POOL_2D", "RESHAPE", "PAD"]))
    inputs, options, fields = (index,), "", {}
    if kind in ("RELU", "RELU6", "QUANTIZE", "ADD") and random.random() < 0.7:
        made.scales = [value * float(2.0 ** random.uniform(-6, 6)) for value in made.scales]
        made.zero_points = [int(random.integers(-128, 128)) for _ in made.zero_points]
    if kind == "ADD":
        inputs = (index, index)
        options, fields = "AddOptions", {"FusedActivationFunction": int(random.integers(0, 4))}
    elif kind.endswith("POOL_2D"):
        window = {"FilterWidth": int(random.integers(1, 5)), "FilterHeight": int(random.integers(1, 5))}
        options, fields = "Pool2DOptions", {"Padding": 0, "StrideW": 1, "StrideH": 1, **window}
        fields["FusedActivationFunction"] = int(random.integers(0, 4))
    elif kind in ("RESHAPE", "PAD"):
        array = np.array(made.shape if kind == "RESHAPE" else np.zeros((len(made.shape), 2)), np.int32)
        inputs = (index, tables.file.constant(f"constant_{len(tables.file.tensors)}", array))
        options, fields = (
            ("ReshapeOptions", {"NewShape": list(made.shape)}) if kind == "RESHAPE" else ("PadOptions", {})
        )
    tables.file.tensors.append(made)
    _replace(tables, index, len(tables.file.tensors) - 1)
    place = next(i for i, operator in enumerate(tables.file.operators) if index in operator.outputs) + 1
    output = (len(tables.file.tensors) - 1,)
    tables.file.operators.insert(place, Operator(_CODES[kind], "", inputs, output, options, fields))


def _replace(tables: Tables, old: int, new: int, keep: Operator | None = None) -> None:
    for operator in tables.file.operators:
        if operator is not keep:
            operator.inputs = tuple(new if index == old else index for index in operator.inputs)
    tables.outputs = [new if index == old else index for index in tables.outputs]


def whole_file(random: np.random.Generator, tables: Tables) -> None:
    kind = random.integers(3)
    if kind == 0:
        tables.version = _integer(random, tables.version)
    elif kind == 1:
        tables.subgraphs = int(random.integers(0, 4))
    else:
        tables.tail = random.bytes(int(random.integers(1, 64)))


def image_size(random: np.random.Generator, tables: Tables) -> None:
    """Another height and width of the image, and of every map behind it."""
    height, width = int(_pick(random, [1, 2, 3, 5, 8, 16, 24, 33])), int(_pick(random, [1, 2, 3, 5, 8, 16, 24, 33]))
    resize_image(tables, height, width)


MUTATIONS: tuple[Mutation, ...] = (
    *(scale, scale_of_a_map, scale_of_another, zero_point, zero_point_of_a_map, length_of_quantization, shape),
    *(signature, dtype, name, flags, buffer, values, biases, operator_inputs, operator_outputs, border, code),
    *(option, activation, options_table, delete_operator, skip_operator, reorder, repeat_operator, cut, insert),
    *(whole_file, image_size),
    # What keeps a network sound comes up more often than its share.
    *(scale_of_a_map, zero_point_of_a_map, values, biases, option, activation, cut, insert, insert, image_size),
)
