"""Keeps torch and torchao from talking about themselves on a terminal that belongs to mcugen."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("torch", "torch.export", "torch._export", "torch.utils._pytree", "torchao")


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings and log lines of torch and torchao; errors are raised as ever."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
