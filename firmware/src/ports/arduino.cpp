/* Boards under the Arduino framework: STM32 (its core by STMicroelectronics) and ESP32. Both set up clock and pins. */
#include <Arduino.h>

#include "application.h"
#include "port.h"

#ifdef ARDUINO_ARCH_ESP32
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#else
#include <unistd.h>
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

extern "C" {

void port_start(void)
{
    Serial.begin(PORT_BAUD);
#ifdef PORT_LIGHT
    pinMode(PORT_LIGHT, OUTPUT);
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
#if defined(HAS_DWT)
    return port_info{ PORT_COUNTS_CYCLES, static_cast<uint32_t>(SystemCoreClock), 0 };
#elif defined(ARDUINO_ARCH_ESP32)
    return port_info{ PORT_COUNTS_CYCLES, static_cast<uint32_t>(ESP.getCpuFreqMHz()) * 1000000u, 0 };
#else
    return port_info{ PORT_COUNTS_TIME, 1000000u, 0 };
#endif
}

uint32_t port_counter(void)
{
#if defined(HAS_DWT)
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
#else
    /* The stack grows down towards the heap. */
    return static_cast<uint8_t *>(sbrk(0));
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
