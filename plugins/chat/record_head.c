#include "plugins/chat/record_head.h"

#include <string.h>

#include <nexus/util/str.h>

static bool skip(struct nx_str *rest, char c) {
    if (rest->len == 0 || rest->ptr[0] != c) {
        return false;
    }
    rest->ptr++;
    rest->len--;
    return true;
}

// A string in which nothing is escaped.
static bool read_string(struct nx_str *rest, struct nx_str *out) {
    if (!skip(rest, '"')) {
        return false;
    }
    const char *end = rest->len > 0 ? memchr(rest->ptr, '"', rest->len) : NULL;
    if (!end) {
        return false;
    }
    *out = nx_str_n(rest->ptr, (size_t)(end - rest->ptr));
    rest->ptr = end + 1;
    rest->len -= out->len + 1;
    return out->len == 0 || !memchr(out->ptr, '\\', out->len);
}

static void take(
        struct record_head *head, struct nx_str name, struct nx_str value) {
    if (nx_str_is(name, "event_type")) {
        head->type = value;
    } else if (nx_str_is(name, "user_id")) {
        head->sender = value;
    } else if (nx_str_is(name, "message_id")) {
        head->message_id = value;
    }
}

bool record_head_read(struct record_head *head, struct nx_str record) {
    *head = (struct record_head){{NULL, 0}, {NULL, 0}, {NULL, 0}};
    bool more = skip(&record, '{');
    while (more) {
        struct nx_str name;
        struct nx_str value;
        if (!read_string(&record, &name) || !skip(&record, ':')
                || !read_string(&record, &value)) {
            return false;
        }
        take(head, name, value);
        if (head->type.ptr && head->sender.ptr && head->message_id.ptr) {
            return true;
        }
        more = skip(&record, ',');
    }
    return false;
}
