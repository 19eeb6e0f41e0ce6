"""The command line: one file a command, each importing what it works with only when it runs."""

from mcugen.cli.app import main

__all__ = ["main"]
