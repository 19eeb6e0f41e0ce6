/* Classifies images from standard input, 32 x 32 gray pixels each: for every image its class and that class's score. */
#include <stdint.h>
#include <stdio.h>

#include "fashion.h"

static fashion_ctx ctx;
static uint8_t image[FASHION_IMAGE_BYTES];

int main(void)
{
    while (fread(image, sizeof image, 1, stdin) == 1) {
        int8_t scores[FASHION_CLASSES];
        if (fashion_invoke_u8(&ctx, image, scores) != FASHION_OK) {
            return 1;
        }
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
