#include <string.h>

#include "kernel/core/json_doc.h"
#include "kernel/core/json_view.h"
#include "kernel/core/writer.h"
#include "tests/support/cmocka.h"

#define MAX_BYTES  65536
#define START_MS   INT64_C(1769860800123) // 2026-01-31T12:00:00.123Z
#define EVENT_TAIL "\",\"timestamp\":\"2026-01-31T12:00:00.123Z\""

static struct clock fake_clock;
static struct writers *ws;
static struct json_doc doc;

static const struct nx_str absent = {NULL, 0};

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&fake_clock, START_MS);
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

// ---- the pool ----

static void lends_no_more_than_its_limit(void **state) {
    (void)state;
    for (size_t i = 0; i < WRITERS_OPEN_MAX; i++) {
        assert_non_null(writer_object(ws));
    }
    assert_null(writer_object(ws));
    assert_null(writer_event(ws, "a", absent));

    for (size_t i = 0; i < WRITERS_RESERVE; i++) {
        assert_non_null(writer_answer(ws, absent));
    }
    assert_null(writer_answer(ws, absent));
    assert_int_equal(
            writers_open_count(ws), WRITERS_OPEN_MAX + WRITERS_RESERVE);
    assert_int_equal(writers_reap(ws, 0), WRITERS_OPEN_MAX + WRITERS_RESERVE);
    assert_non_null(writer_object(ws));
}

static void lends_the_same_memory_again(void **state) {
    (void)state;
    struct nx_writer *w = writer_object(ws);
    writer_discard(w);
    assert_ptr_equal(writer_object(ws), w);
}

static void reaps_what_was_lent_since_the_mark(void **state) {
    (void)state;
    struct nx_writer *before = writer_object(ws);
    uint64_t mark = writers_mark(ws);
    struct nx_writer *left_open = writer_object(ws);
    writer_discard(writer_object(ws));
    writer_object(ws);

    assert_int_equal(writers_reap(ws, mark), 2);

    assert_int_equal(writer_status(left_open), NX_ERR_STATE);
    assert_int_equal(writers_open_count(ws), 1);
    expect_text(before, "{}");
    assert_int_equal(writers_reap(ws, mark), 0);
    assert_int_equal(writers_reap(ws, 0), 1);
}

static void accepts_a_pool_that_is_not_there(void **state) {
    (void)state;
    writers_destroy(NULL);
}

// ---- events ----

static void begins_an_event_with_its_four_members(void **state) {
    (void)state;
    struct nx_writer *w = writer_event(ws, "chat.message", str("al\"ice"));
    writer_put_i64(w, "seq", 5);
    struct nx_str text = writer_text(w);
    static const char head[] =
            "{\"event_type\":\"chat.message\",\"event_id\":\"";
    static const char tail[] =
            "-1" EVENT_TAIL ",\"user_id\":\"al\\\"ice\",\"seq\":5}";

    assert_memory_equal(text.ptr, head, strlen(head));
    assert_int_equal(strspn(text.ptr + strlen(head), "0123456789abcdef"), 8);
    assert_string_equal(text.ptr + strlen(head) + 8, tail);
}

static void leaves_out_the_user_of_an_event_without_one(void **state) {
    (void)state;
    struct nx_writer *w = writer_event(ws, "a", absent);
    assert_null(strstr(writer_text(w).ptr, "user_id"));

    w = writer_answer(ws, str("b"));
    assert_null(strstr(writer_text(w).ptr, "user_id"));
    assert_non_null(strstr(writer_text(w).ptr, "-2" EVENT_TAIL "}"));

    w = writer_answer(ws, absent);
    expect_text(w, "{}");
}

static void refuses_an_event_without_a_type(void **state) {
    (void)state;
    expect_failed(writer_event(ws, NULL, absent), NX_ERR_INVALID);
}

static void never_gives_an_event_id_twice(void **state) {
    (void)state;
    struct writers *other = writers_create(&fake_clock, MAX_BYTES);
    char ids[600][80];
    for (int i = 0; i < 600; i++) {
        struct nx_writer *w = writer_event(i < 300 ? ws : other, "t", absent);
        struct nx_str text = writer_text(w);
        assert_true(text.len < sizeof(ids[i]) + 60);
        memcpy(ids[i], strstr(text.ptr, "event_id"), 40);
        ids[i][40] = '\0';
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(ids[i], ids[k]);
        }
        writer_discard(w);
    }
    writers_destroy(other);
}

// ---- values that were read ----

static void copies_a_member_of_the_message_byte_by_byte(void **state) {
    (void)state;
    parse("{\"a\": {\"x\" : 1.0e2 ,\"y\":\"\\u00e4\\/\"} , \"b\": 0.10 }");
    struct nx_writer *w = writer_object(ws);
    writer_put_json(w, "b", member("b"));
    writer_put_json(w, "a", member("a"));
    expect_text(w, "{\"b\":0.10,\"a\":{\"x\" : 1.0e2 ,\"y\":\"\\u00e4\\/\"}}");
}

