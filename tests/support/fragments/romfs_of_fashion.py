"""Mounts a ROMFS at /rom with fashion.weights, at an address that is a multiple of 4."""

import sys

import uctypes
import vfs

sys.path.append("tests/support")
from romfs import romfs

weights = open("fashion.weights", "rb").read()
for longer in range(4):
    rom = romfs([("x" * (longer + 1), b""), ("fashion.weights", weights)])
    vfs.mount(vfs.VfsRom(rom), "/rom")
    if uctypes.addressof(memoryview(open("/rom/fashion.weights", "rb"))) % 4 == 0:
        break
    vfs.umount("/rom")
