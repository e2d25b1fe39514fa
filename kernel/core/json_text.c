#include "kernel/core/json_text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/json_doc.h"
#include "kernel/core/json_value.h"

// "\u001f", any integer, and the longest double with sign, point, exponent and NUL.
#define ESCAPE_SIZE 6
#define INTEGER_LEN 20
#define DOUBLE_SIZE 32

// Integers up to here are exact in a double and short in digits.
#define EXACT_MAX 1e15

// What a byte means where a character starts. 0: itself. A letter or a sign:
// what follows the backslash of its short escape. U: a long escape. 2, 3, 4:
// the length of its sequence. X: not UTF-8.
#define U 'u'
#define X 1
static const unsigned char class_of[256] = {
        // clang-format off
        U, U, U, U, U, U, U, U, 'b', 't', 'n', U, 'f', 'r', U, U, // 00
        U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, // 10
        0, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 20
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 30
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 40
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0, // 50
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 60
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 70
        X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, // 80
        X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, // 90
        X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, // a0
        X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, // b0
        X, X, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, // c0
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, // d0
        3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, // e0
        4, 4, 4, 4, 4, X, X, X, X, X, X, X, X, X, X, X, // f0
        // clang-format on
};
#undef U
#undef X

// Returns the length of the sequence that starts at p, 0 if it is broken.
// The second byte has a smaller range after four of the first: otherwise too
// long a form, a surrogate or a number above U+10FFFF would pass.
static size_t sequence_len(const unsigned char *p, size_t len) {
    size_t need = class_of[p[0]];
    if (need < 2 || need > 4 || need > len) {
        return 0;
    }
    unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return need;
}

// True when all eight bytes are plain ASCII. Per byte, the top bit of the
// terms says: below 0x20; a quote; a backslash; 0x80 and above.
static bool eight_plain(const unsigned char *p) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones * 0x80;
    uint64_t x = 0;
    memcpy(&x, p, sizeof(x));
    uint64_t quote = x ^ (ones * '"');
    uint64_t slash = x ^ (ones * '\\');
    uint64_t found = (x - ones * 0x20) | (quote - ones) | (slash - ones) | x;
    return (found & tops) == 0;
}

// Returns the length of what stands at p and needs no escape, 0 if it does.
static size_t plain_len(const unsigned char *p, size_t len) {
    if (len >= 8 && eight_plain(p)) {
        return 8;
    }
    return class_of[p[0]] == 0 ? 1 : sequence_len(p, len);
}

size_t json_text_plain(const char *ptr, size_t len) {
    const unsigned char *p = (const unsigned char *)ptr;
    size_t at = 0;
    while (at < len) {
        size_t n = plain_len(p + at, len - at);
        if (n == 0) {
            break;
        }
        at += n;
    }
    return at;
}

bool json_text_is_utf8(const char *ptr, size_t len) {
    size_t at = json_text_plain(ptr, len);
    while (at < len && (unsigned char)ptr[at] < 0x80) {
        at++;
        at += json_text_plain(ptr + at, len - at);
    }
    return at == len;
}

size_t json_text_cut(const char *ptr, size_t len, size_t max) {
    if (len <= max) {
        return len;
    }
    while (max > 0 && ((unsigned char)ptr[max] & 0xc0) == 0x80) {
        max--;
    }
    return max;
}

// Why the buffer did not take len bytes.
static enum nx_err refused(const struct nx_buf *buf, size_t len) {
    return len > buf->max - buf->len ? NX_ERR_TOO_LARGE : NX_ERR_NO_MEMORY;
}

enum nx_err json_text_append(struct nx_buf *buf, const void *ptr, size_t len) {
    return nx_buf_append(buf, ptr, len) ? NX_OK : refused(buf, len);
}

// Appends the escape of a byte below 0x80 that is not plain.
static enum nx_err append_escape(struct nx_buf *buf, unsigned char c) {
    static const char digits[] = "0123456789abcdef";
    char text[ESCAPE_SIZE] = {'\\', (char)class_of[c]};
    size_t len = 2;
    if (text[1] == 'u') {
        text[2] = '0';
        text[3] = '0';
        text[4] = digits[c >> 4];
        text[5] = digits[c & 0xf];
        len = 6;
    }
    return json_text_append(buf, text, len);
}

// Appends what stands between the quotes.
static enum nx_err append_escaped(
        struct nx_buf *buf, const char *ptr, size_t len) {
    enum nx_err err = NX_OK;
    while (err == NX_OK && len > 0) {
        size_t run = json_text_plain(ptr, len);
        err = json_text_append(buf, ptr, run);
        ptr += run;
        len -= run;
        if (err == NX_OK && len > 0) {
            unsigned char c = (unsigned char)*ptr;
            err = c < 0x80 ? append_escape(buf, c) : NX_ERR_INVALID;
            ptr++;
            len--;
        }
    }
    return err;
}

