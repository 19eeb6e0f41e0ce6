/*
 * Requests of the protocol. One request is answered before the next is read, and every request can be sent again
 * without harm, so that a host whose answer was lost on the line repeats its question.
 */
#include "application.h"

#include <string.h>

#include "answer.h"
#include "blink.h"
#include "frame.h"
#include "inference.h"
#include "measure.h"
#include "model.h"
#include "outputs.h"
#include "port.h"
#include "protocol.h"

#ifndef ENVIRONMENT_NAME
#error "ENVIRONMENT_NAME must be the name of the environment"
#endif

typedef enum { IDLE,
    RECEIVING,
    FINISHED } run_state;

static frame_receiver receiver;

static struct {
    run_state state;
    model_build build;
    uint16_t shown_layer;
    uint32_t received;
    uint32_t image_crc;
} run;

/* ---- reading requests ---- */

typedef struct {
    uint8_t type;
    uint8_t sequence;
    const uint8_t *payload;
    size_t count;
} request;

static uint32_t get(const request *r, size_t at, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)r->payload[at + i] << (8 * i);
    }
    return value;
}

static void fail(const request *r, unsigned code, int detail)
{
    answer_error(code, r->type, r->sequence, detail);
}

static void start_answer(const request *r)
{
    answer_start(RESPONSE | r->type, r->sequence);
}

/* ---- requests ---- */

static void hello(const request *r)
{
    const port_info port = port_describe();
    answer_session((uint16_t)get(r, 0, 2));
    run.state = IDLE;
    start_answer(r);
    answer_put(PROTOCOL_VERSION, 1);
    answer_put((uint8_t)port.counts, 1);
    answer_put(port.counter_hz, 4);
    answer_put(port.instruction_ns, 2);
    answer_text(ENVIRONMENT_NAME, PROTOCOL_TEXT_MAX);
    answer_send();
}

static void describe_model(const request *r)
{
    start_answer(r);
    answer_bytes(model.model_sha256, MODEL_HASH_BYTES);
    answer_bytes(model.library_sha256, MODEL_HASH_BYTES);
    answer_put(model.height, 2);
    answer_put(model.width, 2);
    answer_put(model.channels, 2);
    answer_put(model.classes, 2);
    answer_put(model.layers, 2);
    answer_put(model.test_vectors, 2);
    answer_put(model.output_bytes, 4);
    answer_put(model.context_bytes, 4);
    answer_text(model.name, PROTOCOL_NAME_MAX);
    answer_text(model.target, PROTOCOL_TEXT_MAX);
    answer_text(model.generator, PROTOCOL_TEXT_MAX);
    answer_send();
}

static void test(const request *r)
{
    const uint16_t index = (uint16_t)get(r, 0, 2);
    int error = 0;
    run.state = IDLE;
    if (index >= model.test_vectors) {
        fail(r, ERROR_ABSENT, index);
        return;
    }
    const bool equal = inference_test(index, &error);
    if (error != 0) {
        fail(r, ERROR_MODEL, error);
        return;
    }
    start_answer(r);
    answer_put(equal ? 1 : 0, 1);
    answer_put(measure_ticks(), 8);
    answer_put(measure_stack(), 4);
    answer_send();
}

static void begin(const request *r)
{
    const uint32_t build = get(r, 0, 1);
    const uint16_t shown = (uint16_t)get(r, 1, 2);
    run.state = IDLE;
    if (build > MODEL_TRACED || (build == MODEL_TRACED && model.layers == 0) ||
        (shown != PROTOCOL_NO_LAYER && (build != MODEL_TRACED || shown >= model.layers))) {
        fail(r, ERROR_ABSENT, (int)build);
        return;
    }
    const int error = model_begin((model_build)build);
    if (error != 0) {
        fail(r, ERROR_MODEL, error);
        return;
    }
    measure_reset();
    outputs_start(NULL);
    run.state = RECEIVING;
    run.build = (model_build)build;
    run.shown_layer = shown;
    run.received = 0;
    run.image_crc = 0;
    start_answer(r);
    answer_put(model.row_bytes * (uint32_t)model.height, 4);
    answer_send();
}

/* Takes bytes of the image; whole rows go to the network at once, so that there is no image in memory. */
static int take(const uint8_t *bytes, uint32_t count)
{
    while (count > 0) {
        const uint32_t at = run.received % model.row_bytes;
        const uint32_t room = model.row_bytes - at;
        const uint32_t part = count < room ? count : room;
        memcpy(model_row() + at, bytes, part);
        bytes += part;
        count -= part;
        run.received += part;
        if (run.received % model.row_bytes == 0) {
            const int error = measure(model_feed_row);
            if (error != 0) {
                return error;
            }
        }
    }
    return 0;
}

static void data(const request *r)
{
    const uint32_t offset = get(r, 0, 4);
    const uint32_t count = (uint32_t)(r->count - 4);
    const uint32_t image_bytes = model.row_bytes * (uint32_t)model.height;
    if (run.state != RECEIVING) {
        fail(r, ERROR_STATE, (int)run.state);
        return;
    }
    /* Bytes that came before and whose answer was lost are answered again. */
    const bool again = count > 0 && offset <= run.received && offset + count == run.received;
    if (!again) {
        if (offset != run.received || count > image_bytes - run.received) {
            fail(r, ERROR_OFFSET, (int)run.received);
            return;
        }
        run.image_crc = frame_crc32(run.image_crc, r->payload + 4, count);
        const int error = take(r->payload + 4, count);
        if (error != 0) {
            run.state = IDLE;
            fail(r, ERROR_MODEL, error);
            return;
        }
    }
    start_answer(r);
    answer_put(run.received, 4);
    answer_send();
}

