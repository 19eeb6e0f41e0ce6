"""Graph to graph: the ordered list of passes, each with the reason for its place.

Every pass is a function `Graph -> Graph` in a file of its own; the verifier runs after each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcugen.ir import Graph, verify
from mcugen.passes.align_channels import align_channels
from mcugen.passes.depthwise_of_one_channel import depthwise_of_one_channel
from mcugen.passes.fold_constant_channels import fold_constant_channels
from mcugen.passes.fold_padding import fold_padding
from mcugen.passes.fully_connected_to_conv import fully_connected_to_conv
from mcugen.passes.outputs_by_rows import outputs_by_rows
from mcugen.passes.positions_as_maps import positions_as_maps
from mcugen.passes.prove_sizes import prove_sizes
from mcugen.passes.prove_sums import prove_sums
from mcugen.passes.remove_reshapes import remove_reshapes
from mcugen.passes.reorder_channels import reorder_channels
from mcugen.passes.split_wide_weights import split_wide_weights
from mcugen.passes.tame_constant_channels import tame_constant_channels
from mcugen.passes.unsigned_activations import unsigned_activations
from mcugen.targets import Target


@dataclass(frozen=True)
class Pass:
    """One entry of the list. reason: why it stands where it stands. optional: it may be left out on demand.
    demanded: it runs only on demand. when: for which targets it runs. arguments: what it is given of the target besides
    the graph."""

    run: Callable[..., Graph]
    reason: str
    optional: bool = False
    demanded: bool = False
    when: Callable[[Target], bool] = lambda target: True
    arguments: Callable[[Target], tuple[Any, ...]] = lambda target: ()

    @property
    def name(self) -> str:
        """The function's own name, by which manifest and messages call it."""
        return self.run.__name__


PASSES: tuple[Pass, ...] = (
    Pass(fold_padding, "first, so that every later pass sees a convolution with its whole padding"),
    Pass(positions_as_maps, "before reshapes are removed: it brings them to where they vanish"),
    Pass(remove_reshapes, "before fully connected layers become convolutions: they then read maps as they are"),
    Pass(fully_connected_to_conv, "after reshapes are gone: one kind of matrix layer from here on"),
    Pass(depthwise_of_one_channel, "before channels are folded: a convolution's channels are easier to remove"),
    Pass(unsigned_activations, "before constants are folded, whose values are then those that the C code stores"),
    Pass(tame_constant_channels, "on the final ranges, before they decide what can overflow"),
    Pass(fold_constant_channels, "behind all that changes ranges: it needs the final ones", optional=True),
    Pass(
        split_wide_weights,
        "behind the removal of constant channels, which may remove wide weights, and before channels are padded",
    ),
    Pass(
        align_channels,
        "behind what removes channels, and what it pads; for targets that work in blocks of channels",
        when=lambda target: target.channel_multiple > 1,
        arguments=lambda target: (target.channel_multiple,),
    ),
    Pass(
        reorder_channels,
        "at the very end, where the number of channels is final; for targets that sum them in lanes",
        when=lambda target: target.sums_in_lanes,
    ),
    Pass(
        outputs_by_rows,
        "behind all others, which need not know the copies that it makes of outputs that the network reads",
        demanded=True,
    ),
)


def run_passes(
    graph: Graph, target: Target, *, fold_constants: bool = True, output_rows: bool = False
) -> tuple[Graph, tuple[str, ...]]:
    """The graph that is planned and generated for a target, and the names of the passes that ran.

    fold_constants: False leaves out the optional ones. output_rows: the caller is handed the rows of the outputs.

    Raises UnsupportedModelError naming a layer whose map is too large, or whose sums could leave int32 in the model's
    own runtime.
    """
    # No pass may rest on sums that wrap in the model's runtime.
    prove_sums(prove_sizes(graph))
    ran = [
        entry
        for entry in PASSES
        if entry.when(target) and (fold_constants or not entry.optional) and (output_rows or not entry.demanded)
    ]
    for entry in ran:
        graph = verify(entry.run(graph, *entry.arguments(target)))
    return graph, tuple(entry.name for entry in ran)
