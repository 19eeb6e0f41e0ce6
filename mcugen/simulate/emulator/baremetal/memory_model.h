/*
 * For how many cycles a core stands still for want of instructions and data: a model of caches, and of flash that is
 * read a line ahead. mcugen/targets/memory says what the members mean. Nothing here knows of an emulator.
 */
#ifndef MEMORY_MODEL_H
#define MEMORY_MODEL_H

#include <stdint.h>
#include <stdlib.h>

#define NO_LINE UINT64_MAX

struct cache {
    unsigned line_shift, sets, ways, keeps_used; /* ways 0: there is no such cache */
    uint64_t *lines, *ages, clock;
};

struct memory {
    struct cache instructions, data;
    unsigned fill_cycles, wait_states, ram_fill_cycles;
    unsigned prefetch, unified, code_in_ram, constants_in_ram;
    uint64_t now, current, ahead, ahead_at; /* cycles; the line that runs; the line that is read ahead, and until when */
};

static void cache_init(struct cache *c, unsigned size, unsigned line, unsigned ways, unsigned keeps_used)
{
    c->ways = size == 0 ? 0 : ways;
    if (c->ways == 0)
        return;
    for (c->line_shift = 0; (1u << c->line_shift) < line; ++c->line_shift)
        continue;
    c->sets = size / (line * ways);
    c->keeps_used = keeps_used;
    c->clock = 0;
    c->lines = malloc(c->sets * ways * sizeof *c->lines);
    c->ages = calloc(c->sets * ways, sizeof *c->ages);
    if (c->lines == NULL || c->ages == NULL)
        abort();
    for (unsigned i = 0; i < c->sets * ways; ++i)
        c->lines[i] = NO_LINE;
}

/* Whether the line of the address was there; it is afterwards. */
static int cache_access(struct cache *c, uint64_t address)
{
    const uint64_t line = address >> c->line_shift;
    const unsigned first = (unsigned)(line & (c->sets - 1)) * c->ways;
    unsigned oldest = first;
    ++c->clock;
    for (unsigned i = first; i < first + c->ways; ++i) {
        if (c->lines[i] == line) {
            if (c->keeps_used)
                c->ages[i] = c->clock;
            return 1;
        }
        if (c->ages[i] < c->ages[oldest])
            oldest = i;
    }
    c->lines[oldest] = line;
    c->ages[oldest] = c->clock;
    return 0;
}

static void memory_init(struct memory *m)
{
    m->now = m->ahead_at = 0;
    m->current = m->ahead = NO_LINE;
}

/* Stall cycles until the instruction at the address has been read. */
static unsigned memory_fetch(struct memory *m, uint64_t address)
{
    uint64_t line;
    unsigned stall = 0;
    if (m->code_in_ram || m->instructions.ways == 0)
        return 0;
    line = address >> m->instructions.line_shift;
    if (line == m->current)
        return 0;
    m->current = line;
    if (!cache_access(&m->instructions, address)) {
        stall = m->fill_cycles;
        if (m->prefetch && line == m->ahead)
            stall = m->ahead_at > m->now ? (unsigned)(m->ahead_at - m->now) : 0;
    }
    m->now += stall;
    if (m->prefetch && m->ahead != line + 1) {
        m->ahead = line + 1;
        m->ahead_at = m->now + m->fill_cycles;
    }
    return stall;
}

/* Stall cycles of a load from flash. */
static unsigned memory_constant(struct memory *m, uint64_t address)
{
    struct cache *c = m->unified ? &m->instructions : &m->data;
    unsigned stall;
    if (m->constants_in_ram)
        return 0;
    stall = c->ways == 0 ? m->wait_states : cache_access(c, address) ? 0 : m->fill_cycles;
    m->now += stall;
    return stall;
}

/* Stall cycles of a load or a store in RAM; a store waits for nothing, but brings its line. */
static unsigned memory_ram(struct memory *m, uint64_t address, int is_store)
{
    if (m->ram_fill_cycles == 0 || m->data.ways == 0 || cache_access(&m->data, address) || is_store)
        return 0;
    m->now += m->ram_fill_cycles;
    return m->ram_fill_cycles;
}

#endif
