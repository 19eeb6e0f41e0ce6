"""Running generated C: on the host, in an emulator, on a board."""
