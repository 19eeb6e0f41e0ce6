/* The same row by row, as a camera sends them: there is no frame buffer, one row is all that is ever held. */
#include <stdint.h>
#include <stdio.h>

#include "fashion.h"

static fashion_ctx ctx;
static uint8_t row[FASHION_ROW_BYTES];

/* Reads one image and runs every layer as far as its rows reach. 0 if there is no more image. */
static int read_image(int8_t *scores)
{
    fashion_begin(&ctx);
    for (int y = 0; y < FASHION_HEIGHT; y++) {
        if (fread(row, sizeof row, 1, stdin) != 1 || fashion_feed_row_u8(&ctx, row) != FASHION_OK) {
            return 0;
        }
    }
    return fashion_result(&ctx, scores) == FASHION_OK;
}

int main(void)
{
    int8_t scores[FASHION_CLASSES];
    while (read_image(scores)) {
        int best = 0;
        for (int i = 1; i < FASHION_CLASSES; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        printf("%s %.2f\n", fashion_labels[best], (double)fashion_dequantize(scores[best]));
    }
    return 0;
}
