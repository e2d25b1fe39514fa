#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#define SMALLEST_CAP 64

// Sign and 20 digits.
#define NUMBER_SIZE 21

static size_t larger_cap(const struct nx_buf *buf, size_t needed) {
    size_t cap = buf->cap < SMALLEST_CAP / 2 ? SMALLEST_CAP : buf->cap * 2;
    if (cap < needed) {
        cap = needed;
    }
    return cap < buf->max ? cap : buf->max;
}

// The block is one byte longer than cap, for the NUL.
static bool resize(struct nx_buf *buf, size_t cap) {
    char *data = realloc(buf->data, cap + 1);
    if (!data) {
        return false;
    }
    data[buf->len] = '\0';
    buf->data = data;
    buf->cap = cap;
    return true;
}

static bool make_room(struct nx_buf *buf, size_t n) {
    if (buf->failed) {
        return false;
    }
    if (buf->data && n <= buf->cap - buf->len) {
        return true;
    }
    // Written as a subtraction: len + n could wrap, max - len cannot.
    if (n > buf->max - buf->len
            || !resize(buf, larger_cap(buf, buf->len + n))) {
        buf->failed = true;
        return false;
    }
    return true;
}

void nx_buf_init(struct nx_buf *buf, size_t max) {
    assert(max <= SIZE_MAX / 2);
    memset(buf, 0, sizeof(*buf));
    buf->max = max;
}

void nx_buf_finish(struct nx_buf *buf) {
    free(buf->data);
    nx_buf_init(buf, buf->max);
}

void nx_buf_clear(struct nx_buf *buf) {
    buf->len = 0;
    buf->failed = false;
    if (buf->data) {
        buf->data[0] = '\0';
    }
}

bool nx_buf_append(struct nx_buf *buf, const void *ptr, size_t len) {
    if (len == 0) {
        return !buf->failed;
    }
    if (!make_room(buf, len)) {
        return false;
    }
    memcpy(buf->data + buf->len, ptr, len);
    nx_buf_commit(buf, len);
    return true;
}

bool nx_buf_append_char(struct nx_buf *buf, char c) {
    return nx_buf_append(buf, &c, 1);
}

bool nx_buf_append_cstr(struct nx_buf *buf, const char *text) {
    return nx_buf_append(buf, text, strlen(text));
}

// Writes the digits so that they end before end, and returns the first.
static char *write_digits(char *end, uint64_t number) {
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

bool nx_buf_append_u64(struct nx_buf *buf, uint64_t number) {
    char text[NUMBER_SIZE];
    char *end = text + sizeof(text);
    const char *start = write_digits(end, number);
    return nx_buf_append(buf, start, (size_t)(end - start));
}

bool nx_buf_append_i64(struct nx_buf *buf, int64_t number) {
    char text[NUMBER_SIZE];
    char *end = text + sizeof(text);
    // Negated as unsigned: -INT64_MIN does not exist.
    uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *start = write_digits(end, magnitude);
    if (number < 0) {
        *--start = '-';
    }
    return nx_buf_append(buf, start, (size_t)(end - start));
}

// Prints into whatever room there is; returns the length it takes, or below 0.
__attribute__((format(printf, 2, 0))) static int print(
        struct nx_buf *buf, const char *format, va_list args) {
    size_t room = buf->cap - buf->len;
    int len = vsnprintf(buf->data + buf->len, room + 1, format, args);
    if (len >= 0 && (size_t)len <= room) {
        nx_buf_commit(buf, (size_t)len);
    } else {
        buf->data[buf->len] = '\0';
    }
    return len;
}

bool nx_buf_appendf(struct nx_buf *buf, const char *format, ...) {
    if (!make_room(buf, 0)) {
        return false;
    }
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);

    size_t before = buf->len;
    int len = print(buf, format, args);
    if (len < 0) {
        buf->failed = true;
    } else if (buf->len - before != (size_t)len
            && make_room(buf, (size_t)len)) {
        (void)print(buf, format, again);
    }
    va_end(again);
    va_end(args);
    return !buf->failed;
}

char *nx_buf_reserve(struct nx_buf *buf, size_t n) {
    return make_room(buf, n) ? buf->data + buf->len : NULL;
}

void nx_buf_commit(struct nx_buf *buf, size_t n) {
    assert(n <= buf->cap - buf->len);
    buf->len += n;
    if (buf->data) {
        buf->data[buf->len] = '\0';
    }
}

void nx_buf_shrink(struct nx_buf *buf, size_t keep) {
    if (keep < buf->len) {
        keep = buf->len;
    }
    if (buf->cap <= keep) {
        return;
    }
    if (keep > 0) {
        (void)resize(buf, keep); // Without memory it simply stays large.
        return;
    }
    free(buf->data);
    buf->data = NULL;
    buf->cap = 0;
}

char *nx_buf_take(struct nx_buf *buf, size_t *len) {
    if (buf->failed || buf->len == 0) {
        *len = 0;
        nx_buf_finish(buf);
        return NULL;
    }
    char *data = buf->data;
    *len = buf->len;
    nx_buf_init(buf, buf->max);
    return data;
}
