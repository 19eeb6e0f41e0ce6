/* Declarations as in the library Camera of Arduino's core over Mbed OS. */
#pragma once

#include <stdint.h>

enum { CAMERA_GRAYSCALE, CAMERA_BAYER, CAMERA_RGB565 };
enum { CAMERA_R160x120, CAMERA_R320x240, CAMERA_R320x320 };

class FrameBuffer {
public:
    FrameBuffer(int32_t x, int32_t y, int32_t bpp);
    uint8_t *getBuffer();
};

class ImageSensor {
};

class Camera {
public:
    Camera(ImageSensor &sensor);
    bool begin(int32_t resolution, int32_t pixformat, int32_t framerate);
    int grabFrame(FrameBuffer &frame, uint32_t timeout);
};
