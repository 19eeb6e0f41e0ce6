/* Xtensa: what an exception prints, and Arm's semihosting operations by calls of Xtensa's simulator. */
#include <string.h>

#include "mcu.h"
#include "mcu_internal.h"

#define SYS_WRITE0 0x04
#define CALL_EXIT 1
#define CALL_WRITE 4
#define STANDARD_OUTPUT 1

long mcu_simulator_call(long number, uintptr_t a, uintptr_t b, uintptr_t c);
extern uint32_t mcu_stack_limit[], mcu_stack_top[];
void mcu_fault(uint32_t pc, uint32_t cause, uint32_t address, uint32_t return_address, const uint32_t *stack)
    __attribute__((noreturn));

void mcu_platform_start(void)
{
}

/* mcu.c asks for two operations: to print a text, and to exit with the status in the block's second word. */
long mcu_semihost(long operation, const void *argument)
{
    if (operation == SYS_WRITE0)
        return mcu_simulator_call(CALL_WRITE, STANDARD_OUTPUT, (uintptr_t)argument, strlen(argument));
    return mcu_simulator_call(CALL_EXIT, ((const uintptr_t *)argument)[1], 0, 0);
}

void mcu_counter_start(void)
{
}

/* As in cortex_m.c, but without products of 64 bits, for which this core calls a function that would be counted. */
uint32_t mcu_counter_delta(uint32_t from, uint32_t to)
{
    uint32_t ticks = to - from, rest = ticks & ((1u << MCU_TICKS_SHIFT) - 1u);
    return (ticks >> MCU_TICKS_SHIFT) * MCU_TICKS_NUMERATOR
        + ((rest * MCU_TICKS_NUMERATOR + (1u << (MCU_TICKS_SHIFT - 1))) >> MCU_TICKS_SHIFT);
}

static const char *cause_of(uint32_t cause)
{
    switch (cause) { /* EXCCAUSE: Xtensa Instruction Set Architecture Reference Manual, Exception Option */
    case 0: return "illegal instruction";
    case 2: return "instruction access fault";
    case 3: return "load or store access fault";
    case 6: return "division by zero";
    case 9: return "unaligned access";
    case 12: case 14: return "instruction bus error";
    case 13: case 15: return "data bus error";
    case 20: return "execute never";
    case 28: return "load access fault";
    case 29: return "store access fault";
    default: return "unexpected exception";
    }
}

void mcu_fault(uint32_t pc, uint32_t cause, uint32_t address, uint32_t return_address, const uint32_t *stack)
{
    int in_stack = stack >= mcu_stack_limit && stack <= mcu_stack_top;
    mcu_puts("\nFAULT pc=0x");
    mcu_put_hex32(pc);
    mcu_puts(" lr=0x");
    mcu_put_hex32(return_address);
    mcu_puts(" cause=");
    mcu_puts(in_stack ? cause_of(cause) : "stack overflow");
    mcu_puts(" exccause=0x");
    mcu_put_hex32(cause);
    mcu_puts(" address=0x");
    mcu_put_hex32(address);
    mcu_puts("\n");
    mcu_exit(MCU_FAULT_STATUS);
}
