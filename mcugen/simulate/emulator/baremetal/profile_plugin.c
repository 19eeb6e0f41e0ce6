/*
 * A QEMU TCG plugin that counts how often each block of instructions ran, and how often it was left by a jump.
 *
 * Arguments: out=FILE, marker=ADDRESS (hexadecimal). One line for each block that ran at all:
 *     PHASE START LAST COUNT BEHIND_2 BEHIND_3 BEHIND_4
 * PHASE counts how often the marker address was reached before; START and LAST are the addresses of the block's first and
 * last instruction; BEHIND_2 to BEHIND_4 are how often what ran next was so many bytes behind LAST: the last instruction
 * fell through, if it is of that size. (QEMU tells sizes too, but adds to the last one's what it looked at behind it.)
 * Nothing but the C library is needed to compile this: the few declarations of QEMU's plugin interface that it uses are
 * repeated here.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
typedef void (*translated_callback)(plugin_id, struct qemu_plugin_tb *);
typedef void (*executed_callback)(unsigned, void *);
typedef void (*exit_callback)(plugin_id, void *);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translated_callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, executed_callback, int flags, void *);
void qemu_plugin_register_atexit_cb(plugin_id, exit_callback, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = PLUGIN_VERSION;

struct block {
    struct block *next;
    uint64_t start, last, count, behind_2, behind_3, behind_4;
};

static struct block *blocks, *previous;
static uint64_t marker = UINT64_MAX;
static unsigned long phase;
static FILE *out;

static void write_phase(void)
{
    for (struct block *b = blocks; b != NULL; b = b->next) {
        if (b->count != 0)
            fprintf(out, "%lu %" PRIx64 " %" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", phase, b->start,
                    b->last, b->count, b->behind_2, b->behind_3, b->behind_4);
        b->count = b->behind_2 = b->behind_3 = b->behind_4 = 0;
    }
}

static void executed(unsigned cpu, void *data)
{
    struct block *b = data;
    (void)cpu;
    if (previous != NULL) {
        previous->behind_2 += b->start == previous->last + 2;
        previous->behind_3 += b->start == previous->last + 3;
        previous->behind_4 += b->start == previous->last + 4;
    }
    previous = b;
    if (b->start == marker) {
        write_phase();
        ++phase;
    }
    ++b->count;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    struct block *b = calloc(1, sizeof *b);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, qemu_plugin_tb_n_insns(tb) - 1);
    (void)id;
    if (b == NULL)
        abort();
    b->start = qemu_plugin_tb_vaddr(tb);
    b->last = qemu_plugin_insn_vaddr(last);
    b->next = blocks;
    blocks = b;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, b);
}

static void at_exit(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    write_phase();
    fclose(out);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; ++i) {
        if (strncmp(argv[i], "out=", 4) == 0)
            out = fopen(argv[i] + 4, "w");
        else if (strncmp(argv[i], "marker=", 7) == 0)
            marker = strtoull(argv[i] + 7, NULL, 16);
    }
    if (out == NULL)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
