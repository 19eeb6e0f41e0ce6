/* Frames: known CRCs, every length, every damage of one byte. */
#include "../check.h"
#include "frame.h"

static uint8_t frame[FRAME_MAX];
static uint8_t encoded[FRAME_ENCODED_MAX + 2];
static frame_receiver receiver;

static void crc_of_known_text(void)
{
    CHECK(frame_crc32(0, "", 0) == 0u);
    CHECK(frame_crc32(0, "123456789", 9) == 0xcbf43926u);
    CHECK(frame_crc32(frame_crc32(0, "1234", 4), "56789", 5) == 0xcbf43926u);
}

/* The last event of the bytes, or the first that is not FRAME_NONE. */
static frame_event receive(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const frame_event event = frame_receive(&receiver, encoded[i]);
        if (event != FRAME_NONE) {
            return event;
        }
    }
    return FRAME_NONE;
}

static uint8_t content(size_t i, unsigned kind)
{
    return (uint8_t)(kind == 0 ? 0u : kind == 1 ? 1u + i % 255u
                                                : i * 31u + (i >> 3));
}

static void every_length_arrives(void)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        for (size_t length = 1; length + FRAME_CRC_BYTES <= FRAME_MAX; length++) {
            for (size_t i = 0; i < length; i++) {
                frame[i] = content(i, kind);
            }
            const size_t count = frame_encode(frame, length, encoded);
            CHECK(count <= sizeof encoded);
            CHECK(memchr(encoded + 1, 0, count - 2) == NULL);
            CHECK(receive(count) == FRAME_READY);
            CHECK(receiver.count == length);
            for (size_t i = 0; i < length; i++) {
                CHECK(receiver.bytes[i] == content(i, kind));
            }
        }
    }
}

static void no_damaged_byte_goes_unnoticed(void)
{
    static const uint8_t request[] = { 1, 2, 0, 0, 3, 0, 255 };
    for (size_t at = 1; at + 1 < sizeof request + FRAME_CRC_BYTES + 2; at++) {
        for (unsigned change = 1; change < 256; change++) {
            memcpy(frame, request, sizeof request);
            const size_t count = frame_encode(frame, sizeof request, encoded);
            encoded[at] = (uint8_t)(encoded[at] ^ change);
            CHECK(receive(count) != FRAME_READY);
            (void)frame_receive(&receiver, 0); /* where the damage made a zero of the last byte */
        }
    }
}

static void receiver_recovers_after_noise(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        (void)frame_receive(&receiver, (uint8_t)(i * 7u + 1u));
    }
    static const uint8_t request[] = { 9, 0, 7 };
    memcpy(frame, request, sizeof request);
    const size_t count = frame_encode(frame, sizeof request, encoded);
    (void)frame_receive(&receiver, encoded[0]);
    frame_event event = FRAME_NONE;
    for (size_t i = 1; i < count; i++) {
        event = frame_receive(&receiver, encoded[i]);
    }
    CHECK(event == FRAME_READY);
    CHECK(receiver.count == sizeof request && memcmp(receiver.bytes, request, sizeof request) == 0);
}

static void run_all(void)
{
    RUN(crc_of_known_text);
    RUN(every_length_arrives);
    RUN(no_damaged_byte_goes_unnoticed);
    RUN(receiver_recovers_after_noise);
}

CHECK_MAIN(run_all)
