#include "blink.h"

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

#define FLICKER_MS 60u
#define BLINK_MS 200u
#define PAUSE_MS 1000u

static int shown;
static uint32_t phases_left; /* half blinks, on and off in turn */
static uint32_t since;
static bool lit;

void blink_show(int class_number)
{
    shown = class_number;
    phases_left = 0;
    since = port_milliseconds();
    lit = false;
    port_light(false);
}

void blink_poll(void)
{
    const uint32_t wait = shown == BLINK_ERROR ? FLICKER_MS : phases_left == 0 ? PAUSE_MS
                                                                               : BLINK_MS;
    if (port_milliseconds() - since < wait) {
        return;
    }
    since = port_milliseconds();
    if (shown != BLINK_ERROR) {
        phases_left = phases_left == 0 ? 2u * (uint32_t)(shown + 1) : phases_left;
        phases_left--;
    }
    lit = !lit;
    port_light(lit);
}
