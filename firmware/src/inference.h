/* An image's way through the network, measured: of the last row's rest, and of the images and frames that are built in. */
#ifndef INFERENCE_H
#define INFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Computes what is left after the last row; outputs that did not leave by rows are taken as a whole. 0, or what the
 * network says. */
int inference_finish(void);

/* Runs a built-in image, or a frame of the camera; false where the scores are not those that must come out. error: 0, or
 * what the network says. */
bool inference_test(uint16_t index, int *error);

#endif
