"""Which layer of a trained net is which of another, by their structure: kind, window, channels, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from mcugen.diagnostics import McugenError
from mcugen.nets.architecture import NETS, architecture
from mcugen.nets.costs import WITHOUT_WEIGHTS
from mcugen.nets.layers import Architecture, Kind, Layer, named_layers
from mcugen.training.pretrained.source import Source, SourceLayer

_ALPHAS = (1.0, 0.25, 0.35, 0.5, 0.75, 0.1, 1.3, 1.4)
_LEAST = 0.5

Key = tuple[Kind, tuple[int, ...], int, int]


@dataclass(frozen=True)
class Matches:
    """pairs: names of layers of the net, each with the layer of the file that its weights are from. fresh: names of
    those that begin anew, the head among them. unused: names of the file's layers that have no place."""

    pairs: tuple[tuple[str, SourceLayer], ...]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]


def match(net: Architecture, source: Source, where: str) -> Matches:
    """Pairs of layers of one kind, window and channels, in order; the head of the net is always new.

    The first layers may differ in the channels of the image: gray from colour. Raises McugenError beginning with
    `where` if less than half of the net's layers find theirs, or the file holds a net of another width, saying what it
    holds.
    """
    wanted = trunk(net)
    own = _keys_of_net(net)
    found = [_key_of_source(layer, position) for position, layer in enumerate(source.layers)]
    pairs: dict[str, SourceLayer] = {}
    for block in SequenceMatcher(None, own, found, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            pairs[wanted[block.a + offset][0]] = source.layers[block.b + offset]
    known = _known(found)
    other_width = known is not None and known.options["alpha"] != net.options["alpha"]
    if other_width or len(pairs) < _LEAST * len(wanted):
        holds = _layers_of(source) if known is None else described(known)
        raise McugenError(
            f"{where}: holds {holds}, not {described(net)}",
            "a net begins with the weights of one of its own kind and width: --net, --alpha",
        )
    used = {id(layer) for layer in pairs.values()}
    return Matches(
        tuple(pairs.items()),
        tuple(name for name, layer in named_layers(net) if layer.kind not in WITHOUT_WEIGHTS and name not in pairs),
        tuple(layer.name for layer in source.layers if id(layer) not in used),
    )


def trunk(net: Architecture) -> list[tuple[str, Layer]]:
    """The layers with weights that are not the head, each with its name: all but the last dense layer of a
    classifier, all but the block `head` of a net with a class at every position."""
    layers = [(name, layer) for name, layer in named_layers(net) if layer.kind not in WITHOUT_WEIGHTS]
    if net.is_classifier:
        return layers[:-1]
    return [(name, layer) for name, layer in layers if not name.startswith("head.")]


def described(net: Architecture) -> str:
    """Its name and width, as in "mobilenet_v1 with alpha 0.25"."""
    return f"{net.name} with alpha {net.options['alpha']:g}"


def _keys_of_net(net: Architecture) -> list[Key]:
    return [
        (layer.kind, layer.kernel, layer.inputs if position else 0, layer.outputs)
        for position, (_, layer) in enumerate(trunk(net))
    ]


def _key_of_source(layer: SourceLayer, position: int) -> Key:
    outputs, inputs, *window = layer.weight.shape
    if layer.kind is Kind.DEPTHWISE:
        inputs = outputs
    return layer.kind, tuple(window) or (1, 1), inputs if position else 0, outputs


def _known(found: Sequence[Key]) -> Architecture | None:
    """The net of ours whose trunk the file's layers begin with, at one of the usual widths."""
    for name in NETS:
        for alpha in _ALPHAS:
            try:
                net = architecture(name, alpha=alpha)
            except McugenError:
                break
            keys = _keys_of_net(net)
            if net.is_classifier and keys == list(found[: len(keys)]):
                return net
    return None


def _layers_of(source: Source) -> str:
    layers = ", ".join(f"{layer.kind.value} {'x'.join(map(str, layer.weight.shape))}" for layer in source.layers[:3])
    return f"{len(source.layers)} layers ({layers}{', ...' if len(source.layers) > 3 else ''})"
