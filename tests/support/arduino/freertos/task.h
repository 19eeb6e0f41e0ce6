#pragma once
#include <stdint.h>
extern "C" uint8_t *pxTaskGetStackStart(void *task);
