#include "kernel/base/raw_text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define DIGITS_MAX  20
#define PATIENCE_MS 1000
#define NS_IN_MS    1000000
#define MS_IN_S     1000

static const char cut[] = "...\n";

void raw_text_clear(struct raw_text *text) {
    text->len = 0;
    text->sent = 0;
}

static void add(struct raw_text *text, char c) {
    size_t room = sizeof(text->data) - (sizeof(cut) - 1);
    if (text->len < room) {
        text->data[text->len++] = c;
    } else if (text->len == room) {
        memcpy(text->data + room, cut, sizeof(cut) - 1);
        text->len = sizeof(text->data);
    }
}

void raw_text_put(struct raw_text *text, const char *string) {
    for (; *string != '\0'; string++) {
        add(text, *string);
    }
}

void raw_text_put_clean(struct raw_text *text, const char *bytes, size_t len) {
    for (size_t i = 0; i < len && bytes[i] != '\0'; i++) {
        bool plain = bytes[i] >= ' ' && bytes[i] != '\x7f';
        bool beyond = (unsigned char)bytes[i] >= 0x80; // a part of UTF-8
        add(text, plain || beyond ? bytes[i] : '?');
    }
}

static void put_number(
        struct raw_text *text, uint64_t number, unsigned base, size_t least) {
    char digits[DIGITS_MAX];
    size_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0 || count < least);
    while (count > 0) {
        add(text, digits[--count]);
    }
}

void raw_text_put_u64(struct raw_text *text, uint64_t number) {
    put_number(text, number, 10, 1);
}

void raw_text_put_i64(struct raw_text *text, int64_t number) {
    if (number < 0) {
        add(text, '-');
    }
    put_number(
            text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, 1);
}

void raw_text_put_hex(struct raw_text *text, uint64_t number) {
    put_number(text, number, 16, 1);
}

void raw_text_put_seconds(struct raw_text *text, int64_t ns) {
    uint64_t ms = ns > 0 ? (uint64_t)ns / NS_IN_MS : 0;
    put_number(text, ms / MS_IN_S, 10, 1);
    add(text, '.');
    put_number(text, ms % MS_IN_S, 10, 3);
}

// So few bytes a pipe that is ready takes without a wait.
static bool is_ready(int fd) {
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    int ready = 0;
    do {
        ready = poll(&wanted, 1, PATIENCE_MS);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

void raw_text_send(struct raw_text *text, int fd) {
    while (text->sent < text->len && is_ready(fd)) {
        size_t left = text->len - text->sent;
        ssize_t written = write(
                fd, text->data + text->sent, left < PIPE_BUF ? left : PIPE_BUF);
        if (written > 0) {
            text->sent += (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            return;
        }
    }
}
