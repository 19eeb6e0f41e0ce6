/* What a call of the network costs: ticks of the board's counter, and the depth of the stack. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

/* Finds out what measuring itself costs; once. */
void measure_start(void);

/* Forgets what was measured. */
void measure_reset(void);

/* Calls the function, adds its ticks to the sum, and raises the high-water mark of the stack. Returns its result. */
int measure(int (*function)(void));

/* What is between the two, within a call that is measured, is not counted. */
uint32_t measure_pause(void);
void measure_resume(uint32_t paused);

uint64_t measure_ticks(void);

/* Bytes below the caller of `measure` that were written; 0 where the port does not know its stack. Interrupts that use
 * the same stack are in it. */
uint32_t measure_stack(void);

#endif
