"""Images of MicroPython's read-only file system; plain enough for MicroPython itself, which imports it, too."""


def romfs(files):  # type: ignore[no-untyped-def]
    """A ROMFS image of files, pairs of name and bytes, by the format in MicroPython's documentation of VfsRom."""

    def number(value):
        digits = [value & 0x7F]
        while value := value >> 7:
            digits.insert(0, 0x80 | (value & 0x7F))
        return bytes(digits)

    def record(kind, payload):
        return number(kind) + number(len(payload)) + payload

    body = b"".join(record(5, number(len(name)) + name.encode() + record(2, data)) for name, data in files)
    size = number(len(body))
    return b"\xd2\xcd\x31" + (b"\x80" + size if (3 + len(size) + len(body)) % 2 else size) + body
