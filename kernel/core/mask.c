#include "kernel/core/mask.h"

#include <string.h>

#include <nexus/util/str.h>

#define MASKED "\"***\""

struct mask {
    struct nx_buf *out;
    struct nx_str json;
    size_t from; // what is before it was appended
    size_t at;
};

// A key with its empty text, "token":"", has ten bytes and becomes three
// longer.
size_t mask_bytes_max(size_t len) {
    return len + len / 2;
}

static bool is_secret(struct nx_str name) {
    static const char *const names[] = {"token", "resume", "resume_token",
            "access_token", "refresh_token", "authorization", "password",
            "secret", "api_key", NULL};
    if (memchr(name.ptr, '\\', name.len)) {
        return true;
    }
    for (const char *const *known = names; *known; known++) {
        if (nx_str_is(name, *known)) {
            return true;
        }
    }
    return false;
}

// From one quote to the byte after the other.
static size_t skip_string(struct nx_str json, size_t at) {
    at++;
    while (at < json.len && json.ptr[at] != '"') {
        at += json.ptr[at] == '\\' ? 2 : 1;
    }
    return at < json.len ? at + 1 : json.len;
}

static size_t skip_blanks(struct nx_str json, size_t at) {
    while (at < json.len && strchr(" \t\r\n", json.ptr[at])) {
        at++;
    }
    return at;
}

// Where the text begins that belongs to the key between these places; 0: it
// is no key, or its value is no text.
static size_t text_of_key(struct nx_str json, size_t end) {
    size_t colon = skip_blanks(json, end);
    if (colon >= json.len || json.ptr[colon] != ':') {
        return 0;
    }
    size_t value = skip_blanks(json, colon + 1);
    return value < json.len && json.ptr[value] == '"' ? value : 0;
}

// Goes on after the text that begins at the opening quote, and after the
// secret that belongs to it if it is the name of one.
static void pass_text(struct mask *mask) {
    struct nx_str json = mask->json;
    size_t end = skip_string(json, mask->at);
    size_t value = text_of_key(json, end);
    struct nx_str name = {json.ptr + mask->at + 1, end - mask->at - 2};
    mask->at = end;
    if (value > 0 && is_secret(name)) {
        nx_buf_append(mask->out, json.ptr + mask->from, end - mask->from);
        nx_buf_append_cstr(mask->out, ":" MASKED);
        mask->at = skip_string(json, value);
        mask->from = mask->at;
    }
}

// Between values: within a text they are escaped.
static void pass_line_end(struct mask *mask) {
    nx_buf_append(
            mask->out, mask->json.ptr + mask->from, mask->at - mask->from);
    nx_buf_append_char(mask->out, ' ');
    mask->from = ++mask->at;
}

bool mask_append(struct nx_buf *out, struct nx_str json) {
    struct mask mask = {.out = out, .json = json};
    while (mask.at < json.len) {
        char c = json.ptr[mask.at];
        if (c == '"') {
            pass_text(&mask);
        } else if (c == '\n' || c == '\r') {
            pass_line_end(&mask);
        } else {
            mask.at++;
        }
    }
    return nx_buf_append(out, json.ptr + mask.from, json.len - mask.from);
}