enum nx_err json_text_str(struct nx_buf *buf, const char *ptr, size_t len) {
    // Nearly every string has nothing to escape: one append instead of three.
    if (len > 0 && json_text_plain(ptr, len) == len) {
        char *out = nx_buf_reserve(buf, len + 2);
        if (!out) {
            return refused(buf, len + 2);
        }
        out[0] = '"';
        memcpy(out + 1, ptr, len);
        out[len + 1] = '"';
        nx_buf_commit(buf, len + 2);
        return NX_OK;
    }
    enum nx_err err = json_text_append(buf, "\"", 1);
    if (err == NX_OK) {
        err = append_escaped(buf, ptr, len);
    }
    return err == NX_OK ? json_text_append(buf, "\"", 1) : err;
}

enum nx_err json_text_i64(struct nx_buf *buf, int64_t value) {
    return nx_buf_append_i64(buf, value) ? NX_OK : refused(buf, INTEGER_LEN);
}

enum nx_err json_text_u64(struct nx_buf *buf, uint64_t value) {
    return nx_buf_append_u64(buf, value) ? NX_OK : refused(buf, INTEGER_LEN);
}

// Prints the fewest digits that are read back as the same number.
static void print_double(char text[DOUBLE_SIZE], double value) {
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, DOUBLE_SIZE, "%.*g", digits, value);
        if (digits == 17 || strtod(text, NULL) == value) {
            break;
        }
    }
}

enum nx_err json_text_f64(struct nx_buf *buf, double value) {
    if (!isfinite(value)) {
        return NX_ERR_INVALID;
    }
    char text[DOUBLE_SIZE];
    if (fabs(value) < EXACT_MAX && value == (double)(int64_t)value) {
        (void)snprintf(text, sizeof(text), "%.1f", value);
    } else {
        print_double(text, value);
    }
    char *comma = strchr(text, ','); // The point of some locales.
    if (comma) {
        *comma = '.';
    }
    enum nx_err err = json_text_append(buf, text, strlen(text));
    if (err == NX_OK && !strpbrk(text, ".e")) {
        err = json_text_append(buf, ".0", 2);
    }
    return err;
}

// One array or object whose items are being written.
struct level {
    json_t *container;
    size_t index; // of the next item or member
    void *member; // the next member of an object, NULL after the last
};

struct walk {
    struct nx_buf *buf;
    size_t depth;
    // Not initialised: only those below depth mean something.
    struct level levels[JSON_DOC_DEPTH_MAX];
};

static enum nx_err open_level(struct walk *walk, json_t *container) {
    if (walk->depth == JSON_DOC_DEPTH_MAX) {
        return NX_ERR_INVALID;
    }
    struct level *level = &walk->levels[walk->depth++];
    level->container = container;
    level->index = 0;
    // NULL for an array.
    level->member = json_object_iter(container);
    return json_text_append(walk->buf, json_is_array(container) ? "[" : "{", 1);
}

static enum nx_err append_any(struct walk *walk, json_t *value) {
    if (!value) {
        return NX_ERR_INVALID;
    }
    struct nx_buf *buf = walk->buf;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return open_level(walk, value);
    case JSON_STRING:
        return json_text_str(
                buf, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return json_text_i64(buf, json_integer_value(value));
    case JSON_REAL:
        return json_text_f64(buf, json_real_value(value));
    case JSON_TRUE:
        return json_text_append(buf, "true", 4);
    case JSON_FALSE:
        return json_text_append(buf, "false", 5);
    case JSON_NULL:
        return json_text_append(buf, "null", 4);
    default:
        return NX_ERR_INVALID;
    }
}

static enum nx_err close_level(struct walk *walk) {
    struct level *level = &walk->levels[--walk->depth];
    return json_text_append(
            walk->buf, json_is_array(level->container) ? "]" : "}", 1);
}

static enum nx_err next_item(struct walk *walk, struct level *level) {
    if (level->index == json_array_size(level->container)) {
        return close_level(walk);
    }
    size_t index = level->index++;
    enum nx_err err = NX_OK;
    if (index > 0) {
        err = json_text_append(walk->buf, ",", 1);
    }
    return err == NX_OK
            ? append_any(walk, json_array_get(level->container, index))
            : err;
}

static enum nx_err next_member(struct walk *walk, struct level *level) {
    void *member = level->member;
    if (!member) {
        return close_level(walk);
    }
    level->member = json_object_iter_next(level->container, member);
    enum nx_err err = NX_OK;
    if (level->index++ > 0) {
        err = json_text_append(walk->buf, ",", 1);
    }
    const char *key = json_object_iter_key(member);
    if (err == NX_OK) {
        err = json_text_str(walk->buf, key, strlen(key));
    }
    if (err == NX_OK) {
        err = json_text_append(walk->buf, ":", 1);
    }
    return err == NX_OK ? append_any(walk, json_object_iter_value(member))
                        : err;
}

// A loop with levels of its own, so that a deep value costs no stack.
enum nx_err json_text_value(struct nx_buf *buf, const struct nx_json *value) {
    struct walk walk;
    walk.buf = buf;
    walk.depth = 0;
    enum nx_err err = append_any(&walk, json_value_of(value));
    while (err == NX_OK && walk.depth > 0) {
        struct level *level = &walk.levels[walk.depth - 1];
        err = json_is_array(level->container) ? next_item(&walk, level)
                                              : next_member(&walk, level);
    }
    return err;
}