static void copies_the_whole_message(void **state) {
    (void)state;
    parse(" { \"a\" : [ ] }\n");
    struct nx_writer *w = writer_object(ws);
    writer_begin_array(w, "list");
    writer_put_json(w, NULL, json_doc_root(&doc));
    writer_put_json(w, NULL, json_doc_root(&doc));
    expect_text(w, "{\"list\":[{ \"a\" : [ ] },{ \"a\" : [ ] }]}");
}

static void writes_values_further_down_again(void **state) {
    (void)state;
    parse("{\"a\": {\"x\" : 0.1 ,\"y\":[ null , \"\\u00e4\"]} }");
    struct nx_writer *w = writer_object(ws);
    writer_put_json(w, "x", json_view_get(member("a"), "x"));
    writer_put_json(w, "y", json_view_get(member("a"), "y"));
    expect_text(w, "{\"x\":0.1,\"y\":[null,\"\xc3\xa4\"]}");
}

static void copies_from_several_documents(void **state) {
    (void)state;
    parse("{\"a\": [ 1 ]}");
    struct json_doc other;
    json_doc_init(&other);
    assert_int_equal(
            json_doc_parse_copy(&other, "{\"b\":[ 2 ]}", 11, 32), NX_OK);
    const struct nx_json *b = json_view_get(json_doc_root(&other), "b");
    writers_add_doc(ws, &other);
    writers_add_doc(ws, &other);

    struct nx_writer *w = writer_object(ws);
    writer_put_json(w, "a", member("a"));
    writer_put_json(w, "b", b);
    expect_text(w, "{\"a\":[ 1 ],\"b\":[ 2 ]}");
    assert_int_equal(writers_raw(ws, b).len, 5);
    assert_int_equal(writers_raw(ws, member("a")).len, 5);
    assert_int_equal(writers_raw(ws, json_view_at(b, 0)).len, 1);
    json_doc_finish(&other);

    w = writer_object(ws);
    writer_put_json(w, "a", member("a"));
    expect_text(w, "{\"a\":[ 1 ]}");
}

static void writes_values_of_a_document_it_was_not_told(void **state) {
    (void)state;
    assert_int_equal(json_doc_parse(&doc, "{\"a\":[ 1 ]}", 11, 32), NX_OK);
    struct nx_writer *w = writer_object(ws);
    writer_put_json(w, "a", member("a"));
    expect_text(w, "{\"a\":[1]}");
    assert_null(writers_raw(ws, member("a")).ptr);
    assert_null(writers_raw(ws, NULL).ptr);
}

static void copies_all_members_but_those_excepted(void **state) {
    (void)state;
    parse("{\"event_type\":\"x\", \"a\": 1.0, \"b\\n\" : [ ],\"c\":{}}");
    static const char *const except[] = {"event_type", "c", "zzz", NULL};
    struct nx_writer *w = writer_object(ws);
    writer_put_null(w, "first");
    writer_put_members(w, json_doc_root(&doc), except);
    expect_text(w, "{\"first\":null,\"a\":1.0,\"b\\n\":[ ]}");

    w = writer_object(ws);
    writer_put_members(w, json_doc_root(&doc), NULL);
    writer_put_members(w, member("a"), NULL);
    expect_text(w, "{\"event_type\":\"x\",\"a\":1.0,\"b\\n\":[ ],\"c\":{}}");
}

static void takes_over_the_members_of_another_writer(void **state) {
    (void)state;
    struct nx_writer *from = writer_object(ws);
    struct nx_writer *w = writer_object(ws);
    writer_put_writer(w, from);
    expect_text(w, "{}");
    writer_put_i64(from, "a", 1);
    writer_begin_array(from, "b");
    writer_put_i64(from, NULL, 2);
    writer_put_writer(w, from);
    writer_put_i64(w, "c", 3);
    expect_text(w, "{\"a\":1,\"b\":[2],\"c\":3}");
    expect_text(from, "{\"a\":1,\"b\":[2]}");
}

static void takes_over_the_failure_of_another_writer(void **state) {
    (void)state;
    struct nx_writer *from = writer_object(ws);
    struct nx_writer *w = writer_object(ws);
    writer_fail(from, NX_ERR_TOO_LARGE);
    writer_put_writer(w, from);
    expect_failed(w, NX_ERR_TOO_LARGE);

    w = writer_object(ws);
    writer_begin_array(w, "a");
    writer_put_writer(w, writer_object(ws));
    expect_failed(w, NX_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(lends_no_more_than_its_limit),
            TEST(lends_the_same_memory_again),
            TEST(reaps_what_was_lent_since_the_mark),
            TEST(accepts_a_pool_that_is_not_there),
            TEST(begins_an_event_with_its_four_members),
            TEST(leaves_out_the_user_of_an_event_without_one),
            TEST(refuses_an_event_without_a_type),
            TEST(never_gives_an_event_id_twice),
            TEST(copies_a_member_of_the_message_byte_by_byte),
            TEST(copies_the_whole_message),
            TEST(writes_values_further_down_again),
            TEST(copies_from_several_documents),
            TEST(writes_values_of_a_document_it_was_not_told),
            TEST(copies_all_members_but_those_excepted),
            TEST(takes_over_the_members_of_another_writer),
            TEST(takes_over_the_failure_of_another_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
