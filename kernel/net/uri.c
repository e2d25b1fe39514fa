#include "kernel/net/uri.h"

#include <string.h>

#include <nexus/util/buf.h>

// RFC 3986 "unreserved", and marks that mean nothing where we put them.
static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~:@", c));
}

static bool append_encoded(
        struct nx_buf *out, const char *text, size_t len, char also_plain) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        if (is_plain(text[i]) || text[i] == also_plain) {
            (void)nx_buf_append_char(out, text[i]);
            continue;
        }
        unsigned char byte = (unsigned char)text[i];
        char triplet[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        (void)nx_buf_append(out, triplet, sizeof(triplet));
    }
    return !out->failed;
}

bool uri_append_path(struct nx_buf *out, const char *text, size_t len) {
    return append_encoded(out, text, len, '/');
}

bool uri_append_argument(struct nx_buf *out, const char *text, size_t len) {
    const char *equals = memchr(text, '=', len);
    if (!equals) {
        return append_encoded(out, text, len, '/');
    }
    size_t name_len = (size_t)(equals - text);
    (void)append_encoded(out, text, name_len, '/');
    (void)nx_buf_append_char(out, '=');
    return append_encoded(out, equals + 1, len - name_len - 1, '/');
}
