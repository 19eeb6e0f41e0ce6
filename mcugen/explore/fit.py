"""Which nets fit a board: alpha x rho x variant through the compiler itself, so that no formula disagrees with it."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mcugen.camera import CameraOptions
from mcugen.kernels import FALLBACK, find_family
from mcugen.nets.architecture import architecture, own_size
from mcugen.nets.costs import net_cost
from mcugen.nets.layers import Architecture
from mcugen.targets import find_target
from mcugen.targets.boards import Board

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

NETS = ("mobilenet_v1", "mobilenet_v1_shallow", "mobilenet_v2")
ALPHAS = (0.1, 0.25, 0.35, 0.5, 0.75, 1.0)
SIZES = (32, 48, 64, 96, 128, 160, 192, 224)
_REFRESH_S = 0.2


@dataclass(frozen=True)
class Candidate:
    """A net to try. size: side of the image."""

    net: str
    alpha: float
    size: int

    @property
    def rho(self) -> float | None:
        """The resolution multiplier; None of a net whose own images are not square."""
        height, width = own_size(self.net)
        return self.size / height if height == width else None


@dataclass(frozen=True)
class Limits:
    """What there is: bytes of flash and RAM, milliseconds; None for no limit."""

    flash: int | None = None
    ram: int | None = None
    milliseconds: float | None = None


@dataclass(frozen=True)
class Platform:
    """target: core to compile for. clock_hz: 0 where it is not known, and latencies are not either. board: None for a
    core alone. camera: whose rows the library takes, None for one that is given images."""

    target: str
    clock_hz: int
    board: Board | None = None
    camera: CameraOptions | None = None


@dataclass(frozen=True)
class Costs:
    """What a candidate takes. compiled: by the compiler; else lower bounds that already exceed a limit, with no RAM.

    flash, ram: bytes of the library, the context its RAM. stack: bytes, estimated. firmware_flash, firmware_ram: bytes
    of the whole firmware of `mcugen flash` with it (`mcugen.firmware.footprint`), firmware_fits: whether the board
    holds that; None without a board. cycles: modelled, None for a core without a cycle model. milliseconds: of
    those, or of the instructions, one a cycle at best, at the platform's clock; None where neither is known;
    milliseconds_with_waits: with what a board's memories add, None without a board that has some. unknown:
    kinds of functions that were never counted on this core, whose part of these figures is an estimate, high rather
    than low.
    """

    candidate: Candidate
    macs: int
    parameters: int
    flash: int
    ram: int
    instructions: int | None
    cycles: int | None
    milliseconds: float | None
    milliseconds_with_waits: float | None = None
    stack: int = 0
    compiled: bool = True
    firmware_flash: int | None = None
    firmware_ram: int | None = None
    firmware_fits: bool | None = None
    unknown: tuple[str, ...] = ()

    @property
    def ram_with_stack(self) -> int:
        """Bytes of RAM that the user pays."""
        return self.ram + self.stack

    @property
    def expected_milliseconds(self) -> float | None:
        """With waiting where that is known."""
        return self.milliseconds if self.milliseconds_with_waits is None else self.milliseconds_with_waits

    def excess(self, limits: Limits) -> dict[str, float]:
        """By resource that is exceeded: what the library needs relative to the limit."""
        pairs = {
            "flash": (self.flash, limits.flash),
            "ram": (self.ram_with_stack, limits.ram),
            "latency": (self.expected_milliseconds, limits.milliseconds),
        }
        exceeded = {
            name: needed / allowed
            for name, (needed, allowed) in pairs.items()
            if needed is not None and allowed is not None and needed > allowed
        }
        # What nobody can tell does not pass.
        if limits.milliseconds is not None and self.compiled and self.milliseconds is None:
            exceeded["latency"] = float("inf")
        return exceeded


@dataclass(frozen=True)
class Fit:
    """fitting: the Pareto set of what fits, most accurate (or, not knowing, most multiply-accumulates) first.
    nearest: what exceeds the limits least, where nothing fits. tried, compiled: numbers of candidates."""

    fitting: tuple[Costs, ...]
    nearest: Costs | None
    tried: int
    compiled: int


def candidates(
    nets: Sequence[str] = NETS, alphas: Sequence[float] = ALPHAS, sizes: Sequence[int] = SIZES
) -> list[Candidate]:
    """The whole grid."""
    return [Candidate(net, alpha, size) for net in nets for alpha in alphas for size in sizes]


def net_of(candidate: Candidate, channels: int, classes: int) -> Architecture:
    """The candidate's architecture."""
    return architecture(
        candidate.net, alpha=candidate.alpha, size=candidate.size, in_chans=channels, num_classes=classes
    )


def measure(candidate: Candidate, platform: Platform, channels: int, classes: int) -> Costs:
    """What the compiler makes of the candidate."""
    from mcugen.analysis import analyze
    from mcugen.codegen.stack_size import estimate_stack_bytes
    from mcugen.compiler import compile_model
    from mcugen.explore.untrained import untrained_graph
    from mcugen.firmware.footprint import footprint
    from mcugen.waiting import WaitPredictor

    net = net_of(candidate, channels, classes)
    size = net_cost(net)
    compiled = compile_model(untrained_graph(net), target=platform.target, name="net", camera=platform.camera)
    costs = analyze(compiled)
    needs = footprint(compiled, platform.board) if platform.board is not None else None
    prediction = costs.prediction
    instructions = prediction.instructions if prediction else None
    cycles = prediction.cycles if prediction else None
    taken = instructions if cycles is None else cycles
    milliseconds = 1000 * taken / platform.clock_hz if taken is not None and platform.clock_hz else None
    time = WaitPredictor(compiled).time(platform.board) if platform.board is not None else None
    return Costs(
        candidate,
        size.macs,
        size.parameters,
        costs.flash_bytes,
        costs.ram_bytes,
        instructions,
        cycles,
        milliseconds,
        time.milliseconds_with_waits if time else None,
        stack=estimate_stack_bytes(compiled.library),
        firmware_flash=needs.flash if needs else None,
        firmware_ram=needs.ram if needs else None,
        firmware_fits=needs.fits if needs else None,
        unknown=prediction.unknown_kinds if prediction else (),
    )


