#include "kernel/core/admin_out.h"

#include <string.h>

#include "tests/support/cmocka.h"

#define MOST 1000

static void count_call(void *ctx) {
    int *calls = ctx;
    (*calls)++;
}

static bool put(struct admin_out *out, const char *text) {
    struct nx_buf *buf = admin_out_begin(out, strlen(text));
    if (!buf) {
        return false;
    }
    nx_buf_append_cstr(buf, text);
    return admin_out_end(out);
}

static void assert_waits(const struct admin_out *out, const char *text) {
    struct nx_str waiting = admin_out_waiting(out);
    assert_int_equal(waiting.len, strlen(text));
    if (waiting.len > 0) {
        assert_memory_equal(waiting.ptr, text, waiting.len);
    }
}

static void keeps_lines_in_order_and_says_so(void **state) {
    struct admin_out out;
    int calls = 0;
    (void)state;
    admin_out_init(&out, MOST, count_call, &calls);

    assert_waits(&out, "");
    assert_true(put(&out, "one"));
    assert_true(put(&out, "two"));

    assert_int_equal(calls, 2);
    assert_waits(&out, "one\ntwo\n");
    admin_out_sent(&out, 5);
    assert_waits(&out, "wo\n");
    admin_out_sent(&out, 3);
    assert_waits(&out, "");
    admin_out_finish(&out);
}

static void makes_room_of_what_was_sent(void **state) {
    struct admin_out out;
    int calls = 0;
    char text[400];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    admin_out_init(&out, MOST, count_call, &calls);

    assert_true(put(&out, text));
    assert_true(put(&out, text));
    assert_false(put(&out, text));
    admin_out_sent(&out, 399);
    assert_true(put(&out, text));
    assert_int_equal(admin_out_waiting(&out).len, 801);
    assert_false(put(&out, text));
    admin_out_finish(&out);
}

static void takes_a_line_as_long_as_it_may_be(void **state) {
    struct admin_out out;
    int calls = 0;
    char text[MOST];
    (void)state;
    admin_out_init(&out, MOST, count_call, &calls);
    size_t most = admin_out_max(&out);
    memset(text, 'x', sizeof(text));
    text[most] = '\0';

    assert_true(put(&out, text));
    assert_null(admin_out_begin(&out, 1));
    admin_out_sent(&out, most + 1);
    assert_null(admin_out_begin(&out, most + 1));
    assert_null(admin_out_begin(&out, SIZE_MAX));
    admin_out_finish(&out);
}

static void takes_back_a_line_that_grew_too_long(void **state) {
    struct admin_out out;
    int calls = 0;
    (void)state;
    admin_out_init(&out, MOST, count_call, &calls);
    assert_true(put(&out, "kept"));

    struct nx_buf *buf = admin_out_begin(&out, 10);
    char text[MOST];
    memset(text, 'x', sizeof(text));
    assert_false(nx_buf_append(buf, text, sizeof(text)));
    assert_false(admin_out_end(&out));

    assert_int_equal(calls, 1);
    assert_waits(&out, "kept\n");
    assert_true(put(&out, "more"));
    assert_waits(&out, "kept\nmore\n");
    admin_out_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_lines_in_order_and_says_so),
            cmocka_unit_test(makes_room_of_what_was_sent),
            cmocka_unit_test(takes_a_line_as_long_as_it_may_be),
            cmocka_unit_test(takes_back_a_line_that_grew_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
