"""PlatformIO's view of the emulated boards: a compiler of its own registry only where the system has none."""

import shutil

from platformio.public import PlatformBase

_TOOLCHAINS = {"arm-none-eabi-": "toolchain-gccarmnoneeabi", "riscv64-unknown-elf-": "toolchain-riscv"}


class EmulatedPlatform(PlatformBase):
    """Boards of `boards/`, each with its compiler's prefix, flags and linker script."""

    def configure_default_packages(self, variables, targets):
        """Asks for the registry's compiler of the board only if none is on PATH."""
        if variables.get("board"):
            prefix = self.board_config(variables["board"]).get("build.compiler")
            if shutil.which(prefix + "gcc") is None:
                self.packages[_TOOLCHAINS[prefix]]["optional"] = False
        return super().configure_default_packages(variables, targets)
