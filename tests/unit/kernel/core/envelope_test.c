#include "kernel/core/envelope.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"

#define START_MS INT64_C(1769860800123) // 2026-01-31T12:00:00.123Z

static struct clock fake_clock;
static struct writers *ws;
static struct json_doc doc;
static struct envelope envelope;

static const struct nx_str absent = {NULL, 0};

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&fake_clock, START_MS);
    json_doc_init(&doc);
    ws = writers_create(&fake_clock, 65536);
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

static enum nx_err read_text(const char *text) {
    assert_int_equal(json_doc_parse(&doc, text, strlen(text), 32), NX_OK);
    memset(&envelope, 0xa5, sizeof(envelope));
    return envelope_read(&doc, &envelope);
}

static void expect_error(const char *text, enum nx_err err, const char *field) {
    assert_int_equal(read_text(text), err);
    assert_string_equal(envelope.field, field);
    assert_memory_equal(envelope.reason, field, strlen(field));
}

static void expect_text(struct nx_writer *w, const char *expected) {
    struct nx_str text = writer_text(w);
    assert_non_null(text.ptr);
    assert_string_equal(text.ptr, expected);
    writer_discard(w);
}

// ---- reading ----

static void reads_type_and_ref(void **state) {
    (void)state;
    assert_int_equal(
            read_text("{\"x\":1,\"ref\":\"r-1\",\"event_type\":\"chat.a\"}"),
            NX_OK);
    assert_string_equal(envelope.type.ptr, "chat.a");
    assert_int_equal(envelope.type.len, 6);
    assert_string_equal(envelope.ref.ptr, "r-1");
    assert_int_equal(envelope.ref.len, 3);
    assert_null(envelope.field);
    assert_null(envelope.reason);
}

static void tells_an_absent_ref_from_an_empty_one(void **state) {
    (void)state;
    assert_int_equal(read_text("{\"event_type\":\"a\"}"), NX_OK);
    assert_null(envelope.ref.ptr);
    assert_int_equal(read_text("{\"event_type\":\"a\",\"ref\":\"\"}"), NX_OK);
    assert_non_null(envelope.ref.ptr);
    assert_int_equal(envelope.ref.len, 0);
}

static void refuses_a_root_that_is_no_object(void **state) {
    (void)state;
    static const char *const texts[] = {
            "[]", "[{\"event_type\":\"a\"}]", "null", "\"event_type\"", "7"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(read_text(texts[i]), NX_ERR_BAD_REQUEST);
        assert_null(envelope.field);
        assert_string_equal(envelope.reason, "send a JSON object");
    }
    json_doc_clear(&doc);
    assert_int_equal(envelope_read(&doc, &envelope), NX_ERR_BAD_REQUEST);
}

static void refuses_an_event_without_a_type(void **state) {
    (void)state;
    expect_error("{}", NX_ERR_MISSING_FIELD, "event_type");
    assert_string_equal(envelope.reason, "event_type is required");
}

static void refuses_types_of_other_characters(void **state) {
    (void)state;
    static const char *const types[] = {"\"\"", "\"a b\"", "\"\xc3\xa4\"",
            "\"a/b\"", "\"a\\n\"", "\"a\\\\\"", "\"a,b\"", "\"a@\"", "\"[\"",
            "\"`\"", "\"{\"", "\"a;\"", "null", "7", "[\"a\"]"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "{\"event_type\":%s}", types[i]);
        expect_error(text, NX_ERR_INVALID_FIELD, "event_type");
    }
    assert_int_equal(read_text("{\"event_type\":\"azAZ09_.:-\"}"), NX_OK);
}

static enum nx_err read_long(const char *key, size_t len) {
    char value[100];
    char text[200];
    memset(value, 'a', sizeof(value));
    value[len] = '\0';
    (void)snprintf(text, sizeof(text), "{%s\"%s\":\"%s\"}",
            key[0] == 'r' ? "\"event_type\":\"t\"," : "", key, value);
    return read_text(text);
}

static void limits_the_length_of_type_and_ref(void **state) {
    (void)state;
    assert_int_equal(read_long("event_type", ENVELOPE_TYPE_MAX), NX_OK);
    assert_int_equal(read_long("event_type", ENVELOPE_TYPE_MAX + 1),
            NX_ERR_INVALID_FIELD);
    assert_int_equal(read_long("ref", ENVELOPE_REF_MAX), NX_OK);
    assert_int_equal(
            read_long("ref", ENVELOPE_REF_MAX + 1), NX_ERR_INVALID_FIELD);
    assert_string_equal(envelope.field, "ref");
    assert_string_equal(envelope.type.ptr, "t");
}

