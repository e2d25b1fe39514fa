#include "plugins/chat/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char digits[] = "0123456789abcdef";

void text_hex(uint64_t number, char out[TEXT_HEX_SIZE]) {
    for (size_t i = TEXT_HEX_SIZE - 1; i > 0; i--) {
        out[i - 1] = digits[number & 0xf];
        number >>= 4;
    }
    out[TEXT_HEX_SIZE - 1] = '\0';
}

// The value of a digit, or -1.
static int digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool text_parse_hex(struct nx_str text, uint64_t *out) {
    if (text.len < 1 || text.len > TEXT_HEX_SIZE - 1) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);
        if (value < 0) {
            return false;
        }
        number = number << 4 | (uint64_t)value;
    }
    *out = number;
    return true;
}

static bool is_special(char c, const char *special) {
    unsigned char byte = (unsigned char)c;
    return byte < 0x20 || byte == 0x7f || c == '%' || strchr(special, c);
}

bool text_escape(char *out, size_t size, size_t *len, struct nx_str name,
        const char *special) {
    size_t at = *len;
    for (size_t i = 0; i < name.len; i++) {
        bool escaped = is_special(name.ptr[i], special);
        if (size - at < (escaped ? 3U : 1U)) {
            return false;
        }
        if (escaped) {
            unsigned char byte = (unsigned char)name.ptr[i];
            out[at++] = '%';
            out[at++] = digits[byte >> 4];
            out[at++] = digits[byte & 0xf];
        } else {
            out[at++] = name.ptr[i];
        }
    }
    *len = at;
    return true;
}

// Reads the byte that text begins with and says how many it took; 0: none.
static size_t read_byte(struct nx_str text, char *out) {
    if (text.ptr[0] != '%') {
        *out = text.ptr[0];
        return 1;
    }
    if (text.len < 3) {
        return 0;
    }
    int high = digit_value(text.ptr[1]);
    int low = digit_value(text.ptr[2]);
    if (high < 0 || low < 0) {
        return 0;
    }
    *out = (char)(unsigned char)(high << 4 | low);
    return 3;
}

bool text_unescape(struct nx_str text, char *out, size_t size, size_t *len) {
    size_t at = 0;
    while (text.len > 0) {
        size_t taken = at < size ? read_byte(text, &out[at]) : 0;
        if (taken == 0) {
            return false;
        }
        at++;
        text.ptr += taken;
        text.len -= taken;
    }
    *len = at;
    return true;
}

void text_time(int64_t wall_ms, char out[TEXT_TIME_SIZE]) {
    const int64_t first = INT64_C(-62167219200000); // 0000-01-01
    const int64_t last = INT64_C(253402300799999);  // 9999-12-31
    if (wall_ms < first) {
        wall_ms = first;
    }
    if (wall_ms > last) {
        wall_ms = last;
    }
    int64_t ms = wall_ms % 1000;
    if (ms < 0) {
        ms += 1000;
    }
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    (void)snprintf(out, TEXT_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
            (unsigned)(utc.tm_year + 1900) % 10000U,
            (unsigned)(utc.tm_mon + 1) % 100U, (unsigned)utc.tm_mday % 100U,
            (unsigned)utc.tm_hour % 100U, (unsigned)utc.tm_min % 100U,
            (unsigned)utc.tm_sec % 100U, (unsigned)ms % 1000U);
}

struct nx_str text_cut(struct nx_str text, size_t max) {
    if (text.len <= max) {
        return text;
    }
    while (max > 0 && ((unsigned char)text.ptr[max] & 0xc0) == 0x80) {
        max--;
    }
    text.len = max;
    return text;
}
