#include "outputs.h"

#include <stddef.h>
#include <string.h>

#include "frame.h"
#include "model.h"

static struct {
    const int8_t *expected;
    uint32_t taken;
    uint32_t crc;
    int best;
    int8_t highest;
    bool differs;
} outputs;

void outputs_start(const int8_t *expected)
{
    outputs.expected = expected;
    outputs.taken = 0;
    outputs.crc = 0;
    outputs.best = 0;
    outputs.highest = INT8_MIN;
    outputs.differs = false;
}

void outputs_take(const int8_t *values, uint32_t start, uint32_t size)
{
    outputs.taken += size;
    outputs.crc = frame_crc32(outputs.crc, values, size);
    for (uint32_t i = 0; i < size && start + i < model.classes; i++) {
        if (values[i] > outputs.highest) {
            outputs.highest = values[i];
            outputs.best = (int)(start + i);
        }
    }
    if (outputs.expected != NULL && memcmp(outputs.expected + start, values, size) != 0) {
        outputs.differs = true;
    }
}

uint32_t outputs_crc(void)
{
    return outputs.crc;
}

int outputs_best(void)
{
    return outputs.best;
}

bool outputs_are_expected(void)
{
    return outputs.expected != NULL && !outputs.differs && outputs.taken == model.output_bytes;
}
