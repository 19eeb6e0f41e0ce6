/* The network on the board: its test vectors, bit for bit, by both builds, and its errors. */
#include "../check.h"
#include "measure.h"
#include "model.h"
#include "outputs.h"

static bool vectors_agree(model_build build)
{
    for (uint16_t i = 0; i < model.test_images; i++) {
        outputs_start(model_test_scores(i));
        if (model_begin(build) != 0) {
            return false;
        }
        for (uint32_t y = 0; y < model.height; y++) {
            memcpy(model_row(), model_test_image(i) + y * model.row_bytes, model.row_bytes);
            if (measure(model_feed_row) != 0) {
                return false;
            }
        }
        if (measure(model_result) != 0) {
            return false;
        }
        if (!model.by_rows) {
            outputs_take(model_scores(), 0, model.output_bytes);
        }
        if (!outputs_are_expected()) {
            return false;
        }
    }
    return true;
}

static void test_vectors_are_exact(void)
{
    CHECK(model.test_vectors > 0);
    CHECK(vectors_agree(MODEL_SHIPPED));
}

static void traced_build_is_exact(void)
{
    CHECK(model.layers > 0);
    CHECK(vectors_agree(MODEL_TRACED));
    CHECK(model_checksums()[0] != 0);
}

static void frames_of_the_camera_are_exact(void)
{
    for (uint16_t i = model.test_images; i < model.test_vectors; i++) {
        outputs_start(model_test_scores(i));
        CHECK(model_camera_begin() == 0);
        for (uint16_t y = 0; y < model.frame_rows; y++) {
            model_camera_make_row(i, y);
            CHECK(measure(model_camera_feed_row) == 0);
        }
        CHECK(measure(model_result) == 0);
        if (!model.by_rows) {
            outputs_take(model_scores(), 0, model.output_bytes);
        }
        CHECK(outputs_are_expected());
    }
}

static void cost_is_measured(void)
{
    measure_start();
    CHECK(vectors_agree(MODEL_SHIPPED));
    CHECK(measure_ticks() > 0);
    CHECK(port_stack_limit() == NULL || (measure_stack() > 64 && measure_stack() < 4096));
}

static void a_row_missing_is_an_error(void)
{
    CHECK(model_begin(MODEL_SHIPPED) == 0);
    CHECK(model_result() != 0);
}

static void run_all(void)
{
    RUN(test_vectors_are_exact);
    RUN(traced_build_is_exact);
    RUN(frames_of_the_camera_are_exact);
    RUN(cost_is_measured);
    RUN(a_row_missing_is_an_error);
}

CHECK_MAIN(run_all)
