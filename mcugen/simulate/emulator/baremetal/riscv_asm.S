/* RISC-V (RV32, machine mode): start, counter reading, semihosting, stack painting, traps. */
#include "mcu_internal.h"

    .option arch, +zicsr

    .macro  function name
    .section .text.\name, "ax"
    .global \name
    .type   \name, @function
    .balign 4
\name:
    .endm

    .section .vectors, "ax"
    .global mcu_reset
mcu_reset:
    la      sp, mcu_stack_top
    la      t0, mcu_trap_entry
    csrw    mtvec, t0
    csrw    mie, zero
    tail    mcu_start

/* Moves to a stack of its own, so that an overflowed stack can still be reported. */
    function mcu_trap_entry
    csrr    a0, mepc
    csrr    a1, mcause
    csrr    a2, mtval
    mv      a3, ra
    la      sp, mcu_fault_stack_top
    tail    mcu_fault

/* Reads the counter, does the arithmetic in C, reads the counter again as late as possible. QEMU's minstret gives virtual
   nanoseconds; the emulator is run with one nanosecond for an instruction (icount shift 0). */
    .macro  counter_function name, arithmetic
    function \name
    csrr    a0, minstret
    addi    sp, sp, -16
    sw      ra, 12(sp)
    call    \arithmetic
    lw      ra, 12(sp)
    addi    sp, sp, 16
    la      t0, mcu_counter_at_return
    csrr    t1, minstret
    sw      t1, (t0)
    ret
    .endm

    counter_function mcu_instructions, mcu_instructions_at
    counter_function mcu_lap, mcu_lap_at

    function mcu_empty_pair
    addi    sp, sp, -16
    sw      ra, 12(sp)
    jal     mcu_lap
    jal     mcu_lap
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret

    .option push
    .option norvc
    function mcu_semihost
    .balign 16
    slli    x0, x0, 0x1f
    ebreak
    srai    x0, x0, 7
    ret
    .option pop

    function mcu_stack_paint
    la      a1, mcu_painted_from
    sw      sp, (a1)
    la      a1, mcu_stack_limit
    li      a2, MCU_STACK_PATTERN
1:  bgeu    a1, sp, 2f
    sw      a2, (a1)
    addi    a1, a1, 4
    j       1b
2:  ret
