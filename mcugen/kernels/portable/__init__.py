"""Portable C99, which takes every stage."""
