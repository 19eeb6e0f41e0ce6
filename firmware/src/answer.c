#include "answer.h"

#include <stdbool.h>
#include <string.h>

#include "frame.h"
#include "port.h"
#include "protocol.h"

static struct {
    uint8_t bytes[FRAME_MAX];
    size_t count;
    bool full; /* what was put did not fit: a fault of this program, never sent */
} answer;

static uint16_t session;

void answer_session(uint16_t number)
{
    session = number;
}

uint16_t answered_session(void)
{
    return session;
}

size_t answer_room(void)
{
    return PROTOCOL_HEADER + PROTOCOL_PAYLOAD_MAX - answer.count;
}

void answer_bytes(const void *bytes, size_t count)
{
    if (count > answer_room()) {
        answer.full = true;
        return;
    }
    memcpy(answer.bytes + answer.count, bytes, count);
    answer.count += count;
}

void answer_put(uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)(value >> (8 * i));
        answer_bytes(&byte, 1);
    }
}

void answer_text(const char *text, size_t longest)
{
    const size_t length = strlen(text);
    answer_bytes(text, length > longest ? longest : length);
    answer_put(0, 1);
}

void answer_start(unsigned type, uint8_t sequence)
{
    answer.count = 0;
    answer.full = false;
    answer_put(type, 1);
    answer_put(sequence, 1);
    answer_put(session, 2);
}

void answer_send(void)
{
    static uint8_t encoded[FRAME_ENCODED_MAX + 2];
    if (!answer.full) {
        port_write(encoded, frame_encode(answer.bytes, answer.count, encoded));
    }
}

void answer_error(unsigned code, unsigned request, uint8_t sequence, int detail)
{
    answer_start(RESPONSE_ERROR, sequence);
    answer_put(code, 1);
    answer_put(request, 1);
    answer_put((uint32_t)detail, 4);
    answer_send();
}
