"""Graph to graph: the ordered list of passes, each with the reason for its place.

Every pass is a function `Graph -> Graph` in a file of its own; the verifier runs after each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mcugen.ir import Graph, verify
from mcugen.passes.align_channels import align_channels
from mcugen.passes.depthwise_of_one_channel import depthwise_of_one_channel
from mcugen.passes.fold_constant_channels import fold_constant_channels
from mcugen.passes.fold_padding import fold_padding
from mcugen.passes.fully_connected_to_conv import fully_connected_to_conv
from mcugen.passes.prove_sizes import prove_sizes
from mcugen.passes.prove_sums import prove_sums
from mcugen.passes.remove_reshapes import remove_reshapes
from mcugen.passes.reorder_channels import reorder_channels
from mcugen.passes.tame_constant_channels import tame_constant_channels
from mcugen.passes.unsigned_activations import unsigned_activations


@dataclass(frozen=True)
class Pass:
    """One entry of the list. reason: why it stands where it stands."""

    run: Callable[[Graph], Graph]
    reason: str
    optional: bool = False

    @property
    def name(self) -> str:
        """The function's own name, by which manifest and messages call it."""
        return self.run.__name__


PASSES: tuple[Pass, ...] = (
    Pass(fold_padding, "first, so that every later pass sees a convolution with its whole padding"),
    Pass(remove_reshapes, "before fully connected layers become convolutions: they then read maps as they are"),
    Pass(fully_connected_to_conv, "after reshapes are gone: one kind of matrix layer from here on"),
    Pass(depthwise_of_one_channel, "before channels are folded: a convolution's channels are easier to remove"),
    Pass(unsigned_activations, "before constants are folded, whose values are then those that the C code stores"),
    Pass(tame_constant_channels, "on the final ranges, before they decide what can overflow"),
    Pass(fold_constant_channels, "last: it needs the final ranges, and changes shapes", optional=True),
)

OF_TARGETS: Mapping[str, str] = {
    "align_channels": "behind all others, which would remove what it pads; for targets that work in blocks of channels",
    "reorder_channels": "at the very end, where their number is final; for targets with packed kernels",
}
"""Passes that follow where a target asks for them: name and the reason for its place."""


def run_passes(graph: Graph, *, fold_constants: bool = True, channel_multiple: int = 1, reorder: bool = False) -> Graph:
    """The graph that is planned and generated.

    fold_constants: False leaves out `fold_constant_channels`. channel_multiple: what the target's kernels want the
    number of channels to be a multiple of (`align_channels`). reorder: whether they sum channels in small blocks
    (`reorder_channels`).

    Raises UnsupportedModelError naming a layer whose map is too large, or whose sums could leave int32 in the model's
    own runtime.
    """
    # No pass may rest on sums that wrap in the model's runtime.
    prove_sums(prove_sizes(graph))
    for entry in PASSES:
        if entry.optional and not fold_constants:
            continue
        graph = verify(entry.run(graph))
    # Channels come last: padding them earlier would only be removed again as constant.
    graph = verify(align_channels(graph, channel_multiple))
    return verify(reorder_channels(graph)) if reorder else graph
