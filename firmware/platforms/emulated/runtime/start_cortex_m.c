/* Cortex-M without a framework: vector table, start-up, and an end by semihosting (Arm, Semihosting for AArch32). */
#ifdef __ARM_ARCH

#include <stdint.h>
#include <string.h>

#include "emulated.h"

#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT 0x20026u
#define FAULT_STATUS 127

extern uint32_t emulated_stack_top[];
extern uint8_t emulated_data_start[], emulated_data_end[], emulated_bss_start[], emulated_bss_end[];
extern const uint8_t emulated_data_load[];

int main(void);

void emulated_exit(int status)
{
    const uint32_t block[2] = { APPLICATION_EXIT, (uint32_t)status };
    register uint32_t operation __asm("r0") = SYS_EXIT_EXTENDED;
    register const uint32_t *argument __asm("r1") = block;
    for (;;) {
        __asm volatile("bkpt 0xab"
                       : "+r"(operation)
                       : "r"(argument)
                       : "memory");
    }
}

static void fault(void)
{
    emulated_exit(FAULT_STATUS);
}

void emulated_reset(void)
{
    memcpy(emulated_data_start, emulated_data_load, (uintptr_t)emulated_data_end - (uintptr_t)emulated_data_start);
    memset(emulated_bss_start, 0, (uintptr_t)emulated_bss_end - (uintptr_t)emulated_bss_start);
    emulated_exit(main());
}

/* No interrupt is ever enabled. The first 8 entries: stack, reset, and what ends in a fault. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[15])(void);
} vectors = {
    emulated_stack_top,
    { emulated_reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault },
};

#endif
