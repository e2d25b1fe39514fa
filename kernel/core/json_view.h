/*
 * json_view - reading parsed values: the functions of "nexus.json".
 *
 * Every function accepts NULL, which is an absent value, and a value of
 * another kind, so look-ups chain without checks.
 *
 * Owner:   the document that the value belongs to
 * Thread:  that of the document
 * Errors:  NX_ERR_INVALID from the three that fill *out, which they then
 *          leave alone; NULL, 0 or absent from the others
 */
#ifndef KERNEL_CORE_JSON_VIEW_H
#define KERNEL_CORE_JSON_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include <nexus/json.h>
#include <nexus/types.h>

// One NX_JSON_ bit, or NX_JSON_NONE.
uint32_t json_view_kind(const struct nx_json *value);

const struct nx_json *json_view_get(
        const struct nx_json *value, const char *key);
const struct nx_json *json_view_at(const struct nx_json *value, size_t index);
size_t json_view_count(const struct nx_json *value);

// Followed by a NUL, which len does not count.
struct nx_str json_view_str(const struct nx_json *value);

nx_status json_view_i64(const struct nx_json *value, int64_t *out);
nx_status json_view_f64(const struct nx_json *value, double *out);
nx_status json_view_boolean(const struct nx_json *value, int32_t *out);

// Members come in the order of the text.
void json_view_each(
        const struct nx_json *value, nx_json_each_fn fn, void *user);

#endif
