/* Feeds a trace to memory_model.h: words FILL WAIT PREFETCH UNIFIED, two caches, then lines KIND ADDRESS. */
#include <inttypes.h>
#include <stdio.h>

#include "memory_model.h"

int main(void)
{
    static struct memory m;
    unsigned i[4], d[4];
    uint64_t address;
    char kind;
    if (scanf("%u %u %u %u %u %u %u %u %u %u %u %u %u %u %u", &m.fill_cycles, &m.wait_states, &m.ram_fill_cycles,
              &m.prefetch, &m.unified, &m.code_in_ram, &m.constants_in_ram, &i[0], &i[1], &i[2], &i[3], &d[0], &d[1],
              &d[2], &d[3]) != 15)
        return 1;
    cache_init(&m.instructions, i[0], i[1], i[2], i[3]);
    cache_init(&m.data, d[0], d[1], d[2], d[3]);
    memory_init(&m);
    while (scanf(" %c %" SCNu64, &kind, &address) == 2) {
        unsigned stall = 0;
        if (kind == 'f') {
            stall = memory_fetch(&m, address);
            ++m.now;
        } else if (kind == 'l') {
            stall = memory_constant(&m, address);
        } else {
            stall = memory_ram(&m, address, kind == 's');
        }
        printf("%u\n", stall);
    }
    return 0;
}
