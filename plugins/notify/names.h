/*
 * names - texts without NUL, one after the other in a buffer.
 *
 * Used for lists of user ids and of notification ids.
 *
 * Owner:   whoever owns the buffer
 * Thread:  any
 */
#ifndef PLUGINS_NOTIFY_NAMES_H
#define PLUGINS_NOTIFY_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/util/buf.h>
#include <nexus/util/str.h>

// False when it does not fit; the buffer is as it was, but failed.
static inline bool names_add(struct nx_buf *names, struct nx_str name) {
    size_t before = names->len;
    nx_buf_append(names, name.ptr, name.len);
    if (!nx_buf_append_char(names, '\0')) {
        names->len = before;
        return false;
    }
    return true;
}

// Walks the names: start with *at = 0; absent at the end.
static inline struct nx_str names_next(const struct nx_buf *names, size_t *at) {
    if (*at >= names->len) {
        return nx_str_none();
    }
    struct nx_str name = nx_str_c(names->data + *at);
    *at += name.len + 1;
    return name;
}

static inline size_t names_count(const struct nx_buf *names) {
    size_t count = 0;
    for (size_t i = 0; i < names->len; i++) {
        count += names->data[i] == '\0' ? 1 : 0;
    }
    return count;
}

#endif
