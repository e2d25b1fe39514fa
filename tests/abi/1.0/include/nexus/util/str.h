/*
 * str - the conveniences of struct nx_str and struct nx_bytes.
 *
 * Part of the support library, not of the ABI.
 *
 * Owner:   nothing is copied: a string borrows from what it was made of
 * Thread:  any (pure functions)
 * Errors:  none
 */
#ifndef NEXUS_UTIL_STR_H
#define NEXUS_UTIL_STR_H

#include <stdbool.h>
#include <string.h>

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// A string of that length, which need not end in a NUL.
static inline struct nx_str nx_str_n(const char *ptr, size_t len) {
    struct nx_str str;
    str.ptr = ptr;
    str.len = len;
    return str;
}

// A string that ends in a NUL; NULL gives the absent string.
static inline struct nx_str nx_str_c(const char *text) {
    return nx_str_n(text, text ? strlen(text) : 0);
}

// The absent string.
static inline struct nx_str nx_str_none(void) {
    return nx_str_n(NULL, 0);
}

// The same bytes; an absent string equals an empty one.
static inline bool nx_str_eq(struct nx_str a, struct nx_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

// The same for a string that ends in a NUL.
static inline bool nx_str_is(struct nx_str a, const char *text) {
    return nx_str_eq(a, nx_str_c(text));
}

// True if a begins with the prefix; the empty one begins all.
static inline bool nx_str_starts(struct nx_str a, struct nx_str prefix) {
    return a.len >= prefix.len
            && (prefix.len == 0 || memcmp(a.ptr, prefix.ptr, prefix.len) == 0);
}

// Bytes of that length.
static inline struct nx_bytes nx_bytes_n(const void *ptr, size_t len) {
    struct nx_bytes bytes;
    bytes.ptr = ptr;
    bytes.len = len;
    return bytes;
}

#ifdef __cplusplus
}
#endif

#endif
