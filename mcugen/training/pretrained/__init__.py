"""Weights of trained nets, from files of several kinds, as the beginning of a training."""
