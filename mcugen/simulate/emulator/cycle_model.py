"""Modelled cycles: what a run would cost on a real core whose memory never waits. A model, not a measurement.

Each model gives the cycles of every instruction of a straight run of instructions, and what a taken branch adds.
Where a manual gives a range, the choice is stated beside it. Flash wait states, caches, bus contention and
interrupts are left out, as are stalls from one basic block into the next. Floating point counts one an instruction.

Sources:
  [M4]   Cortex-M4 Technical Reference Manual, ARM DDI 0439D, tables 3-1 and 3-2, section 3.3.2
  [M3]   Cortex-M3 Technical Reference Manual, ARM 100165_0201, table 3-1, section 3.3.2
  [M0+]  Cortex-M0+ Technical Reference Manual, ARM DDI 0484C, table 3-1
  [M33]  no table by Arm; measured on an RP2350: SLOTHY, slothy/targets/arm_v7m/cortex_m33.py (commit 902e68e)
  Xtensa: see xtensa_cycles.py
  [M7]   no table by Arm; LLVM's llvm/lib/Target/ARM/ARMScheduleM7.td; compare quinapalus.com/cm7cycles.html (measured)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .disassembly import Instruction, Kind
from .xtensa_cycles import XTENSA_LX6

_PC = 15
_SMALL_LOAD = re.compile(r"ldrs?[bh]")


class CycleModel(Protocol):
    """What profile() wants of a model."""

    @property
    def name(self) -> str:
        """The core that it models."""
        ...

    def block(self, instructions: Sequence[Instruction]) -> list[int]:
        """Cycles of each instruction of a straight run; branches as if not taken."""
        ...

    def taken(self, instruction: Instruction) -> int:
        """Additional cycles each time that `instruction` jumps."""
        ...


@dataclass(frozen=True)
class TableModel:
    """Cortex-M0+, M3 and M4: a cost for each kind of instruction, and rules for neighbouring loads and stores."""

    name: str
    costs: dict[Kind, int] = field(default_factory=dict)
    """Where the cost is not 1."""
    load: int = 2
    """[M4], [M3]: 2; [M0+]: 2 for memory on the AHB interface."""
    store: int = 2
    """[M4], [M3], [M0+]: 2; see `pipelined`."""
    pipelined: bool = True
    """[M4], [M3] 3.3.2: STR with an immediate offset is always 1; a load or store behind a single load costs one less
    unless its address is what was loaded; nothing is pipelined behind a store, or with LDRD, STRD, LDM or STM."""
    address_stall: int = 1
    """[M4], [M3] 3.3.2: an address that the preceding data-processing instruction computed costs a cycle."""
    folds_it: bool = True
    """[M4] table 3-1 note d: IT behind a 16-bit instruction takes no cycle."""
    refill: int = 2
    """P, the refill of the pipeline: [M4], [M3] give 1 to 3, depending on the target."""
    slow_refill: int = 3
    """P of LDR PC, TBB and TBH: [M4], [M3] 3.3.2, "three cycles for the pipeline reload"."""
    call_refill: int = 2
    """P of BL: as `refill`, but for [M0+]."""
    return_refill: int = 2
    """P of POP {..., PC}: as `refill`; [M0+]: 3 + N in all."""

    def block(self, instructions: Sequence[Instruction]) -> list[int]:
        """Cycles of each instruction."""
        cycles = []
        before: Instruction | None = None
        for instruction in instructions:
            cycles.append(self._cost(instruction, before))
            before = instruction
        return cycles

    def _cost(self, instruction: Instruction, before: Instruction | None) -> int:
        kind = instruction.kind
        if kind in (Kind.LOAD_MANY, Kind.STORE_MANY):
            return 1 + len(instruction.register_list) + self._stall(instruction, before)
        if kind is Kind.IF_THEN:
            return 0 if self.folds_it and before is not None and before.size == 2 else 1
        if kind not in (Kind.LOAD, Kind.STORE):
            return self.costs.get(kind, 1)
        stall = self._stall(instruction, before)
        cost = self.load if kind is Kind.LOAD else self.store
        if not self.pipelined:
            return cost + stall
        if kind is Kind.STORE and not instruction.has_register_offset:
            return 1 + stall
        if before is None or before.kind is not Kind.LOAD or _PC in instruction.results:
            return cost + stall
        return cost if set(before.results) & set(instruction.address_registers) else cost - 1

    def _stall(self, instruction: Instruction, before: Instruction | None) -> int:
        memory = (Kind.LOAD, Kind.STORE, Kind.LOAD_MANY, Kind.STORE_MANY)
        if before is None or before.kind in memory or not set(before.results) & set(instruction.address_registers):
            return 0
        return self.address_stall

    def taken(self, instruction: Instruction) -> int:
        """P."""
        if instruction.kind in (Kind.TABLE_BRANCH, Kind.LOAD):
            return self.slow_refill
        if instruction.kind is Kind.LOAD_MANY:
            return self.return_refill
        return self.call_refill if instruction.mnemonic == "bl" else self.refill


@dataclass(frozen=True)
class PipelineModel:
    """Cortex-M33 and M7: instructions issue in order, as many a cycle as `width`, each when its operands are ready."""

    name: str
    width: int
    refill: int
    """What a taken branch adds."""
    latencies: dict[Kind, int]
    """Cycles from issue until another instruction can use the result, where that is not 1."""
    alone: dict[Kind, int]
    """Kinds that occupy the pipeline alone, and for how long; LDM and the like take at least a cycle a register."""
    once_a_cycle: tuple[frozenset[Kind], ...] = ()
    """Units that take one instruction a cycle."""
    early_addend: bool = True
    """The accumulator of a multiply-accumulate is wanted a cycle later than the factors."""
    late_address: int = 0
    """How much earlier than other operands an address is wanted."""
    small_load_latency: int | None = None
    """Latency of a load of a byte or halfword, where it is not that of a word."""
    shifted_latency: int = 1
    """Latency of an ALU instruction with an operand shifted other than by LSL."""

    def block(self, instructions: Sequence[Instruction]) -> list[int]:
        """Cycles of each instruction: how long until the next one issues, and for the last how long it takes."""
        ready: dict[int, int] = {}
        issued: list[int] = []
        group: list[Instruction] = []
        now, blocked_until = 0, 0
        for instruction in instructions:
            at = max(now, blocked_until, self._operands_ready(instruction, ready))
            if at == now and group and not self._fits(instruction, group):
                at += 1
            if at > now:
                now, group = at, []
            group.append(instruction)
            issued.append(at)
            if instruction.kind in self.alone:
                blocked_until = at + self._occupancy(instruction)
            for register in instruction.results:
                ready[register] = at + self._latency(instruction)
        end = max(now + 1, blocked_until)
        return [after - at for at, after in zip(issued, [*issued[1:], end], strict=True)]

    def _operands_ready(self, instruction: Instruction, ready: dict[int, int]) -> int:
        times = [ready.get(register, 0) for register in instruction.sources if register not in instruction.addend]
        times += [ready.get(register, 0) - int(self.early_addend) for register in instruction.addend]
        times += [ready[r] + self.late_address for r in instruction.address_registers if r in ready]
        return max(times, default=0)

    def _fits(self, instruction: Instruction, group: list[Instruction]) -> bool:
        if len(group) >= self.width or instruction.kind in self.alone or group[0].kind in self.alone:
            return False
        written = {register for other in group for register in other.results}
        if written & set(instruction.results):
            return False
        return not any(instruction.kind in unit and any(g.kind in unit for g in group) for unit in self.once_a_cycle)

    def _occupancy(self, instruction: Instruction) -> int:
        if instruction.kind in (Kind.LOAD_MANY, Kind.STORE_MANY):
            return max(self.alone[instruction.kind], len(instruction.register_list))
        return self.alone[instruction.kind]

    def _latency(self, instruction: Instruction) -> int:
        if instruction.has_shifted_operand:
            return self.shifted_latency
        if self.small_load_latency is not None and _SMALL_LOAD.match(instruction.mnemonic):
            return self.small_load_latency
        return self.latencies.get(instruction.kind, 1)

    def taken(self, instruction: Instruction) -> int:
        """The refill of the pipeline."""
        return self.refill


_MULTIPLIES = (Kind.MULTIPLY, Kind.MULTIPLY_ADD, Kind.MULTIPLY_LONG, Kind.MULTIPLY_ADD_LONG)
_DIVIDE = 7  # [M4], [M3]: 2 to 12, by the operands

CORTEX_M4 = TableModel(
    "Cortex-M4",
    # Every multiply 1, MRS and MSR 1 or 2, TBB and TBH 2 + P, DMB and DSB 1 + 0: [M4] tables 3-1, 3-2.
    costs={Kind.DIVIDE: _DIVIDE, Kind.SYSTEM: 2, Kind.TABLE_BRANCH: 3},
)
CORTEX_M3 = TableModel(
    "Cortex-M3",
    # MUL 1, MLA and MLS 2, SMULL and UMULL 3 to 5, SMLAL and UMLAL 4 to 7 (by the operands): [M3] table 3-1.
    costs={
        Kind.MULTIPLY_ADD: 2, Kind.MULTIPLY_LONG: 4, Kind.MULTIPLY_ADD_LONG: 6,
        Kind.DIVIDE: _DIVIDE, Kind.SYSTEM: 2, Kind.TABLE_BRANCH: 3,
    },
)  # fmt: skip
CORTEX_M0PLUS = TableModel(
    "Cortex-M0+",
    # MULS 1 (the fast multiplier; 32 with the small one); MRS, MSR and barriers 3; B 2, BL 3, BX 2, POP {PC} 3 + N.
    costs={Kind.SYSTEM: 3, Kind.BARRIER: 3},
    pipelined=False, address_stall=0, folds_it=False, refill=1, slow_refill=1, call_refill=2, return_refill=2,
)  # fmt: skip
CORTEX_M33 = PipelineModel(
    "Cortex-M33",
    width=1,
    refill=2,  # [M33] a taken branch takes 3
    # [M33] loads, multiplies and DSP instructions 2, but 1 into an accumulator; a shift other than LSL 2.
    latencies={Kind.LOAD: 2, Kind.LOAD_MANY: 2, Kind.SIMD: 2, **dict.fromkeys(_MULTIPLIES, 2)},
    # [M33] LDRD and STRD measured at 2.2, about a cycle a register; division as [M4].
    alone={Kind.LOAD_MANY: 2, Kind.STORE_MANY: 2, Kind.DIVIDE: _DIVIDE, Kind.SYSTEM: 2, Kind.TABLE_BRANCH: 3},
    shifted_latency=2,
)
CORTEX_M7 = PipelineModel(
    "Cortex-M7 (rough)",
    width=2,
    refill=1,  # [M7] branches are predicted; a misprediction (about 6) is not modelled
    # [M7] multiplies 2, but 1 into an accumulator; loads 1, of bytes and halfwords 2; addresses are wanted early.
    latencies={Kind.SIMD: 2, **dict.fromkeys(_MULTIPLIES, 2)},
    small_load_latency=2,
    late_address=1,
    # [M7] load and store multiple are not dual-issued (two words a cycle would be the limit; taken as one a cycle).
    alone={
        Kind.LOAD_MANY: 1,
        Kind.STORE_MANY: 1,
        Kind.DIVIDE: _DIVIDE,
        Kind.SYSTEM: 3,
        Kind.TABLE_BRANCH: 2,
        Kind.BARRIER: 3,
    },
    # [M7] one multiply-accumulate, one DSP instruction, one store and one branch a cycle; two loads are possible.
    once_a_cycle=(
        frozenset(_MULTIPLIES),
        frozenset({Kind.SIMD}),
        frozenset({Kind.STORE}),
        frozenset({Kind.BRANCH}),
    ),
)

MODELS: dict[str, CycleModel] = {
    "cortex-m0plus": CORTEX_M0PLUS,
    "cortex-m3": CORTEX_M3,
    "cortex-m4": CORTEX_M4,
    "cortex-m4f": CORTEX_M4,
    "cortex-m7": CORTEX_M7,
    "cortex-m33": CORTEX_M33,
    "xtensa-lx106": XTENSA_LX6,
}
"""By machine; none for the Cortex-M55 and RISC-V, for which only instructions are counted."""
