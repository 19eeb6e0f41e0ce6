/*
 * STM32F405 without a framework, as QEMU's netduinoplus2 has it: USART1, TIM2 as a clock.
 *
 * On the part itself the same program runs from its internal oscillator, with USART1 on PA9 and PA10 (Reference manual
 * RM0090), and the cycle counter of the core counts; in QEMU that one stands still, and TIM2 counts instead.
 */
#include "emulated.h"
#include "port.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_AHB1ENR_GPIOA 1u
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_APB1ENR_TIM2 1u
#define RCC_APB2ENR REGISTER(0x40023844u)
#define RCC_APB2ENR_USART1 (1u << 4)

#define GPIOA_MODER REGISTER(0x40020000u)
#define GPIOA_AFRH REGISTER(0x40020024u)

#define USART1_SR REGISTER(0x40011000u)
#define USART1_DR REGISTER(0x40011004u)
#define USART1_BRR REGISTER(0x40011008u)
#define USART1_CR1 REGISTER(0x4001100cu)
#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CR1_ENABLE_TRANSMIT_RECEIVE ((1u << 13) | (1u << 3) | (1u << 2))

#define TIM2_CR1 REGISTER(0x40000000u)
#define TIM2_EGR REGISTER(0x40000014u)
#define TIM2_CNT REGISTER(0x40000024u)
#define TIM2_PSC REGISTER(0x40000028u)
#define TIM2_ARR REGISTER(0x4000002cu)
#define TIM2_DIVIDER 8u

#define DEMCR REGISTER(0xe000edfcu)
#define DWT_CTRL REGISTER(0xe0001000u)
#define DWT_CYCCNT REGISTER(0xe0001004u)

#define INTERNAL_OSCILLATOR_HZ 16000000u
#define EMULATED_TIMER_HZ 1000000000u

static bool emulated;

void port_start(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA;
    RCC_APB1ENR |= RCC_APB1ENR_TIM2;
    RCC_APB2ENR |= RCC_APB2ENR_USART1;
    GPIOA_MODER = (GPIOA_MODER & ~(15u << 18)) | (10u << 18); /* PA9 and PA10: alternate function */
    GPIOA_AFRH = (GPIOA_AFRH & ~(255u << 4)) | (0x77u << 4);  /* 7, USART1 */
    USART1_BRR = (INTERNAL_OSCILLATOR_HZ + PORT_BAUD / 2u) / PORT_BAUD;
    USART1_CR1 = CR1_ENABLE_TRANSMIT_RECEIVE;
    TIM2_PSC = TIM2_DIVIDER - 1u;
    TIM2_ARR = UINT32_MAX;
    TIM2_EGR = 1u;
    TIM2_CR1 = 1u;
    DEMCR |= 1u << 24;
    DWT_CTRL |= 1u;
    const uint32_t before = DWT_CYCCNT;
    __asm volatile("nop\n\tnop");
    emulated = DWT_CYCCNT == before;
}

port_info port_describe(void)
{
    return emulated ? (port_info){ PORT_COUNTS_TIME, EMULATED_TIMER_HZ / TIM2_DIVIDER, EMULATED_INSTRUCTION_NS }
                    : (port_info){ PORT_COUNTS_CYCLES, INTERNAL_OSCILLATOR_HZ, 0 };
}

uint32_t port_counter(void)
{
    return emulated ? TIM2_CNT : DWT_CYCCNT;
}

uint32_t port_milliseconds(void)
{
    static emulated_clock clock;
    return emulated_milliseconds(&clock, port_counter(), port_describe().counter_hz);
}

int port_read(void)
{
    return (USART1_SR & SR_RXNE) != 0 ? (int)(USART1_DR & 255u) : -1;
}

void port_write(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        while ((USART1_SR & SR_TXE) == 0) {
        }
        USART1_DR = bytes[i];
    }
}

void port_light(bool on)
{
    (void)on; /* the board's light hangs on the receiving pin */
}

uint8_t *port_stack_limit(void)
{
    return emulated_stack_limit;
}

void port_exit(int status)
{
    emulated_exit(status);
}
