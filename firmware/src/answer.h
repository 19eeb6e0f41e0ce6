/* Frames that the board sends: begun, filled field by field, sent. There is one at a time. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>
#include <stdint.h>

/* The session that every frame names from now on; 0 since the board was reset. */
void answer_session(uint16_t number);
uint16_t answered_session(void);

void answer_start(unsigned type, uint8_t sequence);

/* The low bytes of a value, least significant first. */
void answer_put(uint64_t value, unsigned size);
void answer_bytes(const void *bytes, size_t count);

/* A string with its zero, cut where it is longer. */
void answer_text(const char *text, size_t longest);

/* Bytes that still fit. */
size_t answer_room(void);

void answer_send(void);

/* A whole frame that refuses a request. */
void answer_error(unsigned code, unsigned request, uint8_t sequence, int detail);

#endif
