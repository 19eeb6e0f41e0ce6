"""Comparison of what the C code computed in a layer with what the model's own graph says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcugen import reference
from mcugen.ir import ChannelOrigin, Graph, Operator, Tensor
from mcugen.schemas.validation import BuildKind, Mismatch


@dataclass(frozen=True)
class LayerCounts:
    """compared: layers of the model that were compared. skipped: names of those that the C code does not have."""

    compared: int
    skipped: tuple[str, ...]


def as_int8(values: np.ndarray) -> np.ndarray:
    """Stored values in the model's own int8 domain."""
    return values if values.dtype == np.int8 else (values.astype(np.int16) - 128).astype(np.int8)


def count_layers(imported: Graph, optimized: Graph) -> LayerCounts:
    """Which of the model's layers still exist as a tensor of the C code."""
    written = {op.output for op in optimized.operators}
    skipped = tuple(op.name for op in imported.operators if op.output not in written)
    return LayerCounts(len(imported.operators) - len(skipped), skipped)


def first_mismatches(
    imported: Graph, optimized: Graph, images: np.ndarray, programs: Sequence[Mapping[str, np.ndarray]]
) -> tuple[np.ndarray, list[Mismatch | None]]:
    """The reference's output, int8 [N, H, W, C], and for each program its first traced value that differs.

    programs: the layers that each traced, by tensor name, int8 [N, H, W, C of the optimized graph]. "First" is by layer
    in the model's order, then by case, y, x, channel.
    """
    found: list[Mismatch | None] = [None] * len(programs)
    output = as_int8(images)
    for op, values in reference.evaluate(imported, images):
        expected = as_int8(values)
        if op.output == imported.output:
            output = expected
        for number, layers in enumerate(programs):
            if found[number] is None and op.output in layers:
                found[number] = compare_layer(op, expected, layers[op.output], optimized.tensors[op.output])
    return output, found


def compare_layer(
    op: Operator, expected: np.ndarray, got: np.ndarray, tensor: Tensor, build: BuildKind = "traced"
) -> Mismatch | None:
    """The first difference in one layer. expected, got: int8 [N, H, W, C], `got` in the channels of `tensor`, and as a
    map where the model has its positions as a list."""
    whole = restore_channels(tensor, expected, got.reshape(*expected.shape[:3], -1))
    different = whole != expected
    if not different.any():
        return None
    position = np.unravel_index(int(np.argmax(different)), different.shape)
    case, y, x, channel = (int(i) for i in position)
    return Mismatch(op.name, op.source, (case, y, x, channel), int(expected[position]), int(whole[position]), build, "")


def restore_channels(tensor: Tensor, expected: np.ndarray, got: np.ndarray) -> np.ndarray:
    """`got` in the model's own channels: the removed ones hold the constant that the passes claim they have.

    Channels that nothing reads have no value to claim and are taken from `expected`.
    """
    origin = tensor.origin
    if origin is None:
        return got
    whole = expected.copy()
    # Entries below 0 are channels that only pad the tensor.
    real = origin.kept >= 0
    constant = _claimed_constant(origin)
    whole[..., constant] = origin.constants[constant].astype(np.int8)
    whole[..., origin.kept[real]] = got[..., real]
    return whole


def removed_as_claimed(tensor: Tensor, expected: np.ndarray) -> bool:
    """Whether the removed channels of the model's map, int8 [N, H, W, C], hold the constants that the passes claim."""
    if tensor.origin is None:
        return True
    constant = _claimed_constant(tensor.origin)
    return bool(np.all(expected[..., constant] == tensor.origin.constants[constant].astype(np.int8)))


def _claimed_constant(origin: ChannelOrigin) -> np.ndarray:
    constant = origin.observable.copy()
    constant[origin.kept[origin.kept >= 0]] = False
    return constant
