"""Nets compared by training, quantizing and compiling each: the paper's questions on one's own data."""