static void refuses_refs_that_are_no_names(void **state) {
    (void)state;
    static const char *const refs[] = {"1", "null", "{}", "\"a\\u0001\""};
    for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "{\"event_type\":\"a\",\"ref\":%s}",
                refs[i]);
        expect_error(text, NX_ERR_INVALID_FIELD, "ref");
        assert_null(envelope.ref.ptr);
    }
}

static void keeps_the_ref_for_an_error_about_the_type(void **state) {
    (void)state;
    expect_error("{\"ref\":\"r\"}", NX_ERR_MISSING_FIELD, "event_type");
    assert_string_equal(envelope.ref.ptr, "r");
    assert_null(envelope.type.ptr);
    expect_error("{\"event_type\":\"\",\"ref\":1}", NX_ERR_INVALID_FIELD,
            "event_type");
}

// ---- ack and result ----

static void acknowledges_with_the_ref_alone(void **state) {
    (void)state;
    struct fields_unknown nothing = {0};
    expect_text(envelope_ack(ws, str("r\"1"), NULL, NULL),
            "{\"event_type\":\"ack\",\"ref\":\"r\\\"1\"}");
    expect_text(envelope_ack(ws, str("r"), &nothing, writer_object(ws)),
            "{\"event_type\":\"ack\",\"ref\":\"r\"}");
}

static void acknowledges_with_the_members_of_a_result(void **state) {
    (void)state;
    struct nx_writer *result = writer_object(ws);
    writer_put_raw(result, "seq", str(" 5.0"));
    writer_begin_array(result, "list");
    struct fields_unknown warnings = {
            .count = 2, .kept = 2, .name = {"a\"b", "c"}};

    expect_text(envelope_ack(ws, str("r"), &warnings, result),
            "{\"event_type\":\"ack\",\"ref\":\"r\",\"seq\": 5.0,\"list\":[],"
            "\"warnings\":[{\"code\":\"unknown_field\",\"field\":\"a\\\"b\"},"
            "{\"code\":\"unknown_field\",\"field\":\"c\"}]}");
    // The result is still the caller's.
    expect_text(result, "{\"seq\": 5.0,\"list\":[]}");
}

static void counts_the_warnings_it_cannot_name(void **state) {
    (void)state;
    struct fields_unknown warnings = {.count = 12, .kept = 1, .name = {"a"}};
    expect_text(envelope_ack(ws, str("r"), &warnings, NULL),
            "{\"event_type\":\"ack\",\"ref\":\"r\","
            "\"warnings\":[{\"code\":\"unknown_field\",\"field\":\"a\"},"
            "{\"code\":\"unknown_field\",\"more\":11}]}");
}

static void answers_with_an_event_of_the_same_type(void **state) {
    (void)state;
    struct nx_writer *result = writer_object(ws);
    writer_put_i64(result, "count", 3);

    struct nx_writer *w = envelope_result(ws, str("room.join"), result);

    struct nx_str text = writer_text(w);
    static const char head[] = "{\"event_type\":\"room.join\",\"event_id\":\"";
    static const char tail[] =
            "-1\",\"timestamp\":\"2026-01-31T12:00:00.123Z\",\"count\":3}";
    assert_memory_equal(text.ptr, head, strlen(head));
    assert_string_equal(text.ptr + strlen(head) + 8, tail);

    w = envelope_result(ws, str("a"), NULL);
    assert_int_equal(writer_status(w), NX_OK);
    w = envelope_result(ws, absent, NULL);
    assert_int_equal(writer_status(w), NX_ERR_INVALID);
}

static void passes_the_failure_of_a_result_on(void **state) {
    (void)state;
    struct nx_writer *result = writer_object(ws);
    writer_end(result);
    assert_int_equal(writer_status(envelope_ack(ws, str("r"), NULL, result)),
            NX_ERR_INVALID);
    assert_int_equal(writer_status(envelope_result(ws, str("t"), result)),
            NX_ERR_INVALID);
}

static void answers_while_plugins_hold_all_writers(void **state) {
    (void)state;
    while (writer_object(ws)) {
    }
    expect_text(envelope_ack(ws, str("r"), NULL, NULL),
            "{\"event_type\":\"ack\",\"ref\":\"r\"}");
    while (writer_answer(ws, absent)) {
    }
    const struct envelope_failure failure = {.status = NX_ERR_LIMIT};
    assert_null(envelope_ack(ws, str("r"), NULL, NULL));
    assert_null(envelope_result(ws, str("r"), NULL));
    assert_null(envelope_error(ws, &failure));
    assert_null(envelope_problem(ws, NX_ERR_LIMIT, NULL, absent));
}

