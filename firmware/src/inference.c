#include "inference.h"

#include <string.h>

#include "measure.h"
#include "model.h"
#include "outputs.h"

int inference_finish(void)
{
    const int error = measure(model_result);
    if (error == 0 && !model.by_rows) {
        outputs_take(model_scores(), 0, model.output_bytes);
    }
    return error;
}

static int run_image(const int8_t *image)
{
    int error = model_begin(MODEL_SHIPPED);
    for (uint32_t y = 0; y < model.height && error == 0; y++) {
        memcpy(model_row(), image + y * model.row_bytes, model.row_bytes);
        error = measure(model_feed_row);
    }
    return error == 0 ? inference_finish() : error;
}

static int run_frame(uint16_t index)
{
    int error = model_camera_begin();
    for (uint16_t y = 0; y < model.frame_rows && error == 0; y++) {
        model_camera_make_row(index, y);
        error = measure(model_camera_feed_row);
    }
    return error == 0 ? inference_finish() : error;
}

bool inference_test(uint16_t index, int *error)
{
    measure_reset();
    outputs_start(model_test_scores(index));
    *error = index < model.test_images ? run_image(model_test_image(index)) : run_frame(index);
    return *error == 0 && outputs_are_expected();
}
