"""The C interface: whole images and rows give the same scores, misuse gives an error code and changes nothing."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcugen import reference
from mcugen.compiler import compile_model
from mcugen.plan.buffer import Layout
from tests.codegen.building import ZOO, Loaded, zoo, zoo_library
from tests.support.random_graphs import random_inputs

OK, ARGUMENT, ROWS = 0, 1, 2
GUARD = 64


VARIANTS = [(name, False) for name in ZOO] + [("separable", True), ("depthwise_first", True)]


@pytest.fixture(scope="module", params=VARIANTS, ids=[f"{name}{'-resident' * there}" for name, there in VARIANTS])
def net(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    name, resident = request.param
    return Loaded(zoo_library(name, resident=resident), tmp_path_factory.mktemp("net"))


class Guarded:
    """An array between two runs of canaries."""

    def __init__(self, size: int) -> None:
        self.whole = np.full(size + 2 * GUARD, 0xA5, np.uint8)
        self.values = self.whole[GUARD : GUARD + size]
        assert self.values.ctypes.data % 8 == self.whole.ctypes.data % 8

    def intact(self) -> bool:
        return bool(np.all(self.whole[:GUARD] == 0xA5) and np.all(self.whole[-GUARD:] == 0xA5))


class Session:
    """A context and scores, both guarded, and images with what the reference says about them."""

    def __init__(self, net: Loaded) -> None:
        self.net = net
        graph = net.library.plan.graph
        self.images = random_inputs(graph, 2, seed=6)
        self.expected = reference.run(graph, self.images).reshape(len(self.images), -1)
        self.context = Guarded(net.library.context_bytes)
        self.scores = Guarded(graph.output_tensor.size)

    def rows(self, image: int) -> np.ndarray:
        return self.images[image].reshape(self.images.shape[1], -1)

    def begin(self) -> int:
        return self.net.call("begin", self.context.values)

    def feed(self, row: np.ndarray | None, suffix: str = "") -> int:
        return self.net.call(f"feed_row{suffix}", self.context.values, row)

    def feed_all(self, image: int, first: int = 0) -> None:
        for row in self.rows(image)[first:]:
            assert self.feed(row) == OK

    def result(self) -> int:
        return self.net.call("result", self.context.values, self.scores.values)

    def assert_scores(self, image: int) -> None:
        assert np.array_equal(self.scores.values.view(np.int8), self.expected[image])
        self.assert_untouched_around()

    def assert_untouched_around(self) -> None:
        assert self.context.intact()
        assert self.scores.intact()


@pytest.fixture
def session(net: Loaded) -> Session:
    return Session(net)


def test_the_context_is_the_arena_and_a_counter_for_each_streamed_tensor(net: Loaded) -> None:
    plan = net.library.plan
    first, last = plan.schedule.groups[0]
    counters = 2 * (1 + last - first + 1) + 2
    assert f"#define NET_ARENA_BYTES {plan.arena_bytes}\n" in net.library.files["net.h"]
    assert net.library.context_bytes == -(-(plan.arena_bytes + counters) // 4) * 4


def test_whole_images(session: Session) -> None:
    before = session.images.copy()
    for number, image in enumerate(session.images):
        assert session.net.call("invoke", session.context.values, image, session.scores.values) == OK
        session.assert_scores(number)
    assert np.array_equal(session.images, before)


def test_rows_equal_whole_images(session: Session) -> None:
    """The second time in a context that still holds the first image."""
    for number in range(len(session.images)):
        assert session.begin() == OK
        session.feed_all(number)
        assert session.result() == OK
        session.assert_scores(number)


def test_camera_pixels_are_128_more(session: Session) -> None:
    pixels = (session.images.astype(np.int16) + 128).astype(np.uint8)
    for number, image in enumerate(pixels):
        assert session.net.call("invoke_u8", session.context.values, image, session.scores.values) == OK
        session.assert_scores(number)
        session.scores.values[:] = 0
        assert session.begin() == OK
        for row in image.reshape(image.shape[0], -1):
            assert session.feed(row, "_u8") == OK
        assert session.result() == OK
        session.assert_scores(number)


def test_contexts_are_independent(session: Session) -> None:
    """Two images in flight, row by row in turn: all state is in the context."""
    other = Session(session.net)
    assert session.begin() == other.begin() == OK
    for mine, theirs in zip(session.rows(0), other.rows(1), strict=True):
        assert session.feed(mine) == OK
        assert other.feed(theirs) == OK
    assert other.result() == session.result() == OK
    session.assert_scores(0)
    other.assert_scores(1)


def test_null_pointers_are_refused(session: Session) -> None:
    context, image, scores = session.context.values, session.images[0], session.scores.values
    assert session.begin() == OK
    before = context.copy()
    for suffix in ("", "_u8"):
        assert session.net.call(f"invoke{suffix}", None, image, scores) == ARGUMENT
        assert session.net.call(f"invoke{suffix}", context, None, scores) == ARGUMENT
        assert session.net.call(f"invoke{suffix}", context, image, None) == ARGUMENT
        assert session.net.call(f"feed_row{suffix}", None, image) == ARGUMENT
        assert session.net.call(f"feed_row{suffix}", context, None) == ARGUMENT
    assert session.net.call("begin", None) == ARGUMENT
    assert session.net.call("result", None, scores) == ARGUMENT
    assert session.net.call("result", context, None) == ARGUMENT
    assert np.array_equal(context, before)
    assert np.all(scores == 0xA5)
    # And the image that had begun goes on.
    session.feed_all(0)
    assert session.net.call("result", context, None) == ARGUMENT
    assert session.result() == OK
    session.assert_scores(0)


def test_a_row_too_many_is_refused(session: Session) -> None:
    assert session.begin() == OK
    session.feed_all(0)
    before = session.context.values.copy()
    for _ in range(3):
        assert session.feed(session.rows(1)[0]) == ROWS
    assert np.array_equal(session.context.values, before)
    assert session.result() == OK
    session.assert_scores(0)


def test_a_result_too_early_is_refused(session: Session) -> None:
    """At every row; the image then goes on as if nothing had been asked."""
    assert session.begin() == OK
    for row in session.rows(0):
        before = session.context.values.copy()
        assert session.result() == ROWS
        assert np.array_equal(session.context.values, before)
        assert np.all(session.scores.values == 0xA5)
        assert session.feed(row) == OK
    assert session.result() == OK
    session.assert_scores(0)


def test_nothing_goes_before_begin_or_after_the_result(session: Session) -> None:
    session.context.values[:] = 0
    assert session.feed(session.rows(0)[0]) == ROWS
    assert session.result() == ROWS
    assert not session.context.values.any()
    assert session.begin() == OK
    session.feed_all(0)
    assert session.result() == OK
    session.scores.values[:] = 0xA5
    assert session.feed(session.rows(0)[0]) == ROWS
    assert session.result() == ROWS
    assert np.all(session.scores.values == 0xA5)
    session.assert_untouched_around()


def test_begin_drops_an_unfinished_image(session: Session) -> None:
    assert session.begin() == OK
    for row in session.rows(1)[:-1]:
        assert session.feed(row) == OK
    assert session.begin() == OK
    session.feed_all(0)
    assert session.result() == OK
    session.assert_scores(0)


def test_a_context_of_garbage_needs_only_begin(session: Session) -> None:
    rng = np.random.default_rng(8)
    for number in range(2):
        session.context.values[:] = rng.integers(0, 256, len(session.context.values))
        assert session.begin() == OK
        session.feed_all(number)
        assert session.result() == OK
        session.assert_scores(number)


@pytest.mark.parametrize("name", ["separable", "depthwise_first", "everything_single"])
def test_an_image_may_be_filled_in_place(name: str, tmp_path: Path) -> None:
    session = Session(Loaded(zoo_library(name, resident=True), tmp_path))
    place = session.net.dll.net_image
    place.restype = ctypes.c_void_p
    assert place(None) is None
    buffer = session.net.library.plan.buffers[session.net.library.plan.graph.input]
    planar = buffer.layout is Layout.PLANAR
    assert planar == (name == "depthwise_first")
    assert ("channel by channel" in session.net.library.files["net.h"]) == planar
    for number, image in enumerate(session.images):
        address = place(ctypes.c_void_p(session.context.values.ctypes.data))
        offset = address - session.context.values.ctypes.data
        stored = image.transpose(0, 2, 1) if planar else image
        session.context.values[offset : offset + image.size] = stored.reshape(-1).view(np.uint8)
        assert session.result() == OK
        session.assert_scores(number)
        assert session.result() == ROWS


def test_only_a_resident_image_has_a_place(net: Loaded) -> None:
    assert ("net_image(" in net.library.files["net.h"]) == net.library.plan.resident


def test_labels_survive_the_compiler(tmp_path: Path) -> None:
    """Quotes, backslashes, trigraphs and other alphabets; control characters, which a terminal obeys, do not."""
    graph = zoo("everything_double")
    labels = ('a "quoted" \\ one', "what??! ??/", "Käse \u2603 7", "tab\tline\n1")
    library = compile_model(replace(graph, labels=labels), name="net").library
    loaded = Loaded(library, tmp_path)
    found = (ctypes.c_char_p * 4).in_dll(loaded.dll, "net_labels")
    assert tuple((label or b"").decode() for label in found) == (*labels[:3], "tab line 1")
