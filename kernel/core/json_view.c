#include "kernel/core/json_view.h"

#include <string.h>

#include <nexus/error.h>

#include "kernel/core/json_value.h"

uint32_t json_view_kind(const struct nx_json *value) {
    if (!value) {
        return NX_JSON_NONE;
    }
    switch (json_typeof(json_value_of(value))) {
    case JSON_OBJECT:
        return NX_JSON_OBJECT;
    case JSON_ARRAY:
        return NX_JSON_ARRAY;
    case JSON_STRING:
        return NX_JSON_STRING;
    case JSON_INTEGER:
        return NX_JSON_INT;
    case JSON_REAL:
        return NX_JSON_FLOAT;
    case JSON_TRUE:
    case JSON_FALSE:
        return NX_JSON_BOOL;
    case JSON_NULL:
        return NX_JSON_NULL;
    default:
        return NX_JSON_NONE;
    }
}

const struct nx_json *json_view_get(
        const struct nx_json *value, const char *key) {
    // Anything but an object, NULL included, has no member.
    return json_value_view(json_object_get(json_value_of(value), key));
}

const struct nx_json *json_view_at(const struct nx_json *value, size_t index) {
    return json_value_view(json_array_get(json_value_of(value), index));
}

size_t json_view_count(const struct nx_json *value) {
    const json_t *any = json_value_of(value);
    return json_is_array(any) ? json_array_size(any) : json_object_size(any);
}

struct nx_str json_view_str(const struct nx_json *value) {
    const json_t *any = json_value_of(value);
    // NULL and 0 for anything but a string.
    return (struct nx_str){json_string_value(any), json_string_length(any)};
}

nx_status json_view_i64(const struct nx_json *value, int64_t *out) {
    const json_t *any = json_value_of(value);
    if (!json_is_integer(any)) {
        return NX_ERR_INVALID;
    }
    *out = json_integer_value(any);
    return NX_OK;
}

nx_status json_view_f64(const struct nx_json *value, double *out) {
    const json_t *any = json_value_of(value);
    if (!json_is_number(any)) {
        return NX_ERR_INVALID;
    }
    *out = json_number_value(any);
    return NX_OK;
}

nx_status json_view_boolean(const struct nx_json *value, int32_t *out) {
    const json_t *any = json_value_of(value);
    if (!json_is_boolean(any)) {
        return NX_ERR_INVALID;
    }
    *out = json_is_true(any) ? 1 : 0;
    return NX_OK;
}

static void each_item(json_t *array, nx_json_each_fn fn, void *user) {
    const struct nx_str no_key = {NULL, 0};
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (fn(user, no_key, json_value_view(json_array_get(array, i))) != 0) {
            return;
        }
    }
}

void json_view_each(
        const struct nx_json *value, nx_json_each_fn fn, void *user) {
    json_t *any = json_value_of(value);
    if (json_is_array(any)) {
        each_item(any, fn, user);
        return;
    }
    // NULL for anything but an object.
    void *member = json_object_iter(any);
    while (member) {
        const char *name = json_object_iter_key(member);
        struct nx_str key = {name, strlen(name)};
        if (fn(user, key, json_value_view(json_object_iter_value(member)))
                != 0) {
            return;
        }
        member = json_object_iter_next(any, member);
    }
}
