#include "kernel/net/uri.h"

#include <string.h>

#include <nexus/util/buf.h>

#include "tests/support/cmocka.h"

typedef bool (*append_fn)(struct nx_buf *out, const char *text, size_t len);

static void expect(append_fn append, const char *text, const char *encoded) {
    struct nx_buf out;
    nx_buf_init(&out, 1024);
    assert_true(append(&out, text, strlen(text)));
    assert_string_equal(out.data ? out.data : "", encoded);
    nx_buf_finish(&out);
}

static void leaves_plain_text_alone(void **state) {
    (void)state;
    expect(uri_append_path, "/api/ws/rooms/a-b_c.d~e:f@g",
            "/api/ws/rooms/a-b_c.d~e:f@g");
    expect(uri_append_argument, "user_id=alice", "user_id=alice");
}

static void encodes_what_would_be_read_as_something_else(void **state) {
    (void)state;
    expect(uri_append_path, "/a b%c?d#e+f", "/a%20b%25c%3Fd%23e%2Bf");
    expect(uri_append_argument, "q=a&b c+d", "q=a%26b%20c%2Bd");
}

static void keeps_the_first_equals_sign_of_an_argument(void **state) {
    (void)state;
    expect(uri_append_argument, "token=a=b==", "token=a%3Db%3D%3D");
    expect(uri_append_argument, "flag", "flag");
    expect(uri_append_argument, "=x", "=x");
}

static void encodes_bytes_that_are_no_ascii(void **state) {
    (void)state;
    expect(uri_append_path, "/\xc3\xa4\x7f", "/%C3%A4%7F");
}

static void says_when_there_is_no_room(void **state) {
    (void)state;
    struct nx_buf out;
    nx_buf_init(&out, 8);
    assert_false(uri_append_path(&out, "/123456789", 10));
    nx_buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(leaves_plain_text_alone),
            cmocka_unit_test(encodes_what_would_be_read_as_something_else),
            cmocka_unit_test(keeps_the_first_equals_sign_of_an_argument),
            cmocka_unit_test(encodes_bytes_that_are_no_ascii),
            cmocka_unit_test(says_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
