#include "py/obj.h"

#define MP_ERROR_TEXT(text) text
#define MP_DEFINE_STR_OBJ(object, text) mp_obj_str_t object = { { 0 }, 0, sizeof(text) - 1, (const byte *)text }
#define MP_DEFINE_CONST_OBJ_TYPE(type, name, flags, slot_1, value_1, slot_2, value_2) \
    const mp_obj_type_t type = { { 0 }, flags, name, .slot_1 = value_1, .slot_2 = value_2 }
typedef struct {
    mp_obj_base_t base;
    mp_obj_dict_t *globals;
} mp_obj_module_t;
extern const mp_obj_type_t mp_type_module, mp_type_tuple;
#define MP_REGISTER_MODULE(name, module) extern const int registered_as[name]
