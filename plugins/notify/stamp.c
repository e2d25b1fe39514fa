#include "plugins/notify/stamp.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

#define FIRST_MS INT64_C(-62167219200000) // 0000-01-01
#define LAST_MS  INT64_C(253402300799999) // 9999-12-31

void stamp_format(int64_t wall_ms, char out[STAMP_SIZE]) {
    wall_ms = wall_ms < FIRST_MS ? FIRST_MS : wall_ms;
    wall_ms = wall_ms > LAST_MS ? LAST_MS : wall_ms;
    int64_t ms = wall_ms % 1000;
    ms += ms < 0 ? 1000 : 0;
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm utc = {0};
    (void)gmtime_r(&seconds, &utc);
    (void)snprintf(out, STAMP_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
            (unsigned)(utc.tm_year + 1900) % 10000U,
            (unsigned)(utc.tm_mon + 1) % 100U, (unsigned)utc.tm_mday % 100U,
            (unsigned)utc.tm_hour % 100U, (unsigned)utc.tm_min % 100U,
            (unsigned)utc.tm_sec % 100U, (unsigned)ms % 1000U);
}

// What is left to read.
struct source {
    const char *at;
    const char *end;
    bool failed;
};

static bool next_is(struct source *source, char c) {
    bool is = source->at < source->end && *source->at == c;
    source->at += is ? 1 : 0;
    return is;
}

static void expect(struct source *source, char c) {
    source->failed = !next_is(source, c) || source->failed;
}

static bool at_digit(const struct source *source) {
    return source->at < source->end && *source->at >= '0' && *source->at <= '9';
}

// So many digits, and no more than a number says.
static int number(struct source *source, int digits, int min, int max) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!at_digit(source)) {
            source->failed = true;
            return min;
        }
        value = value * 10 + (*source->at++ - '0');
    }
    if (value < min || value > max) {
        source->failed = true;
        return min;
    }
    return value;
}

static int64_t fraction_ms(struct source *source) {
    int64_t ms = 0;
    int scale = 100;
    if (!next_is(source, '.')) {
        return 0;
    }
    source->failed = !at_digit(source) || source->failed;
    while (at_digit(source)) {
        ms += (int64_t)(*source->at++ - '0') * scale;
        scale /= 10;
    }
    return ms;
}

static int64_t offset_ms(struct source *source) {
    if (next_is(source, 'Z') || next_is(source, 'z')) {
        return 0;
    }
    int64_t sign = next_is(source, '-') ? -1 : 1;
    if (sign > 0) {
        expect(source, '+');
    }
    int hours = number(source, 2, 0, 23);
    expect(source, ':');
    int minutes = number(source, 2, 0, 59);
    return sign * (hours * 60 + minutes) * 60000;
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool stamp_parse(struct nx_str text, int64_t *wall_ms) {
    struct source source = {.at = text.ptr, .end = text.ptr + text.len};
    struct tm utc = {0};
    int year = number(&source, 4, 0, 9999);
    expect(&source, '-');
    int month = number(&source, 2, 1, 12);
    expect(&source, '-');
    utc.tm_year = year - 1900;
    utc.tm_mon = month - 1;
    utc.tm_mday = number(&source, 2, 1, days_in(year, month));
    if (!next_is(&source, 'T') && !next_is(&source, 't')) {
        expect(&source, ' ');
    }
    utc.tm_hour = number(&source, 2, 0, 23);
    expect(&source, ':');
    utc.tm_min = number(&source, 2, 0, 59);
    expect(&source, ':');
    utc.tm_sec = number(&source, 2, 0, 60); // a leap second is the next one
    int64_t ms = fraction_ms(&source);
    ms -= offset_ms(&source);
    if (source.failed || source.at != source.end) {
        return false;
    }
    *wall_ms = (int64_t)timegm(&utc) * 1000 + ms;
    return true;
}
