"""The emulator: exact instruction counts, faults, stack depth, inputs, errors, profiles; on every machine."""

import itertools
import struct
from pathlib import Path

import pytest

from mcugen.simulate.emulator import MACHINES, BuildError, EmulatorError, Machine, MissingToolError, build, profile, run
from mcugen.simulate.emulator.__main__ import main
from tests.support.needs import need

# In assembly, so that nothing but what is to be counted stands between the two calls.
ARM_ASSEMBLY = r"""
__asm(".syntax unified\n"
      ".macro start name\n .text\n .global \\name\n .thumb_func\n .p2align 2\n\\name:\n push {r4, lr}\n .endm\n"
      "start count_nothing\n bl mcu_lap\n bl mcu_lap\n pop {r4, pc}\n"
      "start count_37_nops\n bl mcu_lap\n .rept 37\n nop\n .endr\n bl mcu_lap\n pop {r4, pc}\n"
      "start count_loop\n mov r4, r0\n bl mcu_lap\n 1: subs r4, #1\n bne 1b\n bl mcu_lap\n pop {r4, pc}\n"
      "start instructions_37\n bl mcu_instructions\n mov r4, r0\n .rept 36\n nop\n .endr\n bl mcu_instructions\n"
      " subs r0, r0, r4\n pop {r4, pc}\n"
      "start use_256_bytes\n sub sp, #248\n str r4, [sp]\n add sp, #248\n pop {r4, pc}\n");
"""
RISCV_ASSEMBLY = r"""
__asm(".macro start name\n .text\n .global \\name\n\\name:\n addi sp, sp, -16\n sw ra, 0(sp)\n sw s0, 4(sp)\n .endm\n"
      ".macro end\n lw ra, 0(sp)\n lw s0, 4(sp)\n addi sp, sp, 16\n ret\n .endm\n"
      "start count_nothing\n jal mcu_lap\n jal mcu_lap\n end\n"
      "start count_37_nops\n jal mcu_lap\n .rept 37\n nop\n .endr\n jal mcu_lap\n end\n"
      "start count_loop\n mv s0, a0\n jal mcu_lap\n 1: addi s0, s0, -1\n bnez s0, 1b\n jal mcu_lap\n end\n"
      "start instructions_37\n jal mcu_instructions\n mv s0, a0\n .rept 36\n nop\n .endr\n jal mcu_instructions\n"
      " sub a0, a0, s0\n end\n"
      "start use_256_bytes\n addi sp, sp, -240\n sw s0, 0(sp)\n addi sp, sp, 240\n end\n");
"""
XTENSA_ASSEMBLY = r"""
__asm(".macro start name\n .text\n .global \\name\n .balign 4\n\\name:\n"
      " addi a1, a1, -16\n s32i a0, a1, 0\n s32i a12, a1, 4\n .endm\n"
      ".macro end\n l32i a0, a1, 0\n l32i a12, a1, 4\n addi a1, a1, 16\n ret\n .endm\n"
      "start count_nothing\n call0 mcu_lap\n call0 mcu_lap\n end\n"
      "start count_37_nops\n call0 mcu_lap\n .rept 37\n nop\n .endr\n call0 mcu_lap\n end\n"
      "start count_loop\n mov a12, a2\n call0 mcu_lap\n 1: addi a12, a12, -1\n bnez a12, 1b\n call0 mcu_lap\n end\n"
      "start instructions_37\n call0 mcu_instructions\n mov a12, a2\n .rept 36\n nop\n .endr\n call0 mcu_instructions\n"
      " sub a2, a2, a12\n end\n"
      "start use_256_bytes\n addi a1, a1, -112\n addi a1, a1, -128\n s32i a12, a1, 0\n addi a1, a1, 112\n"
      " addi a1, a1, 127\n addi a1, a1, 1\n end\n");
"""
COUNTING = rf"""
#include "mcu.h"
#if defined(__arm__)
{ARM_ASSEMBLY}
#elif defined(__XTENSA__)
{XTENSA_ASSEMBLY}
#else
{RISCV_ASSEMBLY}
#endif
"""
COUNTING += r"""
uint32_t count_nothing(void), count_37_nops(void), count_loop(uint32_t n), instructions_37(void);
void use_256_bytes(void);
int main(void)
{
    mcu_report("nothing", count_nothing());
    mcu_report("nops", count_37_nops());
    mcu_report("instructions", instructions_37());
    for (uint32_t n = 1; n <= 10000000u; n *= 10u)
        mcu_report("loop", count_loop(n) - 2 * (int64_t)n);
    mcu_report("last_loop", count_loop(1000));
    mcu_stack_paint();
    use_256_bytes();
    mcu_report("stack", mcu_stack_high_water());
    mcu_report("first_input", (int8_t)mcu_input()[0]);
    mcu_report_bytes("inputs", mcu_input(), 300);
    return 0;
}
"""

