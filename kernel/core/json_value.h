/*
 * json_value - what struct nx_json is: a value of the parser.
 *
 * For the json_*.c files alone; all others see opaque values.
 *
 * Thread:  any
 * Errors:  none
 */
#ifndef KERNEL_CORE_JSON_VALUE_H
#define KERNEL_CORE_JSON_VALUE_H

#include <jansson.h>

#include <nexus/types.h>

// The parser wants pointers without const even to look at a value. Whoever
// uses this must only look.
static inline json_t *json_value_of(const struct nx_json *view) {
    union {
        const struct nx_json *view;
        json_t *value;
    } same = {.view = view};
    return same.value;
}

static inline const struct nx_json *json_value_view(const json_t *value) {
    return (const struct nx_json *)value;
}

#endif
