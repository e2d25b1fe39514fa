#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static void expect_content(const struct nx_buf *buf, const char *text) {
    assert_int_equal(buf->len, strlen(text));
    assert_string_equal(buf->data, text);
}

static void allocates_nothing_until_used(void **state) {
    (void)state;
    struct nx_buf buf;

    nx_buf_init(&buf, 100);

    assert_null(buf.data);
    assert_true(nx_buf_append(&buf, NULL, 0));
    assert_null(buf.data);
    nx_buf_finish(&buf);
}

static void finishes_a_zeroed_buffer(void **state) {
    (void)state;
    struct nx_buf buf = {0};

    nx_buf_finish(&buf);

    assert_null(buf.data);
}

static void joins_what_is_appended(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 100);

    nx_buf_append(&buf, "abXX", 2);
    nx_buf_append_char(&buf, '/');
    nx_buf_append_cstr(&buf, "cd");
    nx_buf_append_u64(&buf, 10);
    nx_buf_append_i64(&buf, -5);
    nx_buf_appendf(&buf, "<%s %d>", "x", 7);

    expect_content(&buf, "ab/cd10-5<x 7>");
    nx_buf_finish(&buf);
}

static void fills_exactly_to_its_limit(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 5);

    assert_true(nx_buf_append_cstr(&buf, "123"));
    assert_true(nx_buf_appendf(&buf, "%d", 45));

    expect_content(&buf, "12345");
    assert_int_equal(buf.cap, 5);
    nx_buf_finish(&buf);
}

static void refuses_to_exceed_its_limit(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 5);
    nx_buf_append_cstr(&buf, "1234");

    assert_false(nx_buf_append_cstr(&buf, "56"));

    assert_true(buf.failed);
    expect_content(&buf, "1234");
    nx_buf_finish(&buf);
}

static void refuses_a_length_that_would_wrap(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, SIZE_MAX / 2);
    nx_buf_append_cstr(&buf, "1234");

    assert_null(nx_buf_reserve(&buf, SIZE_MAX - 2));

    expect_content(&buf, "1234");
    nx_buf_finish(&buf);
}

static void refuses_formatted_text_beyond_its_limit(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 5);
    nx_buf_append_cstr(&buf, "1234");

    assert_false(nx_buf_appendf(&buf, "%d", 56));

    assert_true(buf.failed);
    expect_content(&buf, "1234");
    nx_buf_finish(&buf);
}

static void stays_failed_until_cleared(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 3);

    assert_false(nx_buf_append_cstr(&buf, "1234"));
    assert_false(nx_buf_append_char(&buf, '1'));
    assert_false(nx_buf_append(&buf, NULL, 0));
    assert_false(nx_buf_appendf(&buf, "1"));
    assert_null(nx_buf_reserve(&buf, 1));
    assert_int_equal(buf.len, 0);
    nx_buf_clear(&buf);

    assert_false(buf.failed);
    assert_true(nx_buf_append_cstr(&buf, "123"));
    expect_content(&buf, "123");
    nx_buf_finish(&buf);
}

static void keeps_its_memory_when_cleared(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 1000);
    nx_buf_append_cstr(&buf, "text");
    const char *data = buf.data;

    nx_buf_clear(&buf);

    assert_ptr_equal(buf.data, data);
    expect_content(&buf, "");
    nx_buf_finish(&buf);
}

static void formats_text_longer_than_its_room(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 1000);
    nx_buf_append_cstr(&buf, "a");

    assert_true(nx_buf_appendf(&buf, "%0300d", 1));

    assert_int_equal(buf.len, 301);
    assert_int_equal(buf.data[300], '1');
    assert_int_equal(buf.data[301], '\0');
    nx_buf_finish(&buf);
}

static void writes_into_reserved_room(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 1000);
    nx_buf_append_cstr(&buf, "ab");

    char *room = nx_buf_reserve(&buf, 500);
    assert_non_null(room);
    memset(room, 'c', 4);
    nx_buf_commit(&buf, 2);

    expect_content(&buf, "abcc");
    nx_buf_finish(&buf);
}

static void gives_memory_back_when_shrunk(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 10000);
    assert_non_null(nx_buf_reserve(&buf, 10000));
    nx_buf_append_cstr(&buf, "abc");

    nx_buf_shrink(&buf, 0);
    assert_int_equal(buf.cap, 3);
    expect_content(&buf, "abc");
    nx_buf_clear(&buf);
    nx_buf_shrink(&buf, 0);

    assert_null(buf.data);
    assert_int_equal(buf.cap, 0);
    assert_true(nx_buf_append_cstr(&buf, "again"));
    expect_content(&buf, "again");
    nx_buf_finish(&buf);
}