FAULTING = r"""
#include "mcu.h"
volatile uint32_t word = 7;
const uint32_t constant = 7;
__attribute__((noinline)) int deep(int n)
{
    volatile uint8_t block[512];
    block[0] = (uint8_t)n;
    return n == 0 ? 0 : deep(n - 1) + block[0];
}
int main(void)
{
    volatile uint32_t *volatile p = &word; /* so that the compiler does not see where it points */
    mcu_puts("started\n");
    switch (mcu_input()[0]) {
    case 'n': p = (volatile uint32_t *)0xE8000000u; return (int)*p;
    case 'u': p = (volatile uint32_t *)((uintptr_t)p + 1); return (int)*p;
    case 'f': *(volatile uint32_t *)(uintptr_t)main = 1; return 0;
    case 'c': p = (volatile uint32_t *)(uintptr_t)&constant; *p = 1; return 0;
    case 's': return deep(100000);
    case 'h': for (;;) {}
    default: __asm volatile(
#if defined(__XTENSA__)
                            "ill\n"
#else
                            ".short 0\n"
#endif
#ifdef __arm__
                            ".short 0xde00\n"
#endif
                            );
    }
    return 5;
}
"""


def installed(machine: Machine) -> Machine:
    """`machine`, or the test is skipped."""
    need(machine.name)
    return machine


