/* Between mcu.c and the per-architecture files. */
#ifndef MCU_INTERNAL_H
#define MCU_INTERNAL_H

#define MCU_STACK_PATTERN 0xC5C5A5A5u
#define MCU_FAULT_STATUS 127

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Written by the assembly: the counter as mcu_instructions() / mcu_lap() last returned, the stack pointer at painting. */
extern uint32_t mcu_counter_at_return;
extern uint32_t mcu_painted_from;

/* Arithmetic half of the counter functions; the assembly reads the counter first and last. */
uint64_t mcu_instructions_at(uint32_t counter);
uint32_t mcu_lap_at(uint32_t counter);

/* Two calls of mcu_lap() with nothing between them: what the second returned. */
uint32_t mcu_empty_pair(void);

/* Instructions between two readings of the counter. */
uint32_t mcu_counter_delta(uint32_t from, uint32_t to);

void mcu_counter_start(void);
void mcu_platform_start(void);
long mcu_semihost(long operation, const void *argument);
void mcu_start(void) __attribute__((noreturn));
#endif

#endif
