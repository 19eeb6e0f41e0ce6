"""Helium, the vector instructions of Armv8.1-M for integers."""
