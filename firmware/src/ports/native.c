/* The host: the serial port is standard input and output, the counter a monotonic clock. */
#define _POSIX_C_SOURCE 200809L

#include "port.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS 5

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void port_start(void)
{
}

port_info port_describe(void)
{
    return (port_info){ PORT_COUNTS_TIME, 1000000000u, 0 };
}

int port_read(void)
{
    static uint8_t buffer[512];
    static ssize_t count;
    static ssize_t at;
    if (at == count) {
        struct pollfd input = { STDIN_FILENO, POLLIN, 0 };
        /* A microcontroller would spin here; the host has other things to do. */
        if (poll(&input, 1, IDLE_MS) <= 0) {
            return -1;
        }
        count = read(STDIN_FILENO, buffer, sizeof buffer);
        at = 0;
        if (count <= 0) {
            exit(0); /* whoever was at the other end has gone */
        }
    }
    return buffer[at++];
}

void port_write(const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (written < 0 && errno != EINTR) {
            exit(1);
        }
    }
}

void port_light(bool on)
{
    (void)on;
}

uint32_t port_milliseconds(void)
{
    return (uint32_t)(nanoseconds() / 1000000u);
}

uint32_t port_counter(void)
{
    return (uint32_t)nanoseconds();
}

uint8_t *port_stack_limit(void)
{
    return NULL;
}

void port_exit(int status)
{
    exit(status);
}