@pytest.fixture(scope="module", params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> Machine:
    return installed(MACHINES[request.param])


@pytest.fixture(scope="module")
def counting(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(machine, COUNTING, tmp_path_factory.mktemp(machine.name))


@pytest.fixture(scope="module")
def faulting(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(machine, FAULTING, tmp_path_factory.mktemp(machine.name))


def compiled(machine: Machine, source: str, directory: Path) -> Path:
    main_c = directory / "main.c"
    main_c.write_text(source)
    return build(machine, [main_c], [], directory / "program.elf").elf


INPUTS = bytes((200 + 7 * i) % 256 for i in range(300))


def test_counts_are_exact_and_repeatable(machine: Machine, counting: Path) -> None:
    result = run(machine, counting, INPUTS).check()
    assert result.values["nothing"] == 0
    assert result.values["nops"] == 37
    assert result.values["instructions"] == 37
    assert [line for line in result.lines if line.startswith("loop=")] == ["loop=0"] * 8
    assert result.values["stack"] == 256
    assert result.values["first_input"] == INPUTS[0] - 256
    assert result.blobs["inputs"] == INPUTS
    assert run(machine, counting, INPUTS).console == result.console


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cortex-m4", "cortex-m55"])
def test_long_counts_are_exact_when_the_timer_wraps(name: str, tmp_path: Path) -> None:
    machine = installed(MACHINES[name])
    start = COUNTING.index("int main(void)")
    main_c = """
    int main(void)
    {
        uint64_t start = mcu_instructions();
        for (int i = 0; i < 2; ++i)
            mcu_report("loop", count_loop(350000000u));
        mcu_report("billions", (int64_t)(mcu_instructions() - start) / 100000000);
        return 0;
    }
    """
    result = run(machine, compiled(machine, COUNTING[:start] + main_c, tmp_path)).check()
    assert result.lines == ["loop=700000000"] * 2 + ["billions=14"]


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        ("n", "access|bus error|violation"),
        ("i", "undefined|illegal"),
        ("f", "flash|store access"),
        ("c", "flash|store access"),
        ("s", "stack|store"),
    ],
)
def test_faults_are_reported(machine: Machine, faulting: Path, what: str, cause: str) -> None:
    result = run(machine, faulting, what.encode(), timeout_s=20)
    assert result.console.startswith("started\n")
    if what in "fc" and machine.name == "xtensa-lx106":
        assert result.fault is None, "QEMU protects no memory of this core: then say so no more in machines.py"
        return
    assert result.fault is not None
    assert any(word in result.fault for word in cause.split("|")), result.fault
    assert result.status == 127


def test_constants_of_more_than_half_a_mebibyte_have_room(machine: Machine, tmp_path: Path) -> None:
    source = """
    #include "mcu.h"
    const uint8_t constants[900 << 10] = {[0] = 1, [(900 << 10) - 1] = 2};
    volatile uint32_t data = 5, last = sizeof constants - 1;
    int main(void)
    {
        mcu_report("sum", constants[0] + constants[last] + (int64_t)data);
        return 0;
    }
    """
    assert run(machine, compiled(machine, source, tmp_path)).check().lines == ["sum=8"]


def test_unaligned_access_faults_where_the_core_has_none(machine: Machine, faulting: Path) -> None:
    result = run(machine, faulting, b"u", timeout_s=20)
    if machine.name in ("cortex-m0plus", "xtensa-lx106"):
        assert "unaligned" in (result.fault or "")
    else:
        assert result.fault is None


@pytest.mark.parametrize("name", ["cortex-m4", "rv32imc"])
def test_a_hang_is_killed_and_what_was_printed_is_kept(name: str, tmp_path: Path) -> None:
    machine = installed(MACHINES[name])
    result = run(machine, compiled(machine, FAULTING, tmp_path), b"h", timeout_s=3.0)
    assert result.timed_out
    assert result.status is None
    assert result.console == "started\n"
    with pytest.raises(EmulatorError, match=r"(?s)time limit.*started"):
        result.check()


def test_profile_agrees_with_the_counter(machine: Machine, counting: Path) -> None:
    profiled = profile(machine, counting, INPUTS)
    assert profiled.result.console == run(machine, counting, INPUTS).console
    laps = [lap.instructions for lap in profiled.laps]
    assert laps[1] == 0 + 1  # the call of mcu_lap() itself is seen here
    assert laps[3] == 37 + 1
    assert laps[5::2][:8] == [2 * 10**n + 1 for n in range(8)]
    loop = profiled.functions["count_loop"]
    assert loop.calls == 9
    assert sum(instructions for instructions, _ in profiled.by_times["count_loop"].values()) == loop.instructions
    if profiled.cycles is not None:
        body = profiled.laps[19].functions["count_loop"]
        assert body.cycles is not None
        each = {"cortex-m0plus": 3, "cortex-m7": 2, "xtensa-lx106": 5}.get(machine.name, 4)
        assert body.cycles == pytest.approx(each * 10**7, rel=1e-5)


def test_integers_that_xtensa_has_no_instructions_for(tmp_path: Path) -> None:
    """baremetal/xtensa_integers.c, against Python's."""
    machine = installed(MACHINES["xtensa-lx106"])
    numbers = (1, 2, 7, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x123456789ABCDEF, 0x8000000000000001)
    main_c = """
    #include "mcu.h"
    volatile uint64_t n[] = {NUMBERS};
    volatile uint64_t r[4];
    volatile int32_t s[3];
    int main(void)
    {
        for (size_t i = 0; i < sizeof n / sizeof n[0]; ++i)
            for (size_t j = 0; j < sizeof n / sizeof n[0]; ++j) {
                uint64_t a = n[i], b = n[j];
                r[0] = a * b, r[1] = a / b, r[2] = a % b;
                r[3] = (uint64_t)(-(int64_t)(a >> 1) / (int64_t)((b >> 1) + 1));
                s[0] = (int32_t)(a | 1) / ((int32_t)(b >> 2) | 1);
                s[1] = (int32_t)((uint32_t)a / ((uint32_t)b | 1));
                s[2] = (int32_t)((uint32_t)a % ((uint32_t)b | 1));
                mcu_report_bytes("r", (const void *)r, sizeof r);
                mcu_report_bytes("s", (const void *)s, sizeof s);
            }
        return 0;
    }
    """.replace("NUMBERS", ", ".join(f"{n}u" for n in numbers))
    result = run(machine, compiled(machine, main_c, tmp_path)).check()
    expected = []
    for a, b in itertools.product(numbers, numbers):
        wide = (a * b, a // b, a % b, -((a >> 1) // ((b >> 1) + 1)))
        expected.append("r=hex:" + struct.pack("<4Q", *(value & (1 << 64) - 1 for value in wide)).hex())
        signed = _divided(_int32(a | 1), _int32(b >> 2) | 1)
        low, odd = a & 0xFFFFFFFF, b & 0xFFFFFFFF | 1
        expected.append("s=hex:" + struct.pack("<3I", signed & 0xFFFFFFFF, low // odd, low % odd).hex())
    assert result.lines == expected


def _int32(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def _divided(a: int, b: int) -> int:
    """As in C, towards 0."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def test_sections_are_measured(machine: Machine, tmp_path: Path) -> None:
    source = tmp_path / "main.c"
    source.write_text(
        "const unsigned char table[100] = {1};\nint data[3] = {1};\nint bss[50];\n"
        "int main(void) { return table[data[0]] + bss[1]; }\n"
    )
    report = build(machine, [source], [], tmp_path / "x.elf", cflags=("-Os",))
    sizes = report.objects["main.c"]
    assert (sizes.rodata, sizes.data, sizes.bss) == (100, 12, 200)
    assert 0 < sizes.text < 60
    assert report.total.flash >= sizes.flash
    assert report.total.ram < 1000
    assert run(machine, report.elf).status == 0


def test_compiler_errors_are_shown(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no_such_function"):
        compiled(machine, "int main(void) { return no_such_function(); }", tmp_path)


def test_missing_tools_name_their_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="apt-get install gcc-arm-none-eabi"):
        build(MACHINES["cortex-m4"], [], [], tmp_path / "x.elf")
    with pytest.raises(MissingToolError, match="apt-get install qemu-system-misc"):
        run(MACHINES["rv32imc"], tmp_path / "x.elf")


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = installed(MACHINES["cortex-m4"])
    source = tmp_path / "main.c"
    source.write_text('#include "mcu.h"\nint main(void) { mcu_puts("hello\\n"); return mcu_input()[0]; }\n')
    inputs = tmp_path / "inputs.bin"
    inputs.write_bytes(b"\x03")
    words = [machine.name, str(source), "--cflags", "-O3", "--inputs", str(inputs), "--annotate", "main"]
    assert main(words) == 3
    printed = capsys.readouterr().out
    assert printed.startswith("hello\n")
    assert "whole program" in printed
    assert "main: executions" in printed
    source.write_text("int main(void) { return }\n")
    assert main([machine.name, str(source)]) == 2
