/*
 * Frames on a serial line: consistent overhead byte stuffing (Cheshire and Baker, 1999) between zero bytes, with a
 * CRC-32 (the reflected polynomial 0xedb88320 of IEEE 802.3) over everything before it. docs/protocol.md has the format.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A frame of at most 253 bytes has no run too long for one byte of overhead, which is then 254 at most. */
#define FRAME_MAX 253
#define FRAME_CRC_BYTES 4
#define FRAME_ENCODED_MAX (FRAME_MAX + 1)

/* CRC-32 of `count` bytes, continued from that of earlier ones; 0 at first. */
uint32_t frame_crc32(uint32_t crc, const void *bytes, size_t count);

/* Appends the CRC to `count` bytes of `frame` (room for FRAME_MAX) and stuffs them into `encoded` (room for
 * FRAME_ENCODED_MAX + 2) between two zero bytes. Returns how many bytes that are. */
size_t frame_encode(uint8_t *frame, size_t count, uint8_t *encoded);

typedef enum {
    FRAME_NONE,    /* none has ended with this byte */
    FRAME_READY,   /* receiver->bytes holds `count` bytes, without the CRC */
    FRAME_DAMAGED, /* one has ended that is too short, too long, wrongly stuffed, or whose CRC differs */
} frame_event;

typedef struct {
    uint8_t bytes[FRAME_MAX];
    size_t count;
    uint16_t fill;  /* bytes so far, FRAME_MAX + 1 where they were too many */
    uint8_t left;   /* bytes until the next overhead byte */
    uint8_t zeros;  /* whether that one stands for a zero */
    uint8_t broken; /* stuffing that cannot be */
} frame_receiver;

/* Takes the next received byte. */
frame_event frame_receive(frame_receiver *receiver, uint8_t byte);

#ifdef __cplusplus
}
#endif

#endif
