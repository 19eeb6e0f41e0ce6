"""The writer of assembly refuses what contradicts itself, and says in comments what names say."""

from __future__ import annotations

import pytest

from mcugen.kernels.assembly import Assembly
from mcugen.kernels.assembly_text import AssemblyError

_EXPECTED = r"""
    /* r0: stream, r1: values to go */
    /* [sp]       sum of the values */
    "push {r4-r11, lr}\n"                           /* the caller's registers */
    CFI(".cfi_def_cfa_offset 36; .cfi_offset r4, -36; .cfi_offset r5, -32; .cfi_offset r6, -28")
    CFI(".cfi_offset r7, -24; .cfi_offset r8, -20; .cfi_offset r9, -16; .cfi_offset r10, -12")
    CFI(".cfi_offset r11, -8; .cfi_offset lr, -4")
    "sub  sp, #4\n"
    CFI(".cfi_def_cfa_offset 40")
    "2:\n"                                          /* a value */
        "cmp  r1, #0\n"
        "beq  1f\n"                                 /* no values */
        "ldr  r2, [r0], #4\n"                       /* r2: value; and on to the next */
        "str  r2, [sp]\n"                           /* sum of the values */
        "ldr  r2, [r0], #4\n"
        "str  r2, [sp]\n"                           /* sum of the values */
        "subs r1, #2\n"
        "b    2b\n"                                 /* a value */
"1:\n"                                              /* no values */
    "add  sp, #4\n"
    CFI(".cfi_def_cfa_offset 36")
    "pop  {r4-r11, pc}\n"                           /* the caller's registers, and return */
""".strip("\n")


def test_a_register_holds_one_thing() -> None:
    a = Assembly("armv7-m", "stream", "columns")
    with pytest.raises(AssemblyError, match="r1 for limit holds columns"):
        a.hold("r1", "limit")
    with a.holding(r2="pixels"), pytest.raises(AssemblyError, match="r2 for weights holds pixels"):
        a.hold("r2", "weights")
    a.hold("r2", "weights")


def test_a_register_has_no_name_that_it_had_before() -> None:
    a = Assembly("armv7-m", "stream")
    (stream,) = a.arguments
    row = a.becomes(stream, "output row")
    assert f"{row}" == "r0"
    with pytest.raises(AssemblyError, match="r0 is taken for stream: it holds output row"):
        a(f"ldr {row}, [{stream}]")
    a.drop(row)
    with pytest.raises(AssemblyError, match="r0 is taken for output row: it holds nothing"):
        str(row)


@pytest.mark.parametrize("text", ["mov r0, r3", "ldm r0, {r1-r3}", "strb r3, [r0], #1", "vmov q0[2], q0[0], r0, r0"])
def test_an_instruction_reads_nothing_that_is_not_held(text: str) -> None:
    a = Assembly("armv8.1-m", "stream", "columns", "row")
    with pytest.raises(AssemblyError, match=r"(r3|q0) holds nothing"):
        a(text)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("armv6-m", "r4"), ("armv6-m", "lr"), ("armv7-m", "r11"), ("armv8.1-m", "q4"), ("armv8.1-m", "r4")],
)
def test_the_callers_registers_are_saved_first(kind: str, name: str) -> None:
    a = Assembly(kind)
    with pytest.raises(AssemblyError, match=f"{name} for sum is the caller's"):
        a.hold(name, "sum")
    a.enter()
    a.hold(name, "sum")


def test_vectors_of_the_caller_are_saved_on_helium_only() -> None:
    a = Assembly("armv7-m")
    a.enter()
    with pytest.raises(AssemblyError, match="q4 for sums is the caller's"):
        a.hold("q4", "sums")
    with pytest.raises(AssemblyError, match="no register r13"):
        a.hold("r13", "sum")


def test_the_frame_has_all_words_that_are_used() -> None:
    a = Assembly("armv7-m", "stream")
    frame = a.enter(8, row="output row", end="end of the stream")
    assert (str(frame.row), str(frame.end)) == ("[sp]", "[sp, #4]")
    with pytest.raises(AssemblyError, match="no columns in the frame"):
        str(frame.columns)
    for text in ("str r0, [sp, #8]", "strd r0, r0, [sp, #4]"):
        with pytest.raises(AssemblyError, match="not in the frame"):
            a(text)
    with pytest.raises(AssemblyError, match="no 3 words in 8 bytes"):
        Assembly("armv7-m").enter(8, a="1", b="2", c="3")


def test_labels_stand_once() -> None:
    a = Assembly("armv7-m")
    a.enter()
    done = a.place(a.label("done"))
    with pytest.raises(AssemblyError, match=r"label 1 \(done\) stands twice"):
        a.place(done)
    a.leave()
    with pytest.raises(AssemblyError, match=r"label 1 \(done\) is never used"):
        a.lines()


def test_labels_stand_somewhere() -> None:
    a = Assembly("armv7-m")
    a.enter()
    a(f"b {a.label('done')}")
    a.leave()
    with pytest.raises(AssemblyError, match=r"label 1 \(done\) is nowhere"):
        a.lines()


def test_a_function_leaves() -> None:
    a = Assembly("armv7-m", "stream")
    with pytest.raises(AssemblyError, match="has not entered"):
        a.leave()
    a.enter()
    with pytest.raises(AssemblyError, match="does not leave"):
        a.lines()


