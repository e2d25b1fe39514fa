#include "kernel/base/clock.h"

#include <assert.h>
#include <stddef.h>
#include <time.h>

#define NS_PER_MS       INT64_C(1000000)
#define NS_PER_SECOND   INT64_C(1000000000)
#define MS_PER_SECOND   1000
#define SECONDS_PER_DAY 86400

// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
#define WALL_MIN_MS (-INT64_C(62167219200000))
#define WALL_MAX_MS INT64_C(253402300799999)

// Where the milliseconds stand in "2026-01-31T12:00:00.123Z".
#define MILLISECONDS_AT 20

static int64_t read_ns(clockid_t id) {
    struct timespec now;
    int result = clock_gettime(id, &now);
    assert(result == 0);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

void clock_init(struct clock *clock) {
    clock->fake = false;
    clock->text_second = INT64_MIN;
    clock->text[0] = '\0';
    clock_update(clock);
}

void clock_init_fake(struct clock *clock, int64_t start_ms) {
    clock->fake = true;
    clock->text_second = INT64_MIN;
    clock->text[0] = '\0';
    clock->now_ns = start_ms * NS_PER_MS;
    clock->wall_ms = start_ms;
}

void clock_advance(struct clock *clock, int64_t ms) {
    assert(clock->fake && ms >= 0);
    clock->now_ns += ms * NS_PER_MS;
    clock->wall_ms += ms;
}

void clock_update(struct clock *clock) {
    if (clock->fake) {
        return;
    }
    clock->now_ns = read_ns(CLOCK_MONOTONIC);
    clock->wall_ms = read_ns(CLOCK_REALTIME) / NS_PER_MS;
}

int64_t clock_now_ms(const struct clock *clock) {
    return clock->now_ns / NS_PER_MS;
}

int64_t clock_now_ns(const struct clock *clock) {
    return clock->now_ns;
}

int64_t clock_wall_ms(const struct clock *clock) {
    return clock->wall_ms;
}

static void write_digits(char *out, size_t width, int64_t number) {
    while (width > 0) {
        out[--width] = (char)('0' + number % 10);
        number /= 10;
    }
}

// Rounds down, also below zero.
static int64_t floor_div(int64_t number, int64_t by) {
    return number / by - (number % by < 0 ? 1 : 0);
}

// Counts days from 0000-03-01, so that a leap day is the last of its year and
// months have the lengths 31 30 31 30 31 | 31 30 31 30 31 | 31 29, which the
// factor 153 / 5 reproduces (Howard Hinnant, "chrono-compatible low-level date
// algorithms").
static void write_date(char *out, int64_t days_since_1970) {
    int64_t days = days_since_1970 + 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                                  - day_of_era / 146096)
            / 365;
    int64_t day_of_year = day_of_era
            - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    int64_t month = month_from_march + (month_from_march < 10 ? 3 : -9);
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

    write_digits(out, 4, year);
    write_digits(out + 5, 2, month);
    write_digits(out + 8, 2, day);
}

void clock_format_utc(int64_t wall_ms, char out[CLOCK_UTC_SIZE]) {
    static const char shape[CLOCK_UTC_SIZE] = "0000-00-00T00:00:00.000Z";

    if (wall_ms < WALL_MIN_MS) {
        wall_ms = WALL_MIN_MS;
    } else if (wall_ms > WALL_MAX_MS) {
        wall_ms = WALL_MAX_MS;
    }
    int64_t seconds = floor_div(wall_ms, MS_PER_SECOND);
    int64_t days = floor_div(seconds, SECONDS_PER_DAY);
    int64_t second_of_day = seconds - days * SECONDS_PER_DAY;

    for (size_t i = 0; i < CLOCK_UTC_SIZE; i++) {
        out[i] = shape[i];
    }
    write_date(out, days);
    write_digits(out + 11, 2, second_of_day / 3600);
    write_digits(out + 14, 2, second_of_day / 60 % 60);
    write_digits(out + 17, 2, second_of_day % 60);
    write_digits(out + MILLISECONDS_AT, 3, wall_ms - seconds * MS_PER_SECOND);
}

const char *clock_timestamp(struct clock *clock) {
    int64_t second = floor_div(clock->wall_ms, MS_PER_SECOND);
    if (second != clock->text_second) {
        clock_format_utc(clock->wall_ms, clock->text);
        clock->text_second = second;
    } else {
        write_digits(clock->text + MILLISECONDS_AT, 3,
                clock->wall_ms - second * MS_PER_SECOND);
    }
    return clock->text;
}
