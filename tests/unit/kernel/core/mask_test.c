#include "kernel/core/mask.h"

#include <string.h>

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static void assert_masked(const char *json, const char *wanted) {
    struct nx_buf out;
    nx_buf_init(&out, 65536);
    assert_true(mask_append(&out, nx_str_c(json)));
    assert_int_equal(out.len, strlen(wanted));
    assert_string_equal(out.data ? out.data : "", wanted);
    assert_true(out.len <= mask_bytes_max(strlen(json)));
    nx_buf_finish(&out);
}

static void leaves_everything_else_alone(void **state) {
    static const char *const texts[] = {"", "{}", "[1,\"token\"]",
            "{\"a\":\"token\",\"b\":\"\\\"token\\\":\\\"x\\\"\"}",
            "{\"tokens\":\"x\",\"Token\":\"y\"}",
            "{\"token\":7,\"resume\":true,\"secret\":null}", NULL};
    (void)state;
    for (const char *const *text = texts; *text; text++) {
        assert_masked(*text, *text);
    }
}

static void masks_texts_at_any_depth(void **state) {
    (void)state;
    assert_masked("{\"token\":\"abc\",\"n\":1}", "{\"token\":\"***\",\"n\":1}");
    assert_masked("{\"a\":[{\"session\":{\"resume_token\":\"x\\\"y\"}}]}",
            "{\"a\":[{\"session\":{\"resume_token\":\"***\"}}]}");
    assert_masked("{\"token\":\"\",\"password\":\"\",\"resume\":\"\"}",
            "{\"token\":\"***\",\"password\":\"***\",\"resume\":\"***\"}");
}

static void is_not_fooled_by_spelling(void **state) {
    (void)state;
    assert_masked("{\"token\" \n : \t\"abc\"}", "{\"token\":\"***\"}");
    assert_masked("{\"\\u0074oken\":\"abc\"}", "{\"\\u0074oken\":\"***\"}");
    assert_masked("{\"a\":\"\\\\\",\"token\":\"abc\"}",
            "{\"a\":\"\\\\\",\"token\":\"***\"}");
}

static void makes_one_line(void **state) {
    (void)state;
    assert_masked("{\n\"a\":\r\n1}", "{ \"a\":  1}");
}

static void survives_what_is_no_json(void **state) {
    static const char *const texts[] = {"\"", "\"\\", "{\"token\":\"",
            "{\"token\":\"\\", "{\"token\":", "{\"token\"", NULL};
    struct nx_buf out;
    (void)state;
    nx_buf_init(&out, 65536);
    for (const char *const *text = texts; *text; text++) {
        assert_true(mask_append(&out, nx_str_c(*text)));
    }
    nx_buf_finish(&out);
}

static void says_when_the_buffer_is_full(void **state) {
    struct nx_buf out;
    (void)state;
    nx_buf_init(&out, 12);
    assert_false(mask_append(&out, nx_str_c("{\"token\":\"0123456789\"}")));
    nx_buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(leaves_everything_else_alone),
            cmocka_unit_test(masks_texts_at_any_depth),
            cmocka_unit_test(is_not_fooled_by_spelling),
            cmocka_unit_test(makes_one_line),
            cmocka_unit_test(survives_what_is_no_json),
            cmocka_unit_test(says_when_the_buffer_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