static void keeps_as_much_as_asked_when_shrunk(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 10000);
    assert_non_null(nx_buf_reserve(&buf, 5000));

    nx_buf_shrink(&buf, 6000);
    assert_int_equal(buf.cap, 5000);
    nx_buf_shrink(&buf, 100);

    assert_int_equal(buf.cap, 100);
    nx_buf_finish(&buf);
}

static void hands_its_content_over(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 10);
    nx_buf_append_cstr(&buf, "abc");

    size_t len = 0;
    char *taken = nx_buf_take(&buf, &len);

    assert_string_equal(taken, "abc");
    assert_int_equal(len, 3);
    assert_null(buf.data);
    assert_true(nx_buf_append_cstr(&buf, "0123456789"));
    free(taken);
    nx_buf_finish(&buf);
}

static void hands_nothing_over_when_failed_or_empty(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 4);
    size_t len = 99;

    assert_null(nx_buf_take(&buf, &len));
    assert_int_equal(len, 0);
    nx_buf_append_cstr(&buf, "abc");
    nx_buf_append_cstr(&buf, "def");
    len = 99;
    assert_null(nx_buf_take(&buf, &len));

    assert_int_equal(len, 0);
    assert_false(buf.failed);
    assert_true(nx_buf_append_cstr(&buf, "abcd"));
    nx_buf_finish(&buf);
}

static void expect_number(struct nx_buf *buf, int64_t number) {
    char expected[64];
    nx_buf_clear(buf);
    nx_buf_append_i64(buf, number);
    nx_buf_append_char(buf, ' ');
    nx_buf_append_u64(buf, (uint64_t)number);
    (void)snprintf(expected, sizeof(expected), "%" PRId64 " %" PRIu64, number,
            (uint64_t)number);
    expect_content(buf, expected);
}

static void writes_numbers_as_printf_does(void **state) {
    (void)state;
    struct nx_buf buf;
    nx_buf_init(&buf, 100);

    const int64_t edges[] = {
            0, 9, 10, 99, 100, -1, -10, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        expect_number(&buf, edges[i]);
    }
    uint64_t seed = 1;
    for (int i = 0; i < 10000; i++) {
        uint64_t shift = prng_below(&seed, 64);
        expect_number(&buf, (int64_t)(prng_next(&seed) >> shift));
    }
    nx_buf_finish(&buf);
}

// Any series of appends gives what a large array and its rules would.
static void behaves_like_an_array_with_a_limit(void **state) {
    (void)state;
    uint64_t seed = 2;
    struct nx_buf buf;
    nx_buf_init(&buf, 3000);
    char model[3000];
    size_t model_len = 0;

    for (int i = 0; i < 20000; i++) {
        char piece[200];
        size_t len = prng_below(&seed, sizeof(piece));
        memset(piece, (int)('a' + prng_below(&seed, 26)), sizeof(piece));
        bool fits = len <= sizeof(model) - model_len;
        assert_int_equal(nx_buf_append(&buf, piece, len), fits);
        if (fits) {
            memcpy(model + model_len, piece, len);
            model_len += len;
        }
        assert_int_equal(buf.len, model_len);
        assert_memory_equal(buf.data ? buf.data : "", model, model_len);
        if (!fits) {
            nx_buf_clear(&buf);
            nx_buf_shrink(&buf, prng_below(&seed, 3000));
            model_len = 0;
        }
    }
    nx_buf_finish(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(allocates_nothing_until_used),
            cmocka_unit_test(finishes_a_zeroed_buffer),
            cmocka_unit_test(joins_what_is_appended),
            cmocka_unit_test(fills_exactly_to_its_limit),
            cmocka_unit_test(refuses_to_exceed_its_limit),
            cmocka_unit_test(refuses_a_length_that_would_wrap),
            cmocka_unit_test(refuses_formatted_text_beyond_its_limit),
            cmocka_unit_test(stays_failed_until_cleared),
            cmocka_unit_test(keeps_its_memory_when_cleared),
            cmocka_unit_test(formats_text_longer_than_its_room),
            cmocka_unit_test(writes_into_reserved_room),
            cmocka_unit_test(gives_memory_back_when_shrunk),
            cmocka_unit_test(keeps_as_much_as_asked_when_shrunk),
            cmocka_unit_test(hands_its_content_over),
            cmocka_unit_test(hands_nothing_over_when_failed_or_empty),
            cmocka_unit_test(writes_numbers_as_printf_does),
            cmocka_unit_test(behaves_like_an_array_with_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
