/* Declarations of what src/ports/arduino.cpp uses of the Arduino API, to check it where no core is installed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HIGH 1
#define LOW 0
#define OUTPUT 1

#ifdef ARDUINO_ARCH_RP2040
#define LED_BUILTIN 25
struct RP2040 {
    static int f_cpu();
    uint32_t getCycleCount();
};
extern RP2040 rp2040;
#elif defined(CORE_TEENSY)
#define LED_BUILTIN 13
#define F_CPU_ACTUAL (F_CPU_ACTUAL_value)
extern "C" volatile uint32_t F_CPU_ACTUAL_value;
#elif !defined(ARDUINO_ARCH_ESP32)
#define LED_BUILTIN 13
extern "C" uint32_t SystemCoreClock;
#else
struct EspClass {
    uint32_t getCpuFreqMHz();
    uint32_t getCycleCount();
};
extern EspClass ESP;
#endif

struct HardwareSerial {
    void begin(unsigned long baud);
    int read();
    size_t write(const uint8_t *bytes, size_t count);
};
extern HardwareSerial Serial;

void pinMode(uint32_t pin, uint32_t mode);
void digitalWrite(uint32_t pin, uint32_t value);
unsigned long millis();
unsigned long micros();
void setup();
void loop();