// ---- errors ----

static void reports_a_bare_status(void **state) {
    (void)state;
    const struct envelope_failure failure = {.status = NX_ERR_NOT_MEMBER};
    expect_text(envelope_error(ws, &failure),
            "{\"event_type\":\"error\",\"code\":\"not_member\","
            "\"message\":\"you are not a member\"}");
}

static void reports_everything_there_is(void **state) {
    (void)state;
    struct nx_writer *details = writer_object(ws);
    writer_put_i64(details, "have", 7);
    const struct envelope_failure failure = {
            .status = NX_ERR_RATE_LIMITED,
            .code = "too_eager",
            .message = str("slow \"down\""),
            .in_reply_to = str("chat.edit"),
            .ref = str("r"),
            .field = "content",
            .limit_name = "messages_per_second",
            .details = details,
            .retry_after_ms = 250,
    };
    expect_text(envelope_error(ws, &failure),
            "{\"event_type\":\"error\",\"code\":\"too_eager\","
            "\"message\":\"slow \\\"down\\\"\",\"in_reply_to\":\"chat.edit\","
            "\"ref\":\"r\",\"details\":{\"field\":\"content\","
            "\"limit\":\"messages_per_second\",\"have\":7},"
            "\"retry_after_ms\":250}");
}

static void leaves_empty_details_out(void **state) {
    (void)state;
    const struct envelope_failure failure = {
            .status = NX_ERR_GONE, .details = writer_object(ws)};
    expect_text(envelope_error(ws, &failure),
            "{\"event_type\":\"error\",\"code\":\"gone\","
            "\"message\":\"it is no longer there\"}");
}

static void reports_an_error_whatever_a_plugin_gave(void **state) {
    (void)state;
    struct nx_writer *details = writer_object(ws);
    writer_end(details);
    const struct envelope_failure failure = {.status = -1234,
            .message = str("\xff"),
            .details = details,
            .field = "a"};
    expect_text(envelope_error(ws, &failure),
            "{\"event_type\":\"error\",\"code\":\"internal\","
            "\"message\":\"the server made a mistake\","
            "\"details\":{\"field\":\"a\"}}");
}

// ---- REST ----

static void describes_a_problem_to_a_back_end(void **state) {
    (void)state;
    expect_text(envelope_problem(
                        ws, NX_ERR_NOT_FOUND, "No room", str("no room \"x\"")),
            "{\"type\":\"about:blank\",\"title\":\"No room\",\"status\":404,"
            "\"code\":\"not_found\",\"detail\":\"no room \\\"x\\\"\"}");
    expect_text(envelope_problem(ws, NX_ERR_TOO_LARGE, NULL, absent),
            "{\"type\":\"about:blank\",\"title\":\"Content Too Large\","
            "\"status\":413,\"code\":\"too_large\","
            "\"detail\":\"the message or a field is too large\"}");
}

static void knows_a_title_for_every_status(void **state) {
    (void)state;
    static const nx_status all[] = {
#define STATUS(name, number, word, http, text) number,
            NX_ERRORS(STATUS)
#undef STATUS
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct nx_writer *w = envelope_problem(ws, all[i], NULL, absent);
        assert_null(strstr(writer_text(w).ptr, "\"title\":\"Error\""));
        writer_discard(w);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(reads_type_and_ref),
            TEST(tells_an_absent_ref_from_an_empty_one),
            TEST(refuses_a_root_that_is_no_object),
            TEST(refuses_an_event_without_a_type),
            TEST(refuses_types_of_other_characters),
            TEST(limits_the_length_of_type_and_ref),
            TEST(refuses_refs_that_are_no_names),
            TEST(keeps_the_ref_for_an_error_about_the_type),
            TEST(acknowledges_with_the_ref_alone),
            TEST(acknowledges_with_the_members_of_a_result),
            TEST(counts_the_warnings_it_cannot_name),
            TEST(answers_with_an_event_of_the_same_type),
            TEST(passes_the_failure_of_a_result_on),
            TEST(answers_while_plugins_hold_all_writers),
            TEST(reports_a_bare_status),
            TEST(reports_everything_there_is),
            TEST(leaves_empty_details_out),
            TEST(reports_an_error_whatever_a_plugin_gave),
            TEST(describes_a_problem_to_a_back_end),
            TEST(knows_a_title_for_every_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
