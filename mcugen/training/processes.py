"""One process or several: what `torchrun` started, and what they have in common."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed


@dataclass(frozen=True)
class Processes:
    """rank: number of this one, from 0. count: of all."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files and speaks to people."""
        return self.rank == 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes, in each of them."""
        if self.count > 1:
            distributed.all_reduce(values)
        return values


@contextmanager
def joined_processes(device: str = "cpu") -> Iterator[Processes]:
    """Joins the others where `torchrun` started several (its WORLD_SIZE says so). device: that the net is trained on;
    "cuda" is from here on the GPU of this process."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes()
        return
    # Every rank holds its replica where the tensors are: gloo serves CPUs, NCCL one GPU for each.
    on_gpus = torch.device(device).type == "cuda" and distributed.is_nccl_available()
    if on_gpus:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if on_gpus else "gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
