#include "plugins/chat/text.h"

#include <string.h>

#include "tests/support/cmocka.h"

static struct nx_str str(const char *text) {
    struct nx_str result = {text, strlen(text)};
    return result;
}

static void writes_and_reads_sixteen_digits(void **state) {
    (void)state;
    char hex[TEXT_HEX_SIZE];
    uint64_t number;
    text_hex(UINT64_C(0x0123456789abcdef), hex);
    assert_string_equal(hex, "0123456789abcdef");
    assert_true(text_parse_hex(str(hex), &number));
    assert_int_equal(number, UINT64_C(0x0123456789abcdef));
    assert_true(text_parse_hex(str("F"), &number));
    assert_int_equal(number, 15);
}

static void refuses_what_is_no_number(void **state) {
    (void)state;
    uint64_t number;
    const char *const bad[] = {"", "g", "0x1", " 1", "00000000000000000"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(text_parse_hex(str(bad[i]), &number));
    }
}

static void gives_escaped_names_back(void **state) {
    (void)state;
    const char *const names[] = {"plain", "a/b", "100%", "%2f", "tab\there",
            "gr\xc3\xbc\xc3\x9f", "::", "/"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char escaped[64];
        char back[64];
        size_t len = 0;
        size_t back_len;
        assert_true(text_escape(
                escaped, sizeof(escaped), &len, str(names[i]), "/"));
        assert_null(memchr(escaped, '/', len));
        struct nx_str text = {escaped, len};
        assert_true(text_unescape(text, back, sizeof(back), &back_len));
        assert_int_equal(back_len, strlen(names[i]));
        assert_memory_equal(back, names[i], back_len);
    }
}

static void refuses_to_write_beyond_the_end(void **state) {
    (void)state;
    char out[4];
    size_t len = 1;
    assert_true(text_escape(out, sizeof(out), &len, str("/"), "/"));
    assert_int_equal(len, 4);
    len = 2;
    assert_false(text_escape(out, sizeof(out), &len, str("/"), "/"));
    assert_int_equal(len, 2);
    assert_false(text_unescape(str("12345"), out, sizeof(out), &len));
}

static void refuses_broken_escapes(void **state) {
    (void)state;
    char out[8];
    size_t len;
    assert_false(text_unescape(str("%"), out, sizeof(out), &len));
    assert_false(text_unescape(str("a%2"), out, sizeof(out), &len));
    assert_false(text_unescape(str("%zz"), out, sizeof(out), &len));
}

static void writes_times_as_rfc_3339(void **state) {
    (void)state;
    char time[TEXT_TIME_SIZE];
    text_time(INT64_C(1769860800123), time);
    assert_string_equal(time, "2026-01-31T12:00:00.123Z");
    text_time(0, time);
    assert_string_equal(time, "1970-01-01T00:00:00.000Z");
    text_time(-1, time);
    assert_string_equal(time, "1969-12-31T23:59:59.999Z");
    text_time(INT64_MAX, time);
    assert_string_equal(time, "9999-12-31T23:59:59.999Z");
    text_time(INT64_MIN, time);
    assert_string_equal(time, "0000-01-01T00:00:00.000Z");
}

static void cuts_between_characters(void **state) {
    (void)state;
    struct nx_str text = str("ab\xe2\x82\xac"
                             "c");
    assert_int_equal(text_cut(text, 100).len, 6);
    assert_int_equal(text_cut(text, 5).len, 5);
    assert_int_equal(text_cut(text, 4).len, 2);
    assert_int_equal(text_cut(text, 3).len, 2);
    assert_int_equal(text_cut(text, 0).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(writes_and_reads_sixteen_digits),
            cmocka_unit_test(refuses_what_is_no_number),
            cmocka_unit_test(gives_escaped_names_back),
            cmocka_unit_test(refuses_to_write_beyond_the_end),
            cmocka_unit_test(refuses_broken_escapes),
            cmocka_unit_test(writes_times_as_rfc_3339),
            cmocka_unit_test(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
