#include "kernel/core/writer.h"

#include <math.h>
#include <string.h>

#include "kernel/core/json_doc.h"
#include "kernel/core/json_view.h"
#include "tests/support/cmocka.h"

#define MAX_BYTES 65536

static struct clock fake_clock;
static struct writers *ws;
static struct json_doc doc;

static const struct nx_str absent = {NULL, 0};

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&fake_clock, 0);
    json_doc_init(&doc);
    ws = writers_create(&fake_clock, MAX_BYTES);
    return ws ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    writers_destroy(ws);
    json_doc_finish(&doc);
    return 0;
}

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static void parse(const char *text) {
    assert_int_equal(json_doc_parse(&doc, text, strlen(text), 32), NX_OK);
    writers_add_doc(ws, &doc);
}

static const struct nx_json *member(const char *key) {
    return json_view_get(json_doc_root(&doc), key);
}

static void expect_text(struct nx_writer *w, const char *expected) {
    struct nx_str text = writer_text(w);
    assert_non_null(text.ptr);
    assert_string_equal(text.ptr, expected);
    assert_int_equal(text.len, strlen(expected));
    assert_int_equal(writer_status(w), NX_OK);
}

static void expect_failed(struct nx_writer *w, enum nx_err status) {
    assert_int_equal(writer_status(w), status);
    assert_null(writer_text(w).ptr);
    assert_int_equal(writer_text(w).len, 0);
    // And nothing that follows changes that.
    writer_put_null(w, "more");
    writer_end(w);
    writer_fail(w, NX_ERR_INTERNAL);
    assert_int_equal(writer_status(w), status);
    writer_discard(w);
}

// ---- values and structure ----

static void writes_an_empty_object(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    expect_text(w, "{}");
}

static void writes_every_kind_of_value(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_put_str(w, "s", str("a\"b"));
    writer_put_cstr(w, "c", "");
    writer_put_i64(w, "i", INT64_MIN);
    writer_put_u64(w, "u", UINT64_MAX);
    writer_put_f64(w, "f", 0.5);
    writer_put_bool(w, "t", 2);
    writer_put_bool(w, "n", 0);
    writer_put_null(w, "z");
    writer_put_raw(w, "r", str("[ 1 ]"));
    expect_text(w,
            "{\"s\":\"a\\\"b\",\"c\":\"\",\"i\":-9223372036854775808,"
            "\"u\":18446744073709551615,\"f\":0.5,\"t\":true,\"n\":false,"
            "\"z\":null,\"r\":[ 1 ]}");
}

static void writes_objects_and_arrays_in_each_other(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_begin_array(w, "a");
    writer_put_i64(w, NULL, 1);
    writer_begin_object(w, NULL);
    writer_end(w);
    writer_begin_array(w, NULL);
    writer_put_null(w, NULL);
    writer_end(w);
    writer_begin_object(w, NULL);
    writer_put_bool(w, "b", 1);
    writer_end(w);
    writer_end(w);
    writer_begin_object(w, "o");
    writer_begin_array(w, "x");
    writer_end(w);
    writer_end(w);
    writer_put_i64(w, "last", 2);
    expect_text(w,
            "{\"a\":[1,{},[null],{\"b\":true}],\"o\":{\"x\":[]},\"last\":2}");
}

static void escapes_keys(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_put_i64(w, "a\"\n", 1);
    writer_begin_object(w, "\xc3\xa4");
    writer_put_null(w, "");
    expect_text(w, "{\"a\\\"\\n\":1,\"\xc3\xa4\":{\"\":null}}");
}

static void appends_nothing_for_what_is_absent(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_put_str(w, "s", absent);
    writer_put_cstr(w, "c", NULL);
    writer_put_raw(w, "r", absent);
    writer_put_json(w, "j", NULL);
    writer_put_members(w, NULL, NULL);
    writer_put_writer(w, NULL);
    expect_text(w, "{}");
}

static void shows_its_text_at_any_time_and_goes_on(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_begin_array(w, "a");
    writer_begin_object(w, NULL);
    expect_text(w, "{\"a\":[{}]}");
    expect_text(w, "{\"a\":[{}]}");
    writer_put_i64(w, "b", 1);
    expect_text(w, "{\"a\":[{\"b\":1}]}");
    writer_end(w);
    writer_end(w);
    writer_put_i64(w, "c", 2);
    expect_text(w, "{\"a\":[{\"b\":1}],\"c\":2}");
}

// ---- misuse ----

static void refuses_an_end_without_a_begin(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_end(w);
    expect_failed(w, NX_ERR_INVALID);

    w = writer_object(ws);
    writer_begin_array(w, "a");
    writer_end(w);
    writer_end(w);
    expect_failed(w, NX_ERR_INVALID);
}

static void refuses_a_member_without_a_key(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_put_i64(w, NULL, 1);
    expect_failed(w, NX_ERR_INVALID);

    w = writer_object(ws);
    writer_begin_array(w, NULL);
    expect_failed(w, NX_ERR_INVALID);
}

static void refuses_an_item_with_a_key(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_begin_array(w, "a");
    writer_put_i64(w, "b", 1);
    expect_failed(w, NX_ERR_INVALID);

    parse("{\"x\":1}");
    w = writer_object(ws);
    writer_begin_array(w, "a");
    writer_put_members(w, json_doc_root(&doc), NULL);
    expect_failed(w, NX_ERR_INVALID);
}

