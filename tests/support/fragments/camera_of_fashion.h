/* What a loop over the rows of a camera stands on: a network of the name fashion. */
#include "fashion.h"

void camera_read_row(uint8_t *row);

static uint8_t row[FASHION_ROW_BYTES];
static int8_t scores[FASHION_CLASSES];
