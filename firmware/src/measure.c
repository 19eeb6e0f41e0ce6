#include "measure.h"

#include <stdbool.h>
#include <stddef.h>

#include "port.h"

#define PATTERN 0xa5u
#define WINDOW 8192u /* how much of a large stack is painted, so that painting takes no longer than the network */
#define MARGIN 128u  /* below the painting function's own frame: what it and an interrupt use meanwhile */

static uint64_t ticks;
static uint32_t overhead;
static uint32_t deepest;
static uint32_t outside;

#ifdef __GNUC__
#define NOT_INLINED __attribute__((noinline))
#else
#define NOT_INLINED
#endif

/* An address near the stack pointer. Comparing addresses of different objects is beyond the C standard: as integers. */
static NOT_INLINED uintptr_t stack_now(void)
{
    volatile uint8_t here = 0;
    return (uintptr_t)&here;
}

static NOT_INLINED uintptr_t paint(void)
{
    const uintptr_t limit = (uintptr_t)port_stack_limit();
    const uintptr_t top = stack_now() - MARGIN;
    if (limit == 0 || top <= limit) {
        return 0;
    }
    const uintptr_t from = top - limit > WINDOW ? top - WINDOW : limit;
    for (uintptr_t at = from; at < top; at++) {
        *(volatile uint8_t *)at = PATTERN;
    }
    return from;
}

static NOT_INLINED void look(uintptr_t from, uintptr_t base)
{
    if (from == 0) {
        return;
    }
    uintptr_t at = from;
    while (at < base && *(const volatile uint8_t *)at == PATTERN) {
        at++;
    }
    /* Nothing below the painting function's own frame was touched: the call was at most that deep. */
    const uint32_t depth = (uint32_t)(base - at);
    deepest = depth > deepest ? depth : deepest;
}

static NOT_INLINED int nothing(void)
{
    return 0;
}

void measure_start(void)
{
    overhead = 0;
    measure_reset();
    (void)measure(nothing);
    overhead = (uint32_t)ticks;
    measure_reset();
}

void measure_reset(void)
{
    ticks = 0;
    deepest = 0;
}

NOT_INLINED int measure(int (*function)(void))
{
    const uintptr_t base = stack_now();
    const uintptr_t from = paint();
    outside = 0;
    const uint32_t start = port_counter();
    const int result = function();
    const uint32_t taken = port_counter() - start - outside;
    look(from, base);
    ticks += taken > overhead ? taken - overhead : 0;
    return result;
}

uint32_t measure_pause(void)
{
    return port_counter();
}

void measure_resume(uint32_t paused)
{
    outside += port_counter() - paused;
}

uint64_t measure_ticks(void)
{
    return ticks;
}

uint32_t measure_stack(void)
{
    return deepest;
}
