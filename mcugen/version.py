"""The version, for the compiler and for what it writes into files: that of the section on top of CHANGELOG.md."""

__version__ = "0.3.0"