def test_what_a_function_looks_like() -> None:
    a = Assembly("armv7-m", "stream", "values to go")
    stream, left = a.arguments
    frame = a.enter(4, total="sum of the values")
    done = a.label("no values")
    with a.loop("a value") as again:
        a(f"cmp {left}, #0")
        a(f"beq {done}")
        for _ in range(2):
            with a.holding(r2="value") as (value,):
                a(f"ldr {value}, [{stream}], #4", "and on to the next")
                a(f"str {value}, {frame.total}")
        a(f"subs {left}, #2")
        a(f"b {again}")
    a.place(done)
    a.leave()
    assert "\n".join(a.lines()) == _EXPECTED


@pytest.mark.parametrize(
    "text", ["ldm sp, {r4-r7}", "stm sp, {r4-r7}", "add r4, sp, #400", "add r4, sp, #12", "ldrd r4, r5, [sp, #4]"]
)
def test_words_beyond_the_frame_are_refused_in_lists_and_addresses_too(text: str) -> None:
    a = Assembly("armv7-m", "stream")
    a.enter(8, row="output row", end="end of the stream")
    for i in range(4, 8):
        a.hold(f"r{i}", "a word", filled=True)
    with pytest.raises(AssemblyError, match=r"not in the frame|neither into the frame nor behind"):
        a(text)


def test_an_address_in_the_frame_is_followed() -> None:
    a = Assembly("armv7-m", "first", "second")
    first, second = a.arguments
    frame = a.enter(8, row="output row", end="end of the stream")
    place = a.hold("r4", "place")
    a(f"add {place}, sp, #{frame.end.offset}")
    a(f"stm {place}!, {{{first}}}")
    with pytest.raises(AssemblyError, match="not in the frame"):
        a(f"stm {place}!, {{{first}, {second}}}")
    a.drop(first, second, place)
    a.leave()
    assert [line.split("/* ")[1] for line in a.lines() if "stm" in line] == ["end of the stream */"]


def test_lists_of_words_have_their_names() -> None:
    a = Assembly("armv7-m")
    a.enter(12, row="output row", end="end of the stream", left="values to go")
    with a.holding(r4="row", r5="end", r6="left") as words:
        for word in words:
            a(f"movs {word}, #0")
        a("stm sp, {r4-r6}")
    a.leave()
    assert [line.split("/* ")[1] for line in a.lines() if "stm" in line] == [
        "output row; end of the stream; values to go */"
    ]


def test_what_a_register_holds_is_not_overwritten() -> None:
    a = Assembly("armv7-m", "stream", "columns")
    stream, columns = a.arguments
    for text in ("movs r0, #1", "mov r0, r1", "ldr r0, [r1], #4", "ldm r1, {r0}", "smull r0, r1, r1, r1"):
        with pytest.raises(AssemblyError, match="r0 holds stream, filled by the caller"):
            a(text)
    a(f"adds {stream}, #4")
    a(f"ldr {a.anew(stream)}, [{columns}]")
    stream = a.becomes(stream, "bytes to go")
    a(f"movs {stream}, #3")


def test_what_is_loaded_next_takes_the_place_of_what_was_loaded() -> None:
    a = Assembly("armv7-m", "stream")
    (stream,) = a.arguments
    weight, total = a.hold("r1", "weight"), a.hold("r2", "sum")
    a(f"ldrsb {weight}, [{stream}], #1")
    with pytest.raises(AssemblyError, match="r2 is to hold sum, but nothing has filled it"):
        a(f"mla {total}, {weight}, {weight}, {total}")
    a(f"mov {total}, {weight}")
    a(f"ldrsb {weight}, [{stream}], #1")
    a(f"mla {total}, {weight}, {weight}, {total}", "added to what it holds")
    with pytest.raises(AssemblyError, match="r1 holds weight, filled by a load"):
        a(f"sxtb {weight}, {total}")


@pytest.mark.parametrize("text", ["vmov d8, r0, r0", "vadd.i32 s16, s16, s16", "vstrb.8 d9, [r0]"])
def test_parts_of_a_vector_belong_to_it(text: str) -> None:
    a = Assembly("armv8.1-m", "stream")
    a.enter()
    with pytest.raises(AssemblyError, match="q4 holds nothing"):
        a(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("push {r4}", "push is not known"), ("pop {r4}", "pop is not known"), ("vpush {d8}", "vpush is not known"),
        ("svc #0", "svc is not known"), ("nop", "nop is not known"), ("sub sp, #8", "the stack pointer is for words"),
        ("ldr r0, [sp], #4", "the stack pointer is for words"), ("stm sp!, {r0}", "no register sp"),
        ("mov sp, r0", "the stack pointer is for words"), ("ldr r0, [sp, r0]", "the stack pointer is for words"),
        ("mov r0, r13", "no register r13"), ("mov r0, ip", "no register ip"), ("mov pc, r0", "no register pc"),
        ("vmov d16, r0, r0", "no register d16"),
    ],
)  # fmt: skip
def test_the_stack_is_the_frames_and_instructions_are_known(text: str, why: str) -> None:
    a = Assembly("armv8.1-m", "stream")
    a.enter(8, row="output row", end="end of the stream")
    with pytest.raises(AssemblyError, match=why):
        a(text)
