#include "tests/unit/kernel/core/host_fixture.h"

static const struct nx_field fields[] = {
        {"content", NX_JSON_STRING, NX_FIELD_REQUIRED, 1, 10},
        {NULL, 0, 0, 0, 0},
};

static int32_t expecting(void *user, const struct nx_event *ev) {
    return probe.sdk.json->expect(probe.host, ev, fields);
}

static nx_session_id alice_says(const char *json) {
    probe.on_event = expecting;
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    fake_host_send(probe.fake, alice, json);
    return alice;
}

static void names_the_missing_field_in_the_error(void **state) {
    nx_session_id alice = alice_says("{\"event_type\":\"probe.x\"}");
    FAKE_EXPECT(error, probe.fake, alice, "error");
    FAKE_ASSERT_STR(error, "code", "missing_field");
    FAKE_ASSERT_STR(error, "details.field", "content");
}

static void warns_of_unknown_fields_in_the_ack(void **state) {
    nx_session_id alice =
            alice_says("{\"event_type\":\"probe.x\",\"ref\":\"1\","
                       "\"content\":\"hi\",\"colour\":1}");
    FAKE_EXPECT(ack, probe.fake, alice, "ack");
    FAKE_ASSERT_STR(ack, "warnings.0.field", "colour");
}

static void refuses_unknown_fields_when_strict(void **state) {
    probe_load();
    fake_host_set(probe.fake, "protocol.strict=true");
    probe_run();
    nx_session_id alice = alice_says(
            "{\"event_type\":\"probe.x\",\"content\":\"hi\",\"colour\":1}");
    FAKE_EXPECT(error, probe.fake, alice, "error");
    FAKE_ASSERT_STR(error, "code", "unknown_field");
    fake_host_destroy(probe.fake);
}

static void checks_a_raised_event_that_has_no_op(void **state) {
    probe.on_event = expecting;
    assert_int_equal(
            fake_host_emit(probe.fake, "probe.x", "bob", "{\"content\":1}"),
            NX_OK);
    assert_int_equal(probe.events, 1);
}

static void parses_text_of_the_plugins_own(void **state) {
    const struct nx_json_v1 *json = probe.sdk.json;
    const struct nx_json *root =
            json->parse(probe.host, nx_str_c("{\"a\":[1,2,{\"b\":\"c\"}]}"));
    const struct nx_json *list = json->get(root, "a");
    int64_t number = 0;
    assert_int_equal(json->count(list), 3);
    assert_int_equal(json->i64(json->at(list, 1), &number), NX_OK);
    assert_int_equal(number, 2);
    struct nx_str text = json->str(json->get(json->at(list, 2), "b"));
    assert_true(nx_str_is(text, "c"));
    assert_true(nx_str_is(json->raw(probe.host, list), "[1,2,{\"b\":\"c\"}]"));
}

static void parses_nothing_that_is_not_json(void **state) {
    const struct nx_json_v1 *json = probe.sdk.json;
    assert_null(json->parse(probe.host, nx_str_c("{\"a\":")));
    assert_null(json->parse(probe.host, nx_str_c("")));
    assert_null(json->parse(probe.host, nx_str_none()));
    assert_null(json->parse(NULL, nx_str_c("{}")));
}

static void reads_what_is_absent(void **state) {
    const struct nx_json_v1 *json = probe.sdk.json;
    int64_t number = 0;
    int32_t truth = 0;
    double real = 0;
    assert_int_equal(json->kind(NULL), NX_JSON_NONE);
    assert_null(json->get(NULL, "a"));
    assert_null(json->get(NULL, NULL));
    assert_null(json->at(NULL, 0));
    assert_int_equal(json->count(NULL), 0);
    assert_null(json->str(NULL).ptr);
    assert_int_equal(json->i64(NULL, &number), NX_ERR_INVALID);
    assert_int_equal(json->i64(NULL, NULL), NX_ERR_INVALID);
    assert_int_equal(json->f64(NULL, &real), NX_ERR_INVALID);
    assert_int_equal(json->boolean(NULL, &truth), NX_ERR_INVALID);
    assert_null(json->raw(probe.host, NULL).ptr);
    json->each(NULL, NULL, NULL);
    assert_int_equal(json->expect(probe.host, NULL, NULL), NX_ERR_INVALID);
}

static void writes_nothing_without_a_writer(void **state) {
    const struct nx_json_v1 *json = probe.sdk.json;
    json->put_str(NULL, "a", nx_str_c("b"));
    json->put_i64(NULL, "a", 1);
    json->put_raw(NULL, "a", nx_str_c("1"));
    json->put_json(NULL, "a", NULL);
    json->put_members(NULL, NULL, NULL);
    json->begin_object(NULL, "a");
    json->end(NULL);
    json->discard(NULL);
    assert_null(json->text(NULL).ptr);
}

static void refuses_a_text_that_has_a_length_but_no_place(void **state) {
    const struct nx_json_v1 *json = probe.sdk.json;
    struct nx_writer *writer = json->object(probe.host);
    json->put_str(writer, "a", nx_str_n(NULL, 5));
    assert_null(json->text(writer).ptr);
    json->discard(writer);
}

static void writes_an_event_with_its_envelope(void **state) {
    const struct nx_json_v1 *json = probe.sdk.json;
    assert_null(json->event(probe.host, NULL, nx_str_none()));
    struct nx_writer *writer =
            json->event(probe.host, "probe.x", nx_str_c("alice"));
    struct nx_str text = json->text(writer);
    const struct nx_json *root = json->parse(probe.host, text);
    assert_true(nx_str_is(json->str(json->get(root, "user_id")), "alice"));
    assert_true(nx_str_is(json->str(json->get(root, "timestamp")),
            "2026-01-31T12:00:00.000Z"));
    json->discard(writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PROBE_TEST(names_the_missing_field_in_the_error),
            PROBE_TEST(warns_of_unknown_fields_in_the_ack),
            cmocka_unit_test(refuses_unknown_fields_when_strict),
            PROBE_TEST(checks_a_raised_event_that_has_no_op),
            PROBE_TEST(parses_text_of_the_plugins_own),
            PROBE_TEST(parses_nothing_that_is_not_json),
            PROBE_TEST(reads_what_is_absent),
            PROBE_TEST(writes_nothing_without_a_writer),
            PROBE_TEST(refuses_a_text_that_has_a_length_but_no_place),
            PROBE_TEST(writes_an_event_with_its_envelope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
