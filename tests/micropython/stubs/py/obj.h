/* The part of MicroPython's API that a generated module uses, declared as MicroPython 1.26 declares it. For a check of
 * syntax and types where the real tree is absent; it does not run. */
#ifndef STUB_PY_OBJ_H
#define STUB_PY_OBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef float mp_float_t;
typedef unsigned char byte;
typedef size_t qstr;
typedef uint16_t qstr_short_t;
typedef void *mp_obj_t;
typedef const void *mp_const_obj_t;
typedef mp_const_obj_t mp_rom_obj_t;

typedef struct _mp_obj_type_t mp_obj_type_t;
typedef struct {
    const mp_obj_type_t *type;
} mp_obj_base_t;
typedef mp_obj_t (*mp_make_new_fun_t)(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);
struct _mp_obj_type_t {
    mp_obj_base_t base;
    uint16_t flags;
    uint16_t name;
    mp_make_new_fun_t make_new;
    const void *locals_dict;
};
typedef mp_obj_type_t mp_obj_full_type_t;
#define MP_TYPE_FLAG_NONE (0x0000)

typedef struct {
    mp_obj_t key;
    mp_obj_t value;
} mp_map_elem_t;
typedef struct {
    mp_rom_obj_t key;
    mp_rom_obj_t value;
} mp_rom_map_elem_t;
typedef struct {
    mp_obj_base_t base;
    size_t used;
    const void *table;
} mp_obj_dict_t;
typedef struct {
    mp_obj_base_t base;
    union {
        mp_obj_t (*_1)(mp_obj_t);
        mp_obj_t (*_2)(mp_obj_t, mp_obj_t);
        mp_obj_t (*_3)(mp_obj_t, mp_obj_t, mp_obj_t);
    } fun;
} mp_obj_fun_builtin_fixed_t;

#define MP_OBJ_FROM_PTR(p) ((mp_obj_t)p)
#define MP_OBJ_TO_PTR(o) ((void *)o)
#define MP_OBJ_NEW_SMALL_INT(i) ((mp_obj_t)((((mp_uint_t)(i)) << 1) | 1))
#define MP_OBJ_NEW_QSTR(q) ((mp_obj_t)(uintptr_t)(q))
#define MP_ROM_INT(i) MP_OBJ_NEW_SMALL_INT(i)
#define MP_ROM_PTR(p) (p)
#define MP_ROM_QSTR(q) ((mp_rom_obj_t)(uintptr_t)(q))
#define MP_DEFINE_CONST_DICT(dict, table) const mp_obj_dict_t dict = { { 0 }, sizeof(table) / sizeof(table[0]), table }
#define MP_DEFINE_CONST_FUN_OBJ_1(object, function) const mp_obj_fun_builtin_fixed_t object = { { 0 }, { ._1 = function } }
#define MP_DEFINE_CONST_FUN_OBJ_2(object, function) const mp_obj_fun_builtin_fixed_t object = { { 0 }, { ._2 = function } }
#define MP_DEFINE_CONST_FUN_OBJ_3(object, function) const mp_obj_fun_builtin_fixed_t object = { { 0 }, { ._3 = function } }

typedef struct {
    void *buf;
    size_t len;
    int typecode;
} mp_buffer_info_t;
#define MP_BUFFER_READ (1)
#define BYTEARRAY_TYPECODE 1

typedef struct {
    mp_obj_base_t base;
    size_t len;
    mp_obj_t items[];
} mp_obj_tuple_t;
typedef struct {
    mp_obj_base_t base;
    size_t len;
    mp_rom_obj_t items[];
} mp_rom_obj_tuple_t;
typedef struct {
    mp_obj_base_t base;
    size_t hash;
    size_t len;
    const byte *data;
} mp_obj_str_t;

typedef void (*mp_print_strn_t)(void *data, const char *text, size_t length);
typedef struct {
    void *data;
    mp_print_strn_t print_strn;
} mp_print_t;

#define MICROPY_PY_BUILTINS_FLOAT 1
extern const mp_obj_type_t mp_type_ValueError, mp_type_TypeError, mp_type_type, mp_type_bytes;
#define mp_obj_malloc(type, object_type) ((type *)mp_obj_malloc_helper(sizeof(type), object_type))
void *mp_obj_malloc_helper(size_t size, const mp_obj_type_t *type);
mp_obj_t mp_obj_new_str(const char *text, size_t length);
mp_obj_t mp_obj_new_tuple(size_t length, const mp_obj_t *items);
mp_obj_t mp_obj_new_float(mp_float_t value);
mp_int_t mp_obj_get_int(mp_const_obj_t object);
mp_obj_t mp_load_attr(mp_obj_t base, qstr attribute);
mp_obj_t mp_import_name(qstr name, mp_obj_t from_list, mp_obj_t level);
mp_obj_t mp_call_function_n_kw(mp_obj_t function, size_t n_args, size_t n_kw, const mp_obj_t *arguments);
mp_obj_t mp_obj_new_exception_arg1(const mp_obj_type_t *type, mp_obj_t argument);
const mp_obj_type_t *mp_obj_get_type(mp_const_obj_t object);
bool mp_get_buffer(mp_obj_t object, mp_buffer_info_t *buffer, unsigned flags);
void mp_arg_check_num(size_t n_args, size_t n_kw, size_t minimum, size_t maximum, bool keywords);
__attribute__((noreturn)) void nlr_raise(void *object);
__attribute__((noreturn)) void mp_raise_TypeError(const char *message);
#ifdef va_start
int mp_vprintf(const mp_print_t *print, const char *format, va_list arguments);
#endif
extern const mp_obj_t mp_const_none;

enum {
    MP_QSTR_Net = 1,
    MP_QSTR_predict,
    MP_QSTR_feed_row,
    MP_QSTR_reset,
    MP_QSTR_objects,
    MP_QSTR_scores,
    MP_QSTR_values,
    MP_QSTR_dequantize,
    MP_QSTR_array,
    MP_QSTR_b,
    MP_QSTR_LABELS,
    MP_QSTR_HEIGHT,
    MP_QSTR_WIDTH,
    MP_QSTR_CHANNELS,
    MP_QSTR_CLASSES,
    MP_QSTR_WEIGHTS_BYTES,
    MP_QSTR___name__,
    MP_QSTR_net
};

#endif
