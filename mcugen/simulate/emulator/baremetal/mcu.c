/* The part of the run time that is the same on every machine: start-up, console, counter arithmetic, stack depth. */
#include "mcu.h"
#include "mcu_internal.h"

#define SYS_WRITE0 0x04
#define SYS_EXIT_EXTENDED 0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

extern uint32_t mcu_data_start[], mcu_data_end[], mcu_data_load[], mcu_bss_start[], mcu_bss_end[], mcu_stack_limit[];

uint32_t mcu_counter_at_return;
uint32_t mcu_painted_from;
static uint32_t overhead;          /* instructions of an empty pair of counter calls */
static uint64_t instructions;      /* outside the counter functions, since start-up */
static uint64_t instructions_at_lap;

int main(void);

/* ---- start-up ---- */

void mcu_start(void)
{
    mcu_platform_start();          /* first: the loops below may have been made of vector instructions */
    const uint32_t *from = mcu_data_load;
    for (uint32_t *to = mcu_data_start; to < mcu_data_end; ++to, ++from)
        *to = *from;
    for (uint32_t *to = mcu_bss_start; to < mcu_bss_end; ++to)
        *to = 0;
    mcu_counter_start();
    overhead = mcu_empty_pair();
    (void)mcu_lap();
    instructions = 0;
    instructions_at_lap = 0;
    mcu_stack_paint();
    mcu_exit(main());
}

/* ---- counter ---- */

uint64_t mcu_instructions_at(uint32_t counter)
{
    instructions += mcu_counter_delta(mcu_counter_at_return, counter) - overhead;
    return instructions;
}

uint32_t mcu_lap_at(uint32_t counter)
{
    uint64_t now = mcu_instructions_at(counter);
    uint32_t lap = (uint32_t)(now - instructions_at_lap);
    instructions_at_lap = now;
    return lap;
}

/* ---- stack ---- */

uint32_t mcu_stack_high_water(void)
{
    const volatile uint32_t *word = mcu_stack_limit;
    while ((uintptr_t)word < mcu_painted_from && *word == MCU_STACK_PATTERN)
        ++word;
    return (uint32_t)(mcu_painted_from - (uintptr_t)word);
}

/* ---- console ---- */

void mcu_puts(const char *text)
{
    (void)mcu_semihost(SYS_WRITE0, text);
}

void mcu_put_u64(uint64_t value)
{
    char text[24];
    char *at = text + sizeof text;
    *--at = '\0';
    do {
        *--at = (char)('0' + (int)(value % 10u));
        value /= 10u;
    } while (value != 0u);
    mcu_puts(at);
}

void mcu_put_u32(uint32_t value)
{
    mcu_put_u64(value);
}

static void put_i64(int64_t value)
{
    if (value < 0)
        mcu_puts("-");
    mcu_put_u64(value < 0 ? 0u - (uint64_t)value : (uint64_t)value);
}

void mcu_put_i32(int32_t value)
{
    put_i64(value);
}

void mcu_put_hex(const void *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    char text[65];
    while (count != 0u) {
        size_t n = count < 32u ? count : 32u;
        for (size_t i = 0; i < n; ++i) {
            text[2 * i] = digits[from[i] >> 4];
            text[2 * i + 1] = digits[from[i] & 15];
        }
        text[2 * n] = '\0';
        mcu_puts(text);
        from += n;
        count -= n;
    }
}

void mcu_put_hex32(uint32_t value)
{
    uint8_t big_endian[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    mcu_put_hex(big_endian, sizeof big_endian);
}

void mcu_report(const char *name, int64_t value)
{
    mcu_puts(name);
    mcu_puts("=");
    put_i64(value);
    mcu_puts("\n");
}

void mcu_report_bytes(const char *name, const void *bytes, size_t count)
{
    mcu_puts(name);
    mcu_puts("=hex:");
    mcu_put_hex(bytes, count);
    mcu_puts("\n");
}

void mcu_exit(int status)
{
    const uintptr_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uintptr_t)status};
    for (;;)
        (void)mcu_semihost(SYS_EXIT_EXTENDED, block);
}

/* ---- input ---- */

const uint8_t *mcu_input(void)
{
    return (const uint8_t *)(uintptr_t)MCU_INPUT_ADDRESS;
}

size_t mcu_input_room(void)
{
    return MCU_INPUT_ROOM;
}
