#include "kernel/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static void expect_utc(int64_t wall_ms, const char *expected) {
    char text[CLOCK_UTC_SIZE];
    clock_format_utc(wall_ms, text);
    assert_string_equal(text, expected);
}

static void starts_at_the_present(void **state) {
    (void)state;
    struct clock clock;
    int64_t before = (int64_t)time(NULL) * 1000;

    clock_init(&clock);

    assert_true(clock_wall_ms(&clock) >= before);
    assert_true(clock_wall_ms(&clock) < before + 60000);
    assert_true(clock_now_ms(&clock) == clock_now_ns(&clock) / 1000000);
}

static void stands_still_until_updated(void **state) {
    (void)state;
    struct clock clock;
    clock_init(&clock);
    int64_t first = clock_now_ns(&clock);

    struct clock later;
    do {
        clock_init(&later);
    } while (clock_now_ns(&later) == first);

    assert_true(clock_now_ns(&clock) == first);
    clock_update(&clock);
    assert_true(clock_now_ns(&clock) >= clock_now_ns(&later));
}

static void moves_a_fake_clock_only_by_hand(void **state) {
    (void)state;
    struct clock clock;
    clock_init_fake(&clock, 5000);

    clock_update(&clock);
    assert_int_equal(clock_now_ms(&clock), 5000);
    assert_int_equal(clock_wall_ms(&clock), 5000);
    clock_advance(&clock, 250);

    assert_int_equal(clock_now_ms(&clock), 5250);
    assert_int_equal(clock_now_ns(&clock), 5250000000);
    assert_int_equal(clock_wall_ms(&clock), 5250);
}

static void formats_known_dates(void **state) {
    (void)state;
    expect_utc(0, "1970-01-01T00:00:00.000Z");
    expect_utc(1769860800123, "2026-01-31T12:00:00.123Z");
    expect_utc(951782400000, "2000-02-29T00:00:00.000Z");
    expect_utc(951868799999, "2000-02-29T23:59:59.999Z");
    expect_utc(4107542400000, "2100-03-01T00:00:00.000Z");
    expect_utc(-1, "1969-12-31T23:59:59.999Z");
    expect_utc(-2203891200000, "1900-03-01T00:00:00.000Z");
}

static void cuts_times_outside_four_digit_years(void **state) {
    (void)state;
    expect_utc(253402300799999, "9999-12-31T23:59:59.999Z");
    expect_utc(253402300800000, "9999-12-31T23:59:59.999Z");
    expect_utc(INT64_MAX, "9999-12-31T23:59:59.999Z");
    expect_utc(-62167219200000, "0000-01-01T00:00:00.000Z");
    expect_utc(INT64_MIN, "0000-01-01T00:00:00.000Z");
}

// Of any instant in the range, the C library says the same.
static void formats_as_gmtime_does(void **state) {
    (void)state;
    uint64_t seed = 5;

    for (int i = 0; i < 50000; i++) {
        int64_t seconds =
                (int64_t)prng_below(&seed, 315569520000) - 62167219200;
        int ms = (int)prng_below(&seed, 1000);
        time_t as_time = (time_t)seconds;
        struct tm tm;
        gmtime_r(&as_time, &tm);
        char expected[64];
        (void)snprintf(expected, sizeof(expected),
                "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                ms);
        expect_utc(seconds * 1000 + ms, expected);
    }
}

static void keeps_its_timestamp_in_step(void **state) {
    (void)state;
    struct clock clock;
    clock_init_fake(&clock, 1769860800123);
    assert_string_equal(clock_timestamp(&clock), "2026-01-31T12:00:00.123Z");

    uint64_t seed = 6;
    for (int i = 0; i < 1000; i++) {
        clock_advance(&clock, (int64_t)prng_below(&seed, 700));
        expect_utc(clock_wall_ms(&clock), clock_timestamp(&clock));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(starts_at_the_present),
            cmocka_unit_test(stands_still_until_updated),
            cmocka_unit_test(moves_a_fake_clock_only_by_hand),
            cmocka_unit_test(formats_known_dates),
            cmocka_unit_test(cuts_times_outside_four_digit_years),
            cmocka_unit_test(formats_as_gmtime_does),
            cmocka_unit_test(keeps_its_timestamp_in_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
