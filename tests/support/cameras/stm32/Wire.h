/* Declarations as in the Arduino core for STM32. */
#pragma once

#include <stdint.h>

class TwoWire {
public:
    void setSDA(uint32_t pin);
    void setSCL(uint32_t pin);
    void begin();
    void beginTransmission(uint8_t address);
    void write(uint8_t byte);
    uint8_t endTransmission();
};

extern TwoWire Wire;
