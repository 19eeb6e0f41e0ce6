"""Building C for bare-metal cores and running it in QEMU with exact instruction counts."""

from .build import BuildReport, Sizes, build
from .errors import BuildError, EmulatorError, MissingToolError, ProgramError, need_tools
from .machines import MACHINES, Machine
from .memory_trace import Stalls, simulate_memories
from .profile import Counts, FunctionProfile, Profile, annotate, profile
from .run import RunResult, run

__all__ = [
    "MACHINES",
    "BuildError",
    "BuildReport",
    "Counts",
    "EmulatorError",
    "FunctionProfile",
    "Machine",
    "MissingToolError",
    "Profile",
    "ProgramError",
    "RunResult",
    "Sizes",
    "Stalls",
    "annotate",
    "build",
    "need_tools",
    "profile",
    "run",
    "simulate_memories",
]