static void result(const request *r)
{
    if (run.state == RECEIVING && run.received == model.row_bytes * (uint32_t)model.height) {
        const int error = inference_finish();
        if (error != 0) {
            run.state = IDLE;
            fail(r, ERROR_MODEL, error);
            return;
        }
        run.state = FINISHED;
        blink_show(outputs_best());
    }
    if (run.state != FINISHED) {
        fail(r, ERROR_STATE, (int)run.state);
        return;
    }
    start_answer(r);
    answer_put(measure_ticks(), 8);
    answer_put(measure_stack(), 4);
    answer_put(run.image_crc, 4);
    answer_put(outputs_crc(), 4);
    answer_send();
}

static void scores(const request *r)
{
    const uint32_t offset = get(r, 0, 4);
    if (run.state != FINISHED) {
        fail(r, ERROR_STATE, (int)run.state);
        return;
    }
    if (model.by_rows || offset >= model.output_bytes) {
        fail(r, ERROR_ABSENT, (int)offset);
        return;
    }
    const uint32_t left = model.output_bytes - offset;
    start_answer(r);
    answer_put(offset, 4);
    answer_bytes(model_scores() + offset, left < PROTOCOL_PAYLOAD_MAX - 4 ? left : PROTOCOL_PAYLOAD_MAX - 4);
    answer_send();
}

static void checksums(const request *r)
{
    const uint32_t first = get(r, 0, 2);
    if (run.state != FINISHED || run.build != MODEL_TRACED) {
        fail(r, ERROR_STATE, (int)run.state);
        return;
    }
    if (first >= model.layers) {
        fail(r, ERROR_ABSENT, (int)first);
        return;
    }
    start_answer(r);
    answer_put(first, 2);
    for (uint32_t i = first; i < model.layers && answer_room() >= 4; i++) {
        answer_put(model_checksums()[i], 4);
    }
    answer_send();
}

static void send_row(uint8_t event, uint16_t number, uint16_t y, const void *values, uint32_t size)
{
    for (uint32_t offset = 0; offset < size;) {
        const uint32_t left = size - offset;
        const uint32_t part = left < PROTOCOL_PAYLOAD_MAX - 8 ? left : PROTOCOL_PAYLOAD_MAX - 8;
        answer_start(event, 0);
        answer_put(number, 2);
        answer_put(y, 2);
        answer_put(offset, 4);
        answer_bytes((const uint8_t *)values + offset, part);
        answer_send();
        offset += part;
    }
}

void application_row(uint16_t layer, uint16_t y, const uint8_t *values, uint32_t size)
{
    if (layer == run.shown_layer && run.build == MODEL_TRACED && run.state == RECEIVING) {
        send_row(EVENT_ROW, layer, y, values, size);
    }
}

void application_output(uint16_t output, uint16_t y, const int8_t *values, uint32_t start, uint32_t size)
{
    const uint32_t paused = measure_pause();
    outputs_take(values, start, size);
    if (run.state == RECEIVING) {
        send_row(EVENT_OUTPUT, output, y, values, size);
    }
    measure_resume(paused);
}

/* ---- dispatch ---- */

#define ANY_LENGTH SIZE_MAX

static const struct {
    uint8_t type;
    size_t least; /* bytes of payload */
    size_t most;
    void (*handle)(const request *);
} handlers[] = {
    { REQUEST_HELLO, 2, 2, hello },
    { REQUEST_MODEL, 0, 0, describe_model },
    { REQUEST_TEST, 2, 2, test },
    { REQUEST_BEGIN, 3, 3, begin },
    { REQUEST_DATA, 5, ANY_LENGTH, data },
    { REQUEST_RESULT, 0, 0, result },
    { REQUEST_SCORES, 4, 4, scores },
    { REQUEST_CHECKSUMS, 2, 2, checksums },
};

static void handle_frame(void)
{
    if (receiver.count < PROTOCOL_HEADER) {
        answer_error(ERROR_DAMAGED, 0, 0, 0);
        return;
    }
    const request r = { receiver.bytes[0], receiver.bytes[1], receiver.bytes + PROTOCOL_HEADER,
        receiver.count - PROTOCOL_HEADER };
    const uint16_t named = (uint16_t)(receiver.bytes[2] | receiver.bytes[3] << 8);
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (handlers[i].type != r.type) {
            continue;
        }
        if (r.count < handlers[i].least || r.count > handlers[i].most) {
            fail(&r, ERROR_LENGTH, (int)r.count);
        } else if (r.type != REQUEST_HELLO && (answered_session() == 0 || named != answered_session())) {
            fail(&r, ERROR_SESSION, answered_session());
        } else {
            handlers[i].handle(&r);
        }
        return;
    }
    fail(&r, ERROR_UNKNOWN_REQUEST, 0);
}

void application_start(void)
{
    int error = 0;
    bool passed = true;
    measure_start();
    for (uint16_t i = 0; i < model.test_vectors && passed; i++) {
        passed = inference_test(i, &error);
    }
    blink_show(passed ? outputs_best() : BLINK_ERROR);
    answer_start(EVENT_READY, 0);
    answer_put(passed ? 1 : 0, 1);
    answer_text(ENVIRONMENT_NAME, PROTOCOL_TEXT_MAX);
    answer_send();
}

void application_poll(void)
{
    for (int byte = port_read(); byte >= 0; byte = port_read()) {
        switch (frame_receive(&receiver, (uint8_t)byte)) {
        case FRAME_READY:
            handle_frame();
            break;
        case FRAME_DAMAGED:
            answer_error(ERROR_DAMAGED, 0, 0, 0);
            break;
        case FRAME_NONE:
            break;
        }
    }
    blink_poll();
}
