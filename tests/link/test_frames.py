"""Frames of the serial protocol, as the host writes and reads them."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcugen.link.frames import MAX_FRAME, Frame, Receiver, encode

FRAMES = st.builds(
    Frame,
    type=st.integers(0, 255),
    sequence=st.integers(0, 255),
    session=st.integers(0, 65_535),
    payload=st.binary(max_size=MAX_FRAME - 8),
)


def test_bytes_of_a_known_frame() -> None:
    body = bytes([1, 2, 0x34, 0, 0, 5])
    crc = zlib.crc32(body).to_bytes(4, "little")
    assert 0 not in crc
    assert encode(Frame(1, 2, 0x34, b"\x00\x05")) == b"\0" + b"\x04\x01\x02\x34" + b"\x01" + b"\x06\x05" + crc + b"\0"


@given(st.lists(FRAMES, max_size=4), st.integers(1, 300))
def test_frames_arrive_however_they_are_cut(frames: list[Frame], step: int) -> None:
    stream = b"".join(encode(frame) for frame in frames)
    receiver = Receiver()
    received = [frame for at in range(0, len(stream), step) for frame in receiver.feed(stream[at : at + step])]
    assert received == frames
    assert receiver.damaged == 0


@given(FRAMES, st.data())
def test_one_damaged_byte_is_noticed(frame: Frame, data: st.DataObject) -> None:
    stream = bytearray(encode(frame))
    at = data.draw(st.integers(1, len(stream) - 2))
    stream[at] ^= data.draw(st.integers(1, 255))
    receiver = Receiver()
    assert receiver.feed(bytes(stream)) == []
    assert receiver.damaged > 0


@given(st.binary(max_size=2000), FRAMES)
def test_a_frame_after_noise_arrives(noise: bytes, frame: Frame) -> None:
    receiver = Receiver()
    assert receiver.feed(noise + encode(frame))[-1] == frame


def test_noise_without_an_end_takes_no_memory() -> None:
    receiver = Receiver()
    for _ in range(1000):
        receiver.feed(b"\x55" * 1000)
    assert len(receiver._pending) <= MAX_FRAME + 2
    assert receiver.feed(b"\0") == []
    assert receiver.damaged == 1


def test_a_frame_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than"):
        encode(Frame(1, 1, 1, bytes(MAX_FRAME)))
