"""Writing files and directories: all of it or nothing, and never over somebody else's work."""

from mcugen.output.directory import Files, write_directory
from mcugen.output.files import check_places, write_file, write_together, write_whole
from mcugen.output.owned import GENERATOR, content_hash

__all__ = [
    "GENERATOR",
    "Files",
    "check_places",
    "content_hash",
    "write_directory",
    "write_file",
    "write_together",
    "write_whole",
]
