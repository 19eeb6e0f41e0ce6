/* RISC-V: what a trap prints; the counter needs no start. */
#include "mcu.h"
#include "mcu_internal.h"


void mcu_fault(uint32_t pc, uint32_t cause, uint32_t address, uint32_t ra) __attribute__((noreturn));

/* Code and constants can only be read; the stack lies right behind them, so that its overflow faults too. */
void mcu_platform_start(void)
{
    uint32_t end = (MCU_ROM_ORIGIN + MCU_ROM_SIZE) >> 2;
    uint32_t locked_from_zero_readable_executable = 0x80u | 0x08u | 0x04u | 0x01u;
    __asm volatile(".option push\n\t.option arch, +zicsr\n\t"
                   "csrw pmpaddr0, %0\n\tcsrw pmpcfg0, %1\n\t.option pop"
                   :: "r"(end), "r"(locked_from_zero_readable_executable) : "memory");
}

void mcu_counter_start(void)
{
}

uint32_t mcu_counter_delta(uint32_t from, uint32_t to)
{
    return to - from;
}

void mcu_fault(uint32_t pc, uint32_t cause, uint32_t address, uint32_t ra)
{
    static const char *const causes[] = {
        "misaligned jump", "instruction access fault", "illegal instruction", "breakpoint",
        "unaligned load",  "load access fault",        "unaligned store",     "store access fault",
    };
    mcu_puts("\nFAULT pc=0x");
    mcu_put_hex32(pc);
    mcu_puts(" lr=0x");
    mcu_put_hex32(ra);
    mcu_puts(" cause=");
    mcu_puts(cause < sizeof causes / sizeof causes[0] ? causes[cause] : "unexpected trap");
    mcu_puts(" mcause=0x");
    mcu_put_hex32(cause);
    mcu_puts(" address=0x");
    mcu_put_hex32(address);
    mcu_puts("\n");
    mcu_exit(MCU_FAULT_STATUS);
}
