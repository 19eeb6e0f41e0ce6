"""Which layer of one model is which of another: by structure, as names change where it is exported again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class LayerShape:
    """What a layer is recognized by. kind: the operator, "" where a side does not know it. macs, parameters: live."""

    name: str
    kind: str
    macs: int | None
    parameters: int | None


Pair = tuple[LayerShape | None, LayerShape | None]
Key = Callable[[LayerShape], Hashable]

_KEYS: tuple[Key, ...] = (
    lambda layer: (layer.name, layer.kind, layer.macs, layer.parameters),
    lambda layer: (layer.kind, layer.macs, layer.parameters),
    # What is left has changed in size.
    lambda layer: (layer.name, layer.kind),
)


def match(a: Sequence[LayerShape], b: Sequence[LayerShape]) -> list[Pair]:
    """Pairs in the order of both models; None stands where a layer was inserted, or removed.

    Layers that are equal in all, name included, are paired first, the longest runs of them before others; between
    those, layers that are equal but for the name; and then layers of one name and kind.
    """
    return _match(a, b, _KEYS)


def _match(a: Sequence[LayerShape], b: Sequence[LayerShape], keys: Sequence[Key]) -> list[Pair]:
    if not (keys and a and b):
        return [*((layer, None) for layer in a), *((None, layer) for layer in b)]
    key, *others = keys
    matcher = SequenceMatcher(None, [key(layer) for layer in a], [key(layer) for layer in b], autojunk=False)
    found: list[Pair] = []
    for tag, start_a, end_a, start_b, end_b in matcher.get_opcodes():
        parts = a[start_a:end_a], b[start_b:end_b]
        found += zip(*parts, strict=True) if tag == "equal" else _match(*parts, others)
    return found
