/* What the application needs of a board: a serial port, a clock, a counter, a light. One file of src/ports each. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef PORT_BAUD
#define PORT_BAUD 115200
#endif

/* What port_counter counts. The numbers are part of the protocol. */
typedef enum {
    PORT_COUNTS_NOTHING = 0,
    PORT_COUNTS_CYCLES = 1, /* of the core */
    PORT_COUNTS_TIME = 2    /* a clock besides the core's */
} port_counter_kind;

typedef struct {
    port_counter_kind counts;
    uint32_t counter_hz;     /* of port_counter, 0 if unknown */
    uint16_t instruction_ns; /* emulators that count instructions: virtual time of one; 0 on real hardware */
} port_info;

/* Clock, serial port, counter, light; before everything else. */
void port_start(void);
port_info port_describe(void);

/* The next received byte, or -1 if there is none yet. Never waits. */
int port_read(void);
void port_write(const uint8_t *bytes, size_t count);

void port_light(bool on);
uint32_t port_milliseconds(void);

/* A free-running counter of 32 bits. */
uint32_t port_counter(void);

/* The lowest address that the stack may grow down to; NULL where it cannot be told. */
uint8_t *port_stack_limit(void);

/* End of a test program; returns where there is nothing to return to. */
void port_exit(int status);

#ifdef __cplusplus
}
#endif

#endif
