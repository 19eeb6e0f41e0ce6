/* What comes out of a run, whole or row by row: a checksum, the best class, and whether it is what it must be. */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

/* Before a run. expected: all values that must come out, or NULL. */
void outputs_start(const int8_t *expected);

/* Values that came out. start: of the first among all values of all outputs. */
void outputs_take(const int8_t *values, uint32_t start, uint32_t size);

/* CRC-32 of the values in the order in which they came. */
uint32_t outputs_crc(void);

/* The class with the highest score. */
int outputs_best(void);

/* Whether all values came and are those that were expected. */
bool outputs_are_expected(void);

#endif