def _bounds(candidate: Candidate, platform: Platform, channels: int, classes: int) -> Costs:
    """What the candidate takes at the very least: a byte a weight, and an instruction for as many multiply-accumulates
    as the core's best kernels do by one."""
    cost = net_cost(net_of(candidate, channels, classes))
    target = find_target(platform.target)
    family = target.families[0] if target.families else FALLBACK
    instructions = cost.macs // find_family(family.name).yardstick.macs
    milliseconds = 1000 * instructions / platform.clock_hz if platform.clock_hz else None
    return Costs(candidate, cost.macs, cost.parameters, cost.weights, 0, None, None, milliseconds, compiled=False)


def search(
    grid: Sequence[Candidate],
    platform: Platform,
    limits: Limits,
    *,
    channels: int,
    classes: int,
    accuracy: Mapping[Candidate, float] = MappingProxyType({}),
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    processes: int | None = None,
) -> Fit:
    """Tries the grid. accuracy: top-1 where it is known. progress: called with (compiled so far, to compile). Raises
    McugenError for a camera that cannot be one for every size."""
    if platform.camera is not None:
        for size in dict.fromkeys(candidate.size for candidate in grid):
            platform.camera.of((size, size, channels))
    bounds = [_bounds(candidate, platform, channels, classes) for candidate in grid]
    possible = [bound.candidate for bound in bounds if not bound.excess(limits)]
    # Even where nothing can fit, what is nearest is compiled to say what it takes.
    chosen = possible or [min(bounds, key=lambda bound: bound.parameters).candidate]
    measured = _measured(chosen, platform, channels, classes, processes, progress)
    fitting = [costs for costs in measured if not costs.excess(limits)]
    nearest = None if fitting else min(measured, key=lambda costs: max(costs.excess(limits).values()))

    def quality(costs: Costs) -> tuple[float, int]:
        return (accuracy.get(costs.candidate, -1.0), costs.macs)

    front = [costs for costs in fitting if not any(_dominates(other, costs, quality) for other in fitting)]
    return Fit(tuple(sorted(front, key=quality, reverse=True)), nearest, len(grid), len(measured))


def _measured(
    chosen: Sequence[Candidate],
    platform: Platform,
    channels: int,
    classes: int,
    processes: int | None,
    progress: Callable[[int, int], None],
) -> list[Costs]:
    """In the order of `_alike`. Each process has nets that differ in size alone: they share searches by weights."""
    alike = _alike(chosen)
    workers = min(processes or os.cpu_count() or 1, len(alike))
    progress(0, len(chosen))
    if workers == 1:
        found = []
        for done, candidate in enumerate(itertools.chain.from_iterable(alike), 1):
            found.append(measure(candidate, platform, channels, classes))
            progress(done, len(chosen))
        return found
    compiled = multiprocessing.Value("i", 0)
    with ProcessPoolExecutor(workers, initializer=_count_into, initargs=(compiled,)) as pool:
        tasks = [pool.submit(_measure_alike, nets, platform, channels, classes) for nets in alike]
        while wait(tasks, timeout=_REFRESH_S).not_done:
            progress(compiled.value, len(chosen))
        return [costs for task in tasks for costs in task.result()]


def _alike(chosen: Sequence[Candidate]) -> list[list[Candidate]]:
    """Those of one net and width together, the costliest first, so that no process is left with one at the end."""
    alike: dict[tuple[str, float], list[Candidate]] = {}
    for candidate in chosen:
        alike.setdefault((candidate.net, candidate.alpha), []).append(candidate)
    return sorted(alike.values(), key=lambda nets: sum(c.alpha * c.size for c in nets), reverse=True)


_compiled: Synchronized[int] | None = None


def _count_into(compiled: Synchronized[int]) -> None:
    """In a process of the pool: where it counts what it has compiled."""
    global _compiled
    _compiled = compiled


def _measure_alike(nets: Sequence[Candidate], platform: Platform, channels: int, classes: int) -> list[Costs]:
    found = []
    for candidate in nets:
        found.append(measure(candidate, platform, channels, classes))
        if _compiled is not None:
            with _compiled.get_lock():
                _compiled.value += 1
    return found


def _time_paid(costs: Costs) -> float:
    """In whatever is known of it."""
    return costs.expected_milliseconds or costs.cycles or costs.instructions or 0


def _dominates(a: Costs, b: Costs, quality: Callable[[Costs], tuple[float, int]]) -> bool:
    """No worse in anything that the user pays or gets, and better in something."""
    pays_a, pays_b = ((costs.flash, costs.ram_with_stack, _time_paid(costs)) for costs in (a, b))
    worse = quality(a) < quality(b) or any(x > y for x, y in zip(pays_a, pays_b, strict=True))
    better = quality(a) > quality(b) or any(x < y for x, y in zip(pays_a, pays_b, strict=True))
    return not worse and better
