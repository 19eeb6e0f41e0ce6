#include "py/obj.h"

#define MP_ERROR_TEXT(text) text
typedef struct {
    void *(*memmove_)(void *destination, const void *source, size_t size);
    void *(*memset_)(void *destination, int value, size_t size);
} mp_fun_table_t;
extern const mp_fun_table_t mp_fun_table;
typedef struct {
    mp_obj_base_t base;
    void *context;
} mp_obj_fun_bc_t;
#define MP_OBJ_TYPE_SET_SLOT(type, slot, function, index) ((type)->slot = (function))
#define MP_DYNRUNTIME_INIT_ENTRY mp_obj_t const old_globals = self->context;
#define MP_DYNRUNTIME_INIT_EXIT return old_globals;
void mp_store_global(qstr name, mp_obj_t object);
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args);
