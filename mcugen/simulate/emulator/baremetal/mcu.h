/*
 * What a bare-metal test program has in the emulator: a console, an exit code, an exact instruction counter, the bytes that
 * the host loaded, and the depth of the stack.
 *
 * A program is `int main(void)`; its return value is the exit status. Start-up has copied .data, cleared .bss, painted the
 * stack and started the counter before main runs. A fault or trap prints "FAULT pc=... cause=..." and ends with status 127.
 */
#ifndef MCU_H
#define MCU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Instructions executed since start-up, not counting those spent in this function or in calling it. The clock stands still
 * inside the call, so the difference of two calls is exactly what ran between them:
 *
 *     uint64_t t0 = mcu_instructions();
 *     work();
 *     uint64_t n = mcu_instructions() - t0;
 *
 * The compiler's own instructions between the two calls (such as keeping t0 in a register) count; mcu_lap() has none.
 * Two calls may be at most 1.3e9 instructions apart (Cortex-M: the timer has 32 bits).
 */
uint64_t mcu_instructions(void);

/* Instructions since the previous call of mcu_lap() returned. Nothing has to be kept in between, so that
 * `mcu_lap(); asm("nop"); n = mcu_lap();` gives 1. The first call gives the instructions since start-up. */
uint32_t mcu_lap(void);

/* Console. Nothing here adds a line end of its own, but for the mcu_report functions. */
void mcu_puts(const char *text);
void mcu_put_u32(uint32_t value);
void mcu_put_i32(int32_t value);
void mcu_put_u64(uint64_t value);
void mcu_put_hex32(uint32_t value);                  /* eight digits */
void mcu_put_hex(const void *bytes, size_t count);   /* two digits a byte, in memory order */

/* One line that the host parses: "NAME=123" (RunResult.values) or "NAME=hex:00ff" (RunResult.blobs). */
void mcu_report(const char *name, int64_t value);
void mcu_report_bytes(const char *name, const void *bytes, size_t count);

void mcu_exit(int status) __attribute__((noreturn));

/* The bytes that the host loaded (the `inputs` of run()), and the room there is for them. How many there are is for the
 * program to know, or to read from its own header. */
const uint8_t *mcu_input(void);
size_t mcu_input_room(void);

/* Fills the stack below the caller's frame with a pattern; then the greatest depth below that frame that was written
 * since. Start-up paints once, so that without a call of mcu_stack_paint() the depth is that of main and all it calls. */
void mcu_stack_paint(void);
uint32_t mcu_stack_high_water(void);

#ifdef __cplusplus
}
#endif

#endif /* MCU_H */
