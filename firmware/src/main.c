/* Programs without a framework: bare metal and the host. Under Arduino, src/ports/arduino.cpp has setup and loop. */
#if !defined(ARDUINO) && !defined(PIO_UNIT_TESTING)

#include "application.h"
#include "port.h"

int main(void)
{
    port_start();
    application_start();
    for (;;) {
        application_poll();
    }
}

#endif