static void refuses_text_that_is_not_utf8(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_put_str(w, "a", str("\xff"));
    expect_failed(w, NX_ERR_INVALID);

    w = writer_object(ws);
    writer_put_i64(w, "\x80", 1);
    expect_failed(w, NX_ERR_INVALID);
}

static void refuses_numbers_that_are_not_finite(void **state) {
    (void)state;
    const double numbers[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < 3; i++) {
        struct nx_writer *w = writer_object(ws);
        writer_put_f64(w, "a", numbers[i]);
        expect_failed(w, NX_ERR_INVALID);
    }
}

static void refuses_strings_that_cannot_be(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_put_str(w, "a", (struct nx_str){NULL, 3});
    expect_failed(w, NX_ERR_INVALID);

    w = writer_object(ws);
    writer_put_raw(w, "a", str(""));
    expect_failed(w, NX_ERR_INVALID);
}

static void refuses_its_own_text_as_a_value(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_put_cstr(w, "a", "some text");
    writer_put_raw(w, "b", writer_text(w));
    expect_failed(w, NX_ERR_INVALID);

    w = writer_object(ws);
    writer_put_writer(w, w);
    expect_failed(w, NX_ERR_INVALID);
}

static void nests_to_its_limit_and_no_further(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_begin_array(w, "a");
    for (int depth = 2; depth < WRITER_DEPTH_MAX; depth++) {
        writer_begin_array(w, NULL);
    }
    assert_int_equal(writer_status(w), NX_OK);
    assert_int_equal(writer_text(w).len, 5 + 2 * WRITER_DEPTH_MAX - 1);
    writer_begin_object(w, NULL);
    expect_failed(w, NX_ERR_INVALID);
}

static void ignores_every_call_without_a_writer(void **state) {
    (void)state;
    writer_put_str(NULL, "a", str("b"));
    writer_put_i64(NULL, "a", 1);
    writer_put_u64(NULL, "a", 1);
    writer_put_f64(NULL, "a", 1);
    writer_put_bool(NULL, "a", 1);
    writer_put_null(NULL, "a");
    writer_put_raw(NULL, "a", str("1"));
    parse("{\"a\":1}");
    writer_put_json(NULL, "a", member("a"));
    writer_put_members(NULL, json_doc_root(&doc), NULL);
    writer_put_writer(NULL, NULL);
    writer_begin_object(NULL, "a");
    writer_begin_array(NULL, "a");
    writer_end(NULL);
    writer_fail(NULL, NX_ERR_INVALID);
    writer_discard(NULL);
    assert_null(writer_text(NULL).ptr);
    assert_int_equal(writer_status(NULL), NX_ERR_STATE);
}

static void ignores_every_call_after_the_discard(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_discard(w);
    writer_discard(w);
    assert_int_equal(writers_open_count(ws), 0);
    writer_put_i64(w, "a", 1);
    writer_end(w);
    assert_null(writer_text(w).ptr);
    assert_int_equal(writer_status(w), NX_ERR_STATE);

    struct nx_writer *again = writer_object(ws);
    expect_text(again, "{}");
}

static void forgets_a_failure_when_lent_again(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_end(w);
    writer_discard(w);
    w = writer_object(ws);
    writer_put_i64(w, "a", 1);
    expect_text(w, "{\"a\":1}");
}

// ---- the ceiling ----

static void fills_its_bytes_exactly_and_no_further(void **state) {
    (void)state;
    struct writers *small = writers_create(&fake_clock, 12);
    struct nx_writer *w = writer_object(small);
    writer_put_cstr(w, "a", "1234"); // {"a":"1234"}
    expect_text(w, "{\"a\":\"1234\"}");
    writer_begin_array(w, "b");
    expect_failed(w, NX_ERR_TOO_LARGE);

    w = writer_object(small);
    writer_put_cstr(w, "a", "12345");
    expect_failed(w, NX_ERR_TOO_LARGE);
    writers_destroy(small);
}

static void never_has_a_text_above_its_ceiling(void **state) {
    (void)state;
    for (size_t max = 0; max < 100; max++) {
        struct writers *small = writers_create(&fake_clock, max);
        struct nx_writer *w = writer_event(small, "t", str("u"));
        writer_begin_array(w, "list");
        for (int i = 0; i < 10; i++) {
            writer_begin_object(w, NULL);
            writer_put_f64(w, "f", 0.25);
        }
        struct nx_str text = writer_text(w);
        assert_true(text.len <= max);
        assert_int_equal(writer_status(w), NX_ERR_TOO_LARGE);
        writers_destroy(small);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(writes_an_empty_object),
            TEST(writes_every_kind_of_value),
            TEST(writes_objects_and_arrays_in_each_other),
            TEST(escapes_keys),
            TEST(appends_nothing_for_what_is_absent),
            TEST(shows_its_text_at_any_time_and_goes_on),
            TEST(refuses_an_end_without_a_begin),
            TEST(refuses_a_member_without_a_key),
            TEST(refuses_an_item_with_a_key),
            TEST(refuses_text_that_is_not_utf8),
            TEST(refuses_numbers_that_are_not_finite),
            TEST(refuses_strings_that_cannot_be),
            TEST(refuses_its_own_text_as_a_value),
            TEST(nests_to_its_limit_and_no_further),
            TEST(ignores_every_call_without_a_writer),
            TEST(ignores_every_call_after_the_discard),
            TEST(forgets_a_failure_when_lent_again),
            TEST(fills_its_bytes_exactly_and_no_further),
            TEST(never_has_a_text_above_its_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
