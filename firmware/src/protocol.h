/* Numbers of the protocol, version 1; docs/protocol.md of mcugen says what they mean. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#define PROTOCOL_VERSION 1

/* A frame is type, sequence, session (2), payload. Integers are little-endian. */
#define PROTOCOL_HEADER 4
#define PROTOCOL_PAYLOAD_MAX 244

/* Of the library's name, and of other texts, without their zeros. */
#define PROTOCOL_NAME_MAX 63
#define PROTOCOL_TEXT_MAX 40

#define PROTOCOL_NO_LAYER 0xffffu

enum {
    REQUEST_HELLO = 1,
    REQUEST_MODEL = 2,
    REQUEST_TEST = 3,
    REQUEST_BEGIN = 4,
    REQUEST_DATA = 5,
    REQUEST_RESULT = 6,
    REQUEST_SCORES = 7,
    REQUEST_CHECKSUMS = 8,
    EVENT_OUTPUT = 0x7d,
    EVENT_ROW = 0x7e,
    EVENT_READY = 0x7f,
    RESPONSE = 0x80, /* with the request's number */
    RESPONSE_ERROR = 0xff
};

enum {
    ERROR_UNKNOWN_REQUEST = 1,
    ERROR_LENGTH = 2,  /* of the payload */
    ERROR_SESSION = 3, /* none, or another one: the board was reset */
    ERROR_STATE = 4,   /* no image begun, rows missing, no result */
    ERROR_OFFSET = 5,  /* bytes that do not follow those before them */
    ERROR_MODEL = 6,   /* the library's own error code follows */
    ERROR_ABSENT = 7,  /* no traced build, no such layer, vector or range */
    ERROR_DAMAGED = 8  /* a frame came damaged: send it again */
};

#endif
