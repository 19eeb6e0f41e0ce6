"""The version, for the compiler and for what it writes into files."""

__version__ = "0.1.0"
