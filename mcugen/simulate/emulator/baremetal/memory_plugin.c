/*
 * A QEMU TCG plugin that feeds a program's fetches, loads and stores to models of memory systems (memory_model.h).
 *
 * Arguments: out=FILE, map=FILE, marker=ADDRESS (hexadecimal). The map has a line for each thing, addresses hexadecimal:
 *     range START END KIND       what lies there: c code, w weights, t other constants, r RAM
 *     function START END STAGE   its blocks belong to the stage; -1 to none; -2 to the stage that runs
 *     memory FILL WAIT RAM_FILL PREFETCH UNIFIED CODE_IN_RAM CONSTANTS_IN_RAM SIZE LINE WAYS LRU SIZE LINE WAYS LRU
 * with the instruction cache before the data cache. The output has a line for each memory, stage and phase in which the
 * stage ran:
 *     MEMORY PHASE STAGE INSTRUCTIONS CODE WEIGHTS TABLES RAM READ
 * CODE to RAM are stall cycles, READ are the bytes of weights that were loaded; PHASE counts how often the marker was
 * reached before. Instructions that a block fetches are fetched before what it loads.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_model.h"

#define EXPORT __attribute__((visibility("default")))
enum { MEM_READ_WRITE = 3, MAX_MEMORIES = 32, MAX_STAGES = 1024, MAX_RANGES = 4096, INHERITS = -2 };

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
typedef uint32_t access_info;
typedef void (*translated_callback)(plugin_id, struct qemu_plugin_tb *);
typedef void (*executed_callback)(unsigned, void *);
typedef void (*memory_callback)(unsigned, access_info, uint64_t, void *);
typedef void (*exit_callback)(plugin_id, void *);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translated_callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, executed_callback, int flags, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, memory_callback, int flags, int which, void *);
void qemu_plugin_register_atexit_cb(plugin_id, exit_callback, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
unsigned qemu_plugin_mem_size_shift(access_info);
_Bool qemu_plugin_mem_is_store(access_info);

EXPORT int qemu_plugin_version = PLUGIN_VERSION;

struct range {
    uint64_t start, end;
    int what;
};
struct block {
    uint64_t start;
    size_t instructions;
    int stage;
    uint64_t addresses[];
};
struct counts {
    uint64_t instructions, code, weights, tables, ram, read;
};

static struct memory memories[MAX_MEMORIES];
static struct counts counts[MAX_MEMORIES][MAX_STAGES + 1];
static struct range ranges[MAX_RANGES], functions[MAX_RANGES];
static size_t memory_count, range_count, function_count;
static uint64_t marker = UINT64_MAX;
static unsigned long phase;
static int stage;
static FILE *out;

static const struct range *find(const struct range *all, size_t count, uint64_t address)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (all[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && all[low].start <= address ? &all[low] : NULL;
}

static void write_phase(void)
{
    for (size_t m = 0; m < memory_count; ++m)
        for (int s = 0; s <= MAX_STAGES; ++s) {
            struct counts *c = &counts[m][s];
            if (c->instructions != 0)
                fprintf(out,
                        "%zu %lu %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", m, phase,
                        s - 1, c->instructions, c->code, c->weights, c->tables, c->ram, c->read);
            memset(c, 0, sizeof *c);
        }
}

static void executed(unsigned cpu, void *data)
{
    const struct block *b = data;
    (void)cpu;
    if (b->start == marker) {
        write_phase();
        ++phase;
    }
    if (b->stage != INHERITS)
        stage = b->stage;
    for (size_t m = 0; m < memory_count; ++m) {
        struct counts *c = &counts[m][stage + 1];
        for (size_t i = 0; i < b->instructions; ++i) {
            c->code += memory_fetch(&memories[m], b->addresses[i]);
            ++memories[m].now;
        }
        c->instructions += b->instructions;
    }
}

static void accessed(unsigned cpu, access_info info, uint64_t address, void *data)
{
    static const struct range *last;
    const int is_store = qemu_plugin_mem_is_store(info);
    (void)cpu;
    (void)data;
    if (last == NULL || address < last->start || address >= last->end)
        last = find(ranges, range_count, address);
    if (last == NULL)
        return;
    for (size_t m = 0; m < memory_count; ++m) {
        struct counts *c = &counts[m][stage + 1];
        if (last->what == 'r') {
            c->ram += memory_ram(&memories[m], address, is_store);
        } else {
            const unsigned stall = memory_constant(&memories[m], address);
            *(last->what == 'c' ? &c->code : last->what == 'w' ? &c->weights : &c->tables) += stall;
            c->read += last->what == 'w' ? 1u << qemu_plugin_mem_size_shift(info) : 0;
        }
    }
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    const size_t count = qemu_plugin_tb_n_insns(tb);
    struct block *b = malloc(sizeof *b + count * sizeof b->addresses[0]);
    const struct range *function;
    (void)id;
    if (b == NULL)
        abort();
    b->instructions = count;
    for (size_t i = 0; i < count; ++i) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        b->addresses[i] = qemu_plugin_insn_vaddr(instruction);
        qemu_plugin_register_vcpu_mem_cb(instruction, accessed, 0, MEM_READ_WRITE, NULL);
    }
    b->start = b->addresses[0];
    function = find(functions, function_count, b->start);
    b->stage = function == NULL ? INHERITS : function->what;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, b);
}

static void at_exit(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    write_phase();
    fclose(out);
}

static int read_map(const char *file)
{
    char line[256];
    FILE *map = fopen(file, "r");
    if (map == NULL)
        return 0;
    while (fgets(line, sizeof line, map) != NULL) {
        struct range r;
        struct memory *m = &memories[memory_count];
        unsigned i[4], d[4];
        char kind;
        if (sscanf(line, "range %" SCNx64 " %" SCNx64 " %c", &r.start, &r.end, &kind) == 3 && range_count < MAX_RANGES) {
            r.what = kind;
            ranges[range_count++] = r;
        } else if (sscanf(line, "function %" SCNx64 " %" SCNx64 " %d", &r.start, &r.end, &r.what) == 3 &&
                   function_count < MAX_RANGES && r.what < MAX_STAGES) {
            functions[function_count++] = r;
        } else if (memory_count < MAX_MEMORIES &&
                   sscanf(line, "memory %u %u %u %u %u %u %u %u %u %u %u %u %u %u %u", &m->fill_cycles, &m->wait_states,
                          &m->ram_fill_cycles, &m->prefetch, &m->unified, &m->code_in_ram, &m->constants_in_ram, &i[0],
                          &i[1], &i[2], &i[3], &d[0], &d[1], &d[2], &d[3]) == 15) {
            cache_init(&m->instructions, i[0], i[1], i[2], i[3]);
            cache_init(&m->data, d[0], d[1], d[2], d[3]);
            memory_init(m);
            ++memory_count;
        } else {
            fprintf(stderr, "memory_plugin: cannot use %s", line);
            return 0;
        }
    }
    fclose(map);
    return 1;
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    const char *map = NULL;
    (void)info;
    stage = -1;
    for (int i = 0; i < argc; ++i) {
        if (strncmp(argv[i], "out=", 4) == 0)
            out = fopen(argv[i] + 4, "w");
        else if (strncmp(argv[i], "map=", 4) == 0)
            map = argv[i] + 4;
        else if (strncmp(argv[i], "marker=", 7) == 0)
            marker = strtoull(argv[i] + 7, NULL, 16);
    }
    if (out == NULL || map == NULL || !read_map(map))
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
