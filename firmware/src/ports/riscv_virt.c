/* QEMU's RISC-V machine `virt`: a 16550 UART; instructions are counted by the core. */
#include "emulated.h"
#include "port.h"

#define UART_DATA (*(volatile uint8_t *)0x10000000u)
#define UART_LINE_STATUS (*(volatile uint8_t *)0x10000005u)
#define LINE_DATA_READY 1u
#define LINE_TRANSMITTER_EMPTY 32u

#define VIRTUAL_HZ 1000000000u

void port_start(void)
{
}

port_info port_describe(void)
{
    return (port_info){ PORT_COUNTS_TIME, VIRTUAL_HZ, EMULATED_INSTRUCTION_NS };
}

/* Where QEMU counts instructions this is its virtual time in nanoseconds. */
uint32_t port_counter(void)
{
    uint32_t low;
    __asm volatile(".option push\n\t.option arch, +zicsr\n\tcsrr %0, minstret\n\t.option pop"
                   : "=r"(low));
    return low;
}

uint32_t port_milliseconds(void)
{
    static emulated_clock clock;
    return emulated_milliseconds(&clock, port_counter(), VIRTUAL_HZ);
}

int port_read(void)
{
    return (UART_LINE_STATUS & LINE_DATA_READY) != 0 ? UART_DATA : -1;
}

void port_write(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        while ((UART_LINE_STATUS & LINE_TRANSMITTER_EMPTY) == 0) {
        }
        UART_DATA = bytes[i];
    }
}

void port_light(bool on)
{
    (void)on;
}

uint8_t *port_stack_limit(void)
{
    return emulated_stack_limit;
}

void port_exit(int status)
{
    emulated_exit(status);
}
