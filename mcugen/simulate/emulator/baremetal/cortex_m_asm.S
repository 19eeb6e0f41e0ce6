/* Cortex-M: vector table, counter reading, semihosting, stack painting. Only ARMv6-M instructions. */
#include "mcu_internal.h"

    .syntax unified
    .thumb

    .section .vectors, "a"
    .word   mcu_stack_top
    .word   mcu_reset
    .rept   14                      /* NMI ... SysTick; no interrupt is ever enabled */
    .word   mcu_fault_entry
    .endr

    .macro  function name
    .section .text.\name, "ax"
    .global \name
    .type   \name, %function
    .thumb_func
    .balign 4
\name:
    .endm

    function mcu_reset
    ldr     r0, =mcu_start
    bx      r0

/* Moves to a stack of its own, so that an overflowed stack can still be reported. r0: where the frame was pushed. */
    function mcu_fault_entry
    mrs     r0, msp
    mrs     r1, ipsr
    ldr     r2, =mcu_fault_stack_top
    mov     sp, r2
    ldr     r2, =mcu_fault
    bx      r2

/* Reads the counter, does the arithmetic in C, reads the counter again as late as possible. */
    .macro  counter_function name, arithmetic
    function \name
    ldr     r0, =MCU_COUNTER
    ldr     r0, [r0]
    push    {r4, lr}
    bl      \arithmetic
    ldr     r2, =mcu_counter_at_return
    ldr     r3, =MCU_COUNTER
    ldr     r3, [r3]
    str     r3, [r2]
    pop     {r4, pc}
    .ltorg
    .endm

    counter_function mcu_instructions, mcu_instructions_at
    counter_function mcu_lap, mcu_lap_at

    function mcu_empty_pair
    push    {r4, lr}
    bl      mcu_lap
    bl      mcu_lap
    pop     {r4, pc}

    function mcu_semihost
    bkpt    0xAB
    bx      lr

    function mcu_stack_paint
    mov     r0, sp
    ldr     r1, =mcu_painted_from
    str     r0, [r1]
    ldr     r1, =mcu_stack_limit
    ldr     r2, =MCU_STACK_PATTERN
1:  cmp     r1, r0
    bhs     2f
    stm     r1!, {r2}
    b       1b
2:  bx      lr
    .ltorg
