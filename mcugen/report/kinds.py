"""What kind of layer an operator is, in the words of the papers."""

from __future__ import annotations

KINDS = {
    "convolution": "standard convolution",
    "depthwise": "depthwise convolution",
    "pointwise": "pointwise convolution",
    "dense": "fully connected",
    "pooling": "pooling",
    "other": "other",
}
"""Kinds of layers with their names for people, in the order of a legend."""
