"""Images of an epoch, batch by batch, computed by other processes where one likes. Importing this file imports torch.

Images are decoded once, into memory or a file in the net's size (`mcugen.data.folder`), not anew in every epoch: to
decode and shrink a photograph takes longer than a small net takes to learn from it. What is left to do in every epoch
is to read rows of that file and to change them at random; torch's DataLoader does this ahead of the net.
"""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Iterable, Iterator

import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as Source

from mcugen.diagnostics import McugenError
from mcugen.training.augment.draws import Draws
from mcugen.training.subset import Subset

Batch = tuple[torch.Tensor, torch.Tensor]


class _Batches(Source[Batch]):  # type: ignore[misc]
    """What stands at an index is a batch, and the index what was drawn for it."""

    def __init__(self, subset: Subset, show: Callable[[torch.Tensor, torch.Tensor, Draws], Batch]) -> None:
        self.subset, self.show = subset, show

    def __getitem__(self, draws: Draws) -> Batch:
        return self.show(self.subset.images[draws.index], self.subset.targets[draws.index], draws)


class Loader:
    """Batches of a subset: pixels uint8 [N, H, W, C] and targets, the same for any number of workers, as all random
    numbers are drawn here and not in them."""

    def __init__(
        self,
        subset: Subset,
        show: Callable[[torch.Tensor, torch.Tensor, Draws], Batch],
        workers: int = 0,
        *,
        pinned: bool = False,
    ) -> None:
        """show: from images, targets and what was drawn to a batch. workers: processes; 0 for this one alone. pinned:
        for a GPU. Raises McugenError where processes cannot be forked, and would have to be given all images."""
        if workers and "fork" not in multiprocessing.get_all_start_methods():
            raise McugenError("there are no workers on this system, which does not fork", "leave --workers out")
        self._draws: Iterable[Draws] = ()
        with warnings.catch_warnings():
            # That there are more workers than cores is the user's choice.
            warnings.filterwarnings("ignore", "This DataLoader will create")
            self._loader: DataLoader[Batch] = DataLoader(
                _Batches(subset, show),
                # It asks for its iterator anew for every epoch.
                sampler=_Ask(lambda: iter(self._draws)),
                batch_size=None,
                num_workers=workers,
                multiprocessing_context="fork" if workers else None,
                persistent_workers=workers > 0,
                pin_memory=pinned,
                # Its own random numbers are of no use, and those of the process are left alone.
                generator=torch.Generator(),
            )

    def batches(self, draws: Iterable[Draws]) -> Iterator[Batch]:
        """The batches that were drawn, in this order."""
        self._draws = draws
        yield from self._loader


class _Ask:
    """What it iterates over, it asks for."""

    def __init__(self, ask: Callable[[], Iterator[Draws]]) -> None:
        self.ask = ask

    def __iter__(self) -> Iterator[Draws]:
        return self.ask()
