#include "plugins/notify/stamp.h"

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

#define NOON INT64_C(1769860800000) // 2026-01-31T12:00:00Z

static void writes_milliseconds_in_utc(void **state) {
    (void)state;
    char text[STAMP_SIZE];
    stamp_format(NOON + 7, text);
    assert_string_equal(text, "2026-01-31T12:00:00.007Z");
    stamp_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    stamp_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void reads_what_rfc_3339_allows(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t wanted;
    } all[] = {
            {"2026-01-31T12:00:00Z", NOON},
            {"2026-01-31t12:00:00z", NOON},
            {"2026-01-31 12:00:00Z", NOON},
            {"2026-01-31T12:00:00.5Z", NOON + 500},
            {"2026-01-31T12:00:00.0079999Z", NOON + 7},
            {"2026-01-31T13:30:00+01:30", NOON},
            {"2026-01-31T04:00:00-08:00", NOON},
            {"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
            {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
            {"1969-12-31T23:59:59.999Z", -1},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int64_t got = 0;
        assert_true(stamp_parse(nx_str_c(all[i].text), &got));
        assert_int_equal(got, all[i].wanted);
    }
}

static void refuses_everything_else(void **state) {
    (void)state;
    static const char *const all[] = {"", "2026", "2026-01-31",
            "2026-01-31T12:00:00", "2026-1-31T12:00:00Z",
            "2026-02-29T12:00:00Z", "2026-13-01T12:00:00Z",
            "2026-00-01T12:00:00Z", "2026-01-00T12:00:00Z",
            "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
            "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00ZZ", "2026-01-31T12:00:00+0100",
            "2026-01-31T12:00:00+24:00", "+026-01-31T12:00:00Z",
            "2026-01-31T12:00:0", "tomorrow"};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int64_t got = 42;
        assert_false(stamp_parse(nx_str_c(all[i]), &got));
        assert_int_equal(got, 42);
    }
}

static void reads_what_it_writes(void **state) {
    (void)state;
    char text[STAMP_SIZE];
    for (int64_t ms = -5000000000000; ms < 9000000000000; ms += 7654321987) {
        int64_t got = 0;
        stamp_format(ms, text);
        assert_true(stamp_parse(nx_str_c(text), &got));
        assert_int_equal(got, ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(writes_milliseconds_in_utc),
            cmocka_unit_test(reads_what_rfc_3339_allows),
            cmocka_unit_test(refuses_everything_else),
            cmocka_unit_test(reads_what_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
