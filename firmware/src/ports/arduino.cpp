/* Boards under the Arduino framework, whose cores set up clock and pins: STM32 (its core by STMicroelectronics), ESP32,
 * RP2040 and RP2350 (by Earle Philhower), nRF52 (by Adafruit and Seeed), Arduino's own on Mbed OS, Teensy 4, CH32V. */
#include <Arduino.h>

#include "application.h"
#include "port.h"

#ifdef ARDUINO_ARCH_ESP32
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#elif defined(__MBED__) || defined(ARDUINO_ARCH_MBED) || defined(ARDUINO_NRF52_ADAFRUIT)
#define STACK_IS_A_TASKS 1 /* of an operating system that does not tell where it ends */
#ifdef ARDUINO_NRF52_ADAFRUIT
#include <Adafruit_TinyUSB.h> /* where Serial is */
#endif
#elif defined(ARDUINO_ARCH_RP2040)
extern "C" uint8_t __StackBottom[]; /* of the linker script: a bank of its own, away from the heap */
#define STACK_LIMIT __StackBottom
#elif defined(CORE_TEENSY)
extern unsigned long _ebss; /* of the linker script: stack and data share DTCM, the heap lies elsewhere */
#define STACK_LIMIT reinterpret_cast<uint8_t *>(&_ebss)
#else
#include <unistd.h>
#define STACK_LIMIT static_cast<uint8_t *>(sbrk(0)) /* the stack grows down towards the heap */
#endif

#if !defined(PORT_LIGHT) && defined(LED_BUILTIN)
#define PORT_LIGHT LED_BUILTIN
#endif
#ifndef PORT_LIGHT_ON
#define PORT_LIGHT_ON HIGH
#endif

#if defined(__ARM_ARCH) && __ARM_ARCH >= 7 /* not Armv6-M, which has none */
#define HAS_DWT 1
/* Debug and trace, by addresses: the same on Armv7-M and Armv8-M mainline (Architecture Reference Manual, C1.6, C1.8). */
#define DEMCR (*(volatile uint32_t *)0xe000edfcu)
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL (*(volatile uint32_t *)0xe0001000u)
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_CYCCNT (*(volatile uint32_t *)0xe0001004u)
#define DWT_LAR (*(volatile uint32_t *)0xe0001fb0u)
#define DWT_UNLOCK 0xc5acce55u
#endif

#ifdef NRF52840_XXAA
/* Cache of instructions (nRF52840 Product Specification, NVMC), by addresses: the names are the vendor's headers'. */
#undef NVMC_ICACHECNF
#define NVMC_ICACHECNF (*(volatile uint32_t *)0x4001e540u)
#define NVMC_ICACHECNF_CACHEEN 1u
#endif

extern "C" {

void port_start(void)
{
    Serial.begin(PORT_BAUD);
#ifdef PORT_LIGHT
    pinMode(PORT_LIGHT, OUTPUT);
#endif
#ifdef NRF52840_XXAA
    NVMC_ICACHECNF = NVMC_ICACHECNF_CACHEEN; /* off after reset, and no core turns it on */
#endif
#ifdef HAS_DWT
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = DWT_UNLOCK; /* Cortex-M7 has its registers locked after reset; elsewhere this writes to nothing */
    DWT_CYCCNT = 0;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
#endif
}

port_info port_describe(void)
{
#if defined(ARDUINO_ARCH_RP2040)
    return port_info{ PORT_COUNTS_CYCLES, static_cast<uint32_t>(rp2040.f_cpu()), 0 };
#elif defined(CORE_TEENSY)
    return port_info{ PORT_COUNTS_CYCLES, static_cast<uint32_t>(F_CPU_ACTUAL), 0 };
#elif defined(HAS_DWT)
    return port_info{ PORT_COUNTS_CYCLES, static_cast<uint32_t>(SystemCoreClock), 0 };
#elif defined(ARDUINO_ARCH_ESP32)
    return port_info{ PORT_COUNTS_CYCLES, static_cast<uint32_t>(ESP.getCpuFreqMHz()) * 1000000u, 0 };
#else
    return port_info{ PORT_COUNTS_TIME, 1000000u, 0 };
#endif
}

uint32_t port_counter(void)
{
#if defined(ARDUINO_ARCH_RP2040)
    return rp2040.getCycleCount(); /* of SysTick on the Cortex-M0+, which has no counter of cycles */
#elif defined(HAS_DWT)
    return DWT_CYCCNT;
#elif defined(ARDUINO_ARCH_ESP32)
    return ESP.getCycleCount();
#else
    return micros();
#endif
}

int port_read(void)
{
    return Serial.read();
}

void port_write(const uint8_t *bytes, size_t count)
{
    Serial.write(bytes, count);
}

void port_light(bool on)
{
#ifdef PORT_LIGHT
    digitalWrite(PORT_LIGHT, on == (PORT_LIGHT_ON == HIGH) ? HIGH : LOW);
#else
    (void)on;
#endif
}

uint32_t port_milliseconds(void)
{
    return millis();
}

uint8_t *port_stack_limit(void)
{
#ifdef ARDUINO_ARCH_ESP32
    return pxTaskGetStackStart(nullptr);
#elif defined(STACK_IS_A_TASKS)
    return nullptr;
#else
    return STACK_LIMIT;
#endif
}

void port_exit(int status)
{
    (void)status;
}

} /* extern "C" */

#ifndef PIO_UNIT_TESTING

void setup()
{
    port_start();
    application_start();
}

void loop()
{
    application_poll();
}

#endif
