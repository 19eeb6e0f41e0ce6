#include "frame.h"

#include <string.h>

uint32_t frame_crc32(uint32_t crc, const void *bytes, size_t count)
{
    const uint8_t *byte = bytes;
    crc = ~crc;
    while (count-- > 0) {
        crc ^= *byte++;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (UINT32_C(0xedb88320) & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

size_t frame_encode(uint8_t *frame, size_t count, uint8_t *encoded)
{
    const uint32_t crc = frame_crc32(0, frame, count);
    for (unsigned i = 0; i < FRAME_CRC_BYTES; i++) {
        frame[count++] = (uint8_t)(crc >> (8 * i));
    }
    size_t at = 0;
    encoded[at++] = 0;
    size_t overhead = at++;
    for (size_t i = 0; i < count; i++) {
        if (frame[i] == 0) {
            encoded[overhead] = (uint8_t)(at - overhead);
            overhead = at++;
        } else {
            encoded[at++] = frame[i];
        }
    }
    encoded[overhead] = (uint8_t)(at - overhead);
    encoded[at++] = 0;
    return at;
}

static void store(frame_receiver *receiver, uint8_t byte)
{
    if (receiver->fill < FRAME_MAX) {
        receiver->bytes[receiver->fill++] = byte;
    } else {
        receiver->fill = FRAME_MAX + 1;
    }
}

static frame_event end(frame_receiver *receiver)
{
    const uint16_t fill = receiver->fill;
    const int whole = !receiver->broken && receiver->left == 0 && fill <= FRAME_MAX && fill > FRAME_CRC_BYTES;
    const int empty = fill == 0 && receiver->left == 0 && !receiver->zeros && !receiver->broken;
    receiver->fill = 0;
    receiver->left = 0;
    receiver->zeros = 0;
    receiver->broken = 0;
    if (empty) {
        return FRAME_NONE;
    }
    if (!whole) {
        return FRAME_DAMAGED;
    }
    const size_t count = fill - (size_t)FRAME_CRC_BYTES;
    const uint32_t crc = frame_crc32(0, receiver->bytes, count);
    for (unsigned i = 0; i < FRAME_CRC_BYTES; i++) {
        if (receiver->bytes[count + i] != (uint8_t)(crc >> (8 * i))) {
            return FRAME_DAMAGED;
        }
    }
    receiver->count = count;
    return FRAME_READY;
}

frame_event frame_receive(frame_receiver *receiver, uint8_t byte)
{
    if (byte == 0) {
        return end(receiver);
    }
    if (receiver->left > 0) {
        receiver->left--;
        store(receiver, byte);
        return FRAME_NONE;
    }
    if (receiver->zeros) {
        store(receiver, 0);
    }
    /* 255 would say that no zero follows: no frame of ours is that long. */
    receiver->broken |= (uint8_t)(byte == UINT8_MAX);
    receiver->left = (uint8_t)(byte - 1);
    receiver->zeros = 1;
    return FRAME_NONE;
}
