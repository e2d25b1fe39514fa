#include "kernel/core/url.h"

#include <string.h>

#include "kernel/core/json_text.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Decodes one character at *at and moves past it; 0 or less when malformed.
static int next_char(struct nx_str text, size_t *at, bool form) {
    char c = text.ptr[(*at)++];
    if (c == '+' && form) {
        return ' ';
    }
    if (c != '%') {
        return (unsigned char)c;
    }
    if (text.len - *at < 2) {
        return -1;
    }
    int high = hex_digit(text.ptr[*at]);
    int low = hex_digit(text.ptr[*at + 1]);
    *at += 2;
    int value = high * 16 + low;
    return high < 0 || low < 0 ? -1 : value;
}

bool url_decode(struct nx_str text, bool form, char *out, size_t size) {
    size_t used = 0;
    size_t at = 0;
    while (at < text.len) {
        int c = next_char(text, &at, form);
        if (c <= 0 || used + 1 >= size) {
            return false;
        }
        out[used++] = (char)c;
    }
    if (size == 0) {
        return false;
    }
    out[used] = '\0';
    return json_text_is_utf8(out, used);
}

static bool same(struct nx_str a, struct nx_str b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

// Cuts text up to the separator, or all of it, off; the separator goes too.
static struct nx_str cut(struct nx_str *text, char separator) {
    const char *end = memchr(text->ptr, separator, text->len);
    struct nx_str part = {
            text->ptr, end ? (size_t)(end - text->ptr) : text->len};
    size_t skip = part.len + (end ? 1 : 0);
    text->ptr += skip;
    text->len -= skip;
    return part;
}

bool url_next_argument(
        struct nx_str *query, struct nx_str *name, struct nx_str *value) {
    while (query->len > 0) {
        *value = cut(query, '&');
        if (value->len > 0) {
            *name = cut(value, '=');
            return true;
        }
    }
    return false;
}

struct nx_str url_argument(struct nx_str query, const char *name) {
    struct nx_str wanted = {name, strlen(name)};
    struct nx_str found;
    struct nx_str value;
    while (url_next_argument(&query, &found, &value)) {
        if (same(found, wanted)) {
            return value;
        }
    }
    struct nx_str none = {NULL, 0};
    return none;
}

// Cuts the first segment, without its slash, off a path.
static struct nx_str take_segment(struct nx_str *path) {
    struct nx_str segment = {path->ptr, 0};
    if (path->len > 0 && path->ptr[0] == '/') {
        segment.ptr++;
        path->ptr++;
        path->len--;
    }
    while (segment.len < path->len && segment.ptr[segment.len] != '/') {
        segment.len++;
    }
    path->ptr += segment.len;
    path->len -= segment.len;
    return segment;
}

static bool is_variable(struct nx_str segment) {
    return segment.len > 2 && segment.ptr[0] == '{'
            && segment.ptr[segment.len - 1] == '}';
}

static bool has_segment(struct nx_str path, struct nx_str wanted) {
    while (path.len > 0) {
        if (same(take_segment(&path), wanted)) {
            return true;
        }
    }
    return false;
}

bool url_is_pattern(const char *text) {
    struct nx_str rest = {text, strlen(text)};
    if (text[0] != '/') {
        return false;
    }
    while (rest.len > 0) {
        struct nx_str segment = take_segment(&rest);
        bool variable = is_variable(segment);
        struct nx_str inner = segment;
        if (variable) {
            inner.ptr++;
            inner.len -= 2;
        }
        if (memchr(inner.ptr, '{', inner.len)
                || memchr(inner.ptr, '}', inner.len)
                || (variable && has_segment(rest, segment))) {
            return false;
        }
    }
    return true;
}

bool url_same_pattern(const char *a, const char *b) {
    struct nx_str left = {a, strlen(a)};
    struct nx_str right = {b, strlen(b)};
    while (left.len > 0 && right.len > 0) {
        struct nx_str one = take_segment(&left);
        struct nx_str other = take_segment(&right);
        bool alike = is_variable(one) ? is_variable(other) : same(one, other);
        if (!alike) {
            return false;
        }
    }
    return left.len == right.len;
}

bool url_matches(struct nx_str path, const char *pattern) {
    struct nx_str rest = {pattern, strlen(pattern)};
    if (path.len == 0 || path.ptr[0] != '/') {
        return false;
    }
    while (path.len > 0 && rest.len > 0) {
        struct nx_str got = take_segment(&path);
        struct nx_str wanted = take_segment(&rest);
        bool fits = is_variable(wanted) ? got.len > 0 : same(got, wanted);
        if (!fits) {
            return false;
        }
    }
    return path.len == 0 && rest.len == 0;
}

struct nx_str url_segment(
        struct nx_str path, const char *pattern, const char *name) {
    struct nx_str rest = {pattern, strlen(pattern)};
    size_t name_len = strlen(name);
    while (path.len > 0 && rest.len > 0) {
        struct nx_str got = take_segment(&path);
        struct nx_str wanted = take_segment(&rest);
        if (is_variable(wanted) && wanted.len == name_len + 2
                && memcmp(wanted.ptr + 1, name, name_len) == 0) {
            return got;
        }
    }
    struct nx_str none = {NULL, 0};
    return none;
}
