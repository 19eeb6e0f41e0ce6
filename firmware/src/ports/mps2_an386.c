/* Arm's MPS2 board with the Cortex-M4 of application note AN386, as QEMU has it: UART 0, timer 0, light 0. */
#include "emulated.h"
#include "port.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CTRL REGISTER(0x40004008u)
#define UART_BAUDDIV REGISTER(0x40004010u)
#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CTRL_TRANSMIT_RECEIVE 3u

#define TIMER_CTRL REGISTER(0x40000000u)
#define TIMER_VALUE REGISTER(0x40000004u)
#define TIMER_RELOAD REGISTER(0x40000008u)

#define FPGAIO_LED0 REGISTER(0x40028000u)

#define CLOCK_HZ 25000000u

void port_start(void)
{
    UART_BAUDDIV = CLOCK_HZ / PORT_BAUD;
    UART_CTRL = CTRL_TRANSMIT_RECEIVE;
    TIMER_RELOAD = UINT32_MAX;
    TIMER_VALUE = UINT32_MAX;
    TIMER_CTRL = 1u;
}

port_info port_describe(void)
{
    return (port_info){ PORT_COUNTS_TIME, CLOCK_HZ, EMULATED_INSTRUCTION_NS };
}

uint32_t port_counter(void)
{
    return ~TIMER_VALUE; /* counts down */
}

uint32_t port_milliseconds(void)
{
    static emulated_clock clock;
    return emulated_milliseconds(&clock, port_counter(), CLOCK_HZ);
}

int port_read(void)
{
    return (UART_STATE & STATE_RX_FULL) != 0 ? (int)(UART_DATA & 255u) : -1;
}

void port_write(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        while ((UART_STATE & STATE_TX_FULL) != 0) {
        }
        UART_DATA = bytes[i];
    }
}

void port_light(bool on)
{
    FPGAIO_LED0 = on ? 1u : 0u;
}

uint8_t *port_stack_limit(void)
{
    return emulated_stack_limit;
}

void port_exit(int status)
{
    emulated_exit(status);
}
