"""One run of a sweep: trained, quantized, compiled, measured. Importing this file imports torch."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from distributed import get_worker

from mcugen import reference
from mcugen.analysis import analyze
from mcugen.compiler import compile_model
from mcugen.data import Dataset, load_splits, prepare
from mcugen.explore.cluster import PROGRESS
from mcugen.explore.runs import Run
from mcugen.ir import Graph
from mcugen.nets.costs import net_cost
from mcugen.quantization import quantize
from mcugen.schemas.sweep import SweepRun
from mcugen.training.augment import to_input
from mcugen.training.recipe import OptimizerName, Recipe
from mcugen.training.run import Listener, train_net

_BATCH = 200
_SECONDS_BETWEEN_REPORTS = 0.5
# Torch's random numbers belong to the process: runs of one process run one after the other.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Setup:
    """What all runs of a sweep have in common.

    data, data_dir: as in `mcugen.data.load_splits`. channels: of the image. target: core that costs are of. The rest is
    of the recipe, and calibration: training images that ranges of activations are measured on.
    """

    data: str
    data_dir: str | None = None
    channels: int = 1
    target: str = "cortex-m4"
    epochs: int = 10
    batch: int = 128
    optimizer: str = "rmsprop"
    lr: float | None = None
    weight_decay: float = 4e-5
    flip: bool = True
    limit: int | None = None
    seed: int = 0
    calibration: int = 512

    def recipe(self, run: Run) -> Recipe:
        """How this run is trained."""
        return Recipe(
            epochs=self.epochs,
            batch=self.batch,
            optimizer=OptimizerName(self.optimizer),
            lr=self.lr,
            weight_decay=self.weight_decay,
            depthwise_weight_decay=self.weight_decay if run.decay else 0.0,
            flip=self.flip,
            seed=self.seed,
            limit=self.limit,
        )


def measure(run: Run, setup: Setup, threads: int | None = None) -> SweepRun:
    """Trains, quantizes and compiles a run; returns what `mcugen sweep` writes of it. Raises McugenError as the steps
    do."""
    with _one_at_a_time:
        if threads is not None:
            torch.set_num_threads(threads)
        start = time.perf_counter()
        train, test = load_splits(
            setup.data, data_dir=setup.data_dir, height=run.size, width=run.size, channels=setup.channels
        )
        net = run.architecture(setup.channels, int(train.labels.max()) + 1)
        with tempfile.TemporaryDirectory() as directory:
            listener = Listener(on_step=_reports(run, setup.epochs))
            checkpoint = train_net(net, train, test, setup.recipe(run), Path(directory), listener=listener)
        calibration = to_input(torch.from_numpy(np.array(train.images[: setup.calibration])))
        program = quantize(checkpoint.module(), calibration[:1], calibration.split(_BATCH))
        compiled = compile_model(program, target=setup.target)
        costs, by_formula = analyze(compiled), net_cost(net)
        prediction = costs.prediction
        return SweepRun(
            net=run.net,
            alpha=run.alpha,
            size=run.size,
            decay=run.decay,
            run=run.name,
            macs=by_formula.macs,
            parameters=by_formula.parameters,
            float_top1=checkpoint.metrics["top1"],
            int8_top1=_top1(compiled.imported, test),
            live_macs=costs.live_macs,
            ram_bytes=costs.ram_bytes,
            flash_bytes=costs.flash_bytes,
            instructions=None if prediction is None else prediction.instructions,
            modelled_cycles=None if prediction is None else prediction.cycles,
            unknown="" if prediction is None else " and ".join(prediction.unknown_kinds),
            seconds=round(time.perf_counter() - start, 1),
        )


def _reports(run: Run, epochs: int) -> Callable[[int, int, int, float], None]:
    """What tells the client of Dask about steps of the training, now and then; nothing outside of a worker."""
    try:
        worker = get_worker()
    except ValueError:
        return lambda epoch, step, steps, loss: None
    last = -_SECONDS_BETWEEN_REPORTS

    def report(epoch: int, step: int, steps: int, loss: float) -> None:
        nonlocal last
        now = time.perf_counter()
        if now - last >= _SECONDS_BETWEEN_REPORTS:
            last = now
            worker.log_event(
                PROGRESS, f"{run.name}, epoch {epoch} of {epochs}, step {step} of {steps}, loss {loss:.3f}"
            )

    return report


def _top1(graph: Graph, test: Dataset) -> float:
    """By the reference, which the C code equals."""
    right = 0
    for start in range(0, len(test.labels), _BATCH):
        images = prepare(graph, test.images[start : start + _BATCH])
        scores = reference.run(graph, reference.quantize_input(graph, images))
        right += int((scores.reshape(len(images), -1).argmax(axis=1) == test.labels[start : start + _BATCH]).sum())
    return right / len(test.labels)
