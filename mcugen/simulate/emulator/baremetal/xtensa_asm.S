/* Xtensa, call0 ABI: vectors, start, counter reading, simulator calls, stack painting. */
#include "mcu_internal.h"

    .macro  function name
    .section .text.\name, "ax"
    .global \name
    .type   \name, @function
    .literal_position
    .balign 4
\name:
    .endm

/* At the begin of ROM, where the core starts after reset; the rest are what VECBASE points to. No interrupt is enabled. */
    .section .vectors, "ax"
    .global mcu_reset
    .global mcu_vectors
mcu_vectors:
mcu_reset:
    j       mcu_reset_entry
    .org    0x30                    /* exception in the kernel's mode */
    j       mcu_fault_entry
    .org    0x50                    /* exception in the user's mode */
    j       mcu_fault_entry
    .org    0x70                    /* exception in an exception */
    j       mcu_fault_entry

    function mcu_reset_entry
    movi    a2, mcu_vectors
    wsr.vecbase a2
    movi    a2, 0
    wsr.intenable a2
    wsr.ps  a2
    rsync
    movi    a1, mcu_stack_top
    j       mcu_start

/* Moves to a stack of its own, so that an overflowed stack can still be reported. */
    function mcu_fault_entry
    rsr.epc1 a2
    rsr.exccause a3
    rsr.excvaddr a4
    mov     a5, a0
    mov     a6, a1
    movi    a1, mcu_fault_stack_top
    j       mcu_fault

/* Reads the counter, does the arithmetic in C, reads the counter again as late as possible. */
    .macro  counter_function name, arithmetic
    function \name
    rsr.ccount a2
    addi    a1, a1, -16
    s32i    a0, a1, 0
    call0   \arithmetic
    l32i    a0, a1, 0
    addi    a1, a1, 16
    movi    a4, mcu_counter_at_return
    rsr.ccount a5
    s32i    a5, a4, 0
    ret
    .endm

    counter_function mcu_instructions, mcu_instructions_at
    counter_function mcu_lap, mcu_lap_at

    function mcu_empty_pair
    addi    a1, a1, -16
    s32i    a0, a1, 0
    call0   mcu_lap
    call0   mcu_lap
    l32i    a0, a1, 0
    addi    a1, a1, 16
    ret

/* QEMU does what the simulator of Xtensa does: a2 is the number of a system call, a3 to a5 are its arguments. */
    function mcu_simulator_call
    simcall
    ret

    function mcu_stack_paint
    movi    a2, mcu_painted_from
    s32i    a1, a2, 0
    movi    a2, mcu_stack_limit
    movi    a3, MCU_STACK_PATTERN
1:  bgeu    a2, a1, 2f
    s32i    a3, a2, 0
    addi    a2, a2, 4
    j       1b
2:  ret
