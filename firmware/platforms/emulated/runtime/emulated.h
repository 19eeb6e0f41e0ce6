/* What the ports of emulated boards share: the linker script's symbols, virtual time, an end. */
#ifndef EMULATED_H
#define EMULATED_H

#include <stdint.h>

/* The boards are run with `-icount shift=7`: an instruction takes 2^7 ns of virtual time. */
#define EMULATED_INSTRUCTION_NS 128

extern uint8_t emulated_stack_limit[];

typedef struct {
    uint32_t last;
    uint64_t ticks;
} emulated_clock;

/* Milliseconds of a counter of 32 bits that is looked at more often than it wraps. */
static inline uint32_t emulated_milliseconds(emulated_clock *clock, uint32_t counter, uint32_t hz)
{
    clock->ticks += counter - clock->last;
    clock->last = counter;
    return (uint32_t)(clock->ticks / (hz / 1000u));
}

/* Ends the emulator, with this status, by semihosting. */
void emulated_exit(int status);

#endif
