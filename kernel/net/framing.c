#include "kernel/net/framing.h"

#include <string.h>

#include "kernel/net/head.h"

#define DIGITS_MAX 15

// Digits only: libwebsockets takes a negative length for a huge one.
static bool read_number(struct nx_str text, size_t *number) {
    *number = 0;
    if (text.len == 0 || text.len > DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        *number = *number * 10 + (size_t)(text.ptr[i] - '0');
    }
    return true;
}

// These have a body even if they do not say so.
static bool has_body_always(const struct head *head) {
    return strcmp(head->method, "POST") == 0 || strcmp(head->method, "PUT") == 0
            || strcmp(head->method, "PATCH") == 0;
}

bool framing_expects_body(const struct head *head) {
    struct nx_str length = head_field(head, HEAD_CONTENT_LENGTH);
    return length.ptr ? strcmp(length.ptr, "0") != 0 : has_body_always(head);
}

const char *framing_read(const struct head *head, size_t *length) {
    *length = 0;
    struct nx_str text = head_field(head, HEAD_CONTENT_LENGTH);
    if (head->host_count > 1) {
        return "there is more than one Host header";
    }
    if (head->http11 && head->host_count == 0) {
        return "the Host header is missing";
    }
    if (head_field(head, HEAD_TRANSFER_ENCODING).ptr) {
        return "Transfer-Encoding is not supported; send Content-Length";
    }
    if (text.ptr && !read_number(text, length)) {
        *length = 0;
        return "Content-Length must be one number";
    }
    if (!text.ptr && has_body_always(head)) {
        return "Content-Length is missing";
    }
    return NULL;
}
