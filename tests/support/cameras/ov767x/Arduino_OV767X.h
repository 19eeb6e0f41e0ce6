/* Declarations as in Arduino_OV767X. */
#pragma once

enum { YUV422, RGB444, RGB565, GRAYSCALE = 4 };
enum { OV7670, OV7675 };
enum { VGA, CIF, QVGA, QCIF, QQVGA };

class OV767X {
public:
    int begin(int resolution, int format, int fps, int camera_name = OV7670);
    void readFrame(void *buffer);
};

extern OV767X Camera;
