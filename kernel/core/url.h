/*
 * url - percent-encoding, query arguments and path patterns.
 *
 * Thread:  any (pure functions)
 * Errors:  false: malformed, or longer than the buffer
 */
#ifndef KERNEL_CORE_URL_H
#define KERNEL_CORE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>

// Decodes %XX (and '+' as a blank when `form`) into out, which holds size
// bytes, a NUL included. Refuses a zero byte and what is not UTF-8 afterwards.
bool url_decode(struct nx_str text, bool form, char *out, size_t size);

// Cuts the first argument off a query, both parts still encoded. One without
// '=' has an empty value. False at the end.
bool url_next_argument(
        struct nx_str *query, struct nx_str *name, struct nx_str *value);

// The still encoded value of the first argument of that name, absent when
// there is none.
struct nx_str url_argument(struct nx_str query, const char *name);

// Whether a text is a pattern: begins with '/', and has braces only as whole
// segments "{name}" with different names.
bool url_is_pattern(const char *text);

// Whether two patterns match the same paths: they differ in names only.
bool url_same_pattern(const char *a, const char *b);

// Whether a path matches a pattern such as "/api/rooms/{room_id}"; each
// "{…}" stands for one segment that is not empty.
bool url_matches(struct nx_str path, const char *pattern);

// The still encoded segment of a matching path that stands for {name}.
struct nx_str url_segment(
        struct nx_str path, const char *pattern, const char *name);

#endif
