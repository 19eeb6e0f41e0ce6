"""Kernel families: how a convolution is computed, one package a family; see `family.py` for what a family is."""

from __future__ import annotations

from mcugen.kernels.dsp.select import FAMILY as DSP
from mcugen.kernels.family import Family
from mcugen.kernels.helium.select import FAMILY as HELIUM
from mcugen.kernels.packed.select import FAMILY as PACKED
from mcugen.kernels.portable.select import FAMILY as PORTABLE

FAMILIES: tuple[Family, ...] = (PORTABLE, PACKED, DSP, HELIUM)
"""Every family; generated code includes their headers in this order."""
FALLBACK = PORTABLE
"""The family that takes every stage: on each target the last."""


def find_family(name: str) -> Family:
    """The family of this name; raises KeyError if there is none."""
    return {family.name: family for family in FAMILIES}[name]


__all__ = ["FALLBACK", "FAMILIES", "Family", "find_family"]
