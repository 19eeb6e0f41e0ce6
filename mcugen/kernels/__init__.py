"""Kernel families: how a stage's arithmetic is done, one package a family."""
