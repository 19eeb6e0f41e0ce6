"""What a sweep compares: one run for every net that is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from mcugen.diagnostics import McugenError
from mcugen.nets import Architecture, architecture
from mcugen.nets.costs import net_cost
from mcugen.nets.layers import require_classifier

V1 = "mobilenet_v1"
# Widths that a thin net may have to match a shallow one.
_STEPS = 64


class Question(str, Enum):
    """Questions of the MobileNet paper (arXiv 1704.04861), section 4.

    GRID: width against resolution (tables 6 and 7, figures 4 and 5). FULL: separable against full convolutions (table
    4). SHALLOW: thin against shallow at equal multiply-accumulates (table 5). DECAY: weight decay on depthwise filters
    (section 3.2).
    """

    GRID = "grid"
    FULL = "full"
    SHALLOW = "shallow"
    DECAY = "decay"


@dataclass(frozen=True)
class Run:
    """A net to train. size: side of the image. decay: depthwise filters decay as other weights do.

    questions: what it is compared for; does not tell runs apart.
    """

    net: str
    alpha: float
    size: int
    decay: bool = False
    questions: tuple[Question, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """Tells it from all others; fit to be a file's name."""
        return f"{self.net}-a{self.alpha:g}-{self.size}" + ("-decay" if self.decay else "")

    def architecture(self, channels: int, classes: int) -> Architecture:
        """The net as data, for images of so many channels and so many classes."""
        return architecture(self.net, alpha=self.alpha, size=self.size, in_chans=channels, num_classes=classes)


def make_runs(
    alphas: Sequence[float],
    sizes: Sequence[int],
    questions: Sequence[Question],
    channels: int,
    classes: int,
    nets: Sequence[str] = (V1,),
) -> tuple[Run, ...]:
    """The runs that answer these questions, each once, cheapest first.

    The grid is all of `nets` times `alphas` times `sizes`; the other questions are asked of MobileNetV1 at the greatest
    alpha and size. Raises McugenError if there is none, or for a net that is no classifier.
    """
    if not alphas or not sizes or not questions:
        raise McugenError("a sweep needs at least one alpha, one size and one question")
    alpha, size = max(alphas), max(sizes)
    wanted: list[tuple[Run, Question]] = []
    if Question.GRID in questions:
        wanted += [(Run(net, a, s), Question.GRID) for net in nets for a in alphas for s in sizes]
    if Question.FULL in questions:
        wanted += [(Run(net, alpha, size), Question.FULL) for net in (V1, "mobilenet_v1_full")]
    if Question.SHALLOW in questions:
        shallow = Run("mobilenet_v1_shallow", alpha, size)
        thin = Run(V1, matching_alpha(shallow.architecture(channels, classes)), size)
        wanted += [(shallow, Question.SHALLOW), (thin, Question.SHALLOW)]
    if Question.DECAY in questions:
        wanted += [(Run(V1, alpha, size, decay), Question.DECAY) for decay in (False, True)]
    for run, _ in wanted:
        require_classifier(run.architecture(channels, classes))
    asked: dict[Run, tuple[Question, ...]] = {}
    for run, question in wanted:
        asked[run] = (*asked.get(run, ()), question)
    runs = [Run(c.net, c.alpha, c.size, c.decay, questions) for c, questions in asked.items()]
    return tuple(sorted(runs, key=lambda run: (net_cost(run.architecture(channels, classes)).macs, run.name)))


def matching_alpha(net: Architecture) -> float:
    """The width, in 64ths, at which MobileNetV1 has the multiply-accumulates of `net`, or as nearly as it gets."""
    wanted = net_cost(net).macs
    options = {**net.options, "alpha": 0.0}

    def distance(alpha: float) -> int:
        return abs(net_cost(architecture(V1, **{**options, "alpha": alpha})).macs - wanted)

    widest = max(2.0, 2 * float(net.options["alpha"]))
    return min((step / _STEPS for step in range(1, int(widest * _STEPS) + 1)), key=distance)
