/* What the loop of an application by `mcugen new` stands on: its camera, and a network of the name photos. */
#include "camera.h"
#include "photos.h"

static photos_ctx ctx;
static uint8_t row[CAMERA_ROW_BYTES];
static int8_t scores[PHOTOS_CLASSES];
