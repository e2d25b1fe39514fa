#include "tests/unit/kernel/core/host_fixture.h"

static nx_session_id alice_says(const char *json) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    fake_host_send(probe.fake, alice, json);
    return alice;
}

static int32_t later(void *user, const struct nx_event *ev) {
    return NX_LATER;
}

static void acknowledges_a_request_with_a_ref(void **state) {
    nx_session_id alice =
            alice_says("{\"event_type\":\"probe.ask\",\"ref\":\"r1\"}");
    FAKE_EXPECT(ack, probe.fake, alice, "ack");
    FAKE_ASSERT_STR(ack, "ref", "r1");
    FAKE_ASSERT_SILENT(probe.fake, alice);
}

static void is_silent_about_a_request_without_a_ref(void **state) {
    nx_session_id alice = alice_says("{\"event_type\":\"probe.ask\"}");
    assert_int_equal(probe.events, 1);
    FAKE_ASSERT_SILENT(probe.fake, alice);
}

static void answers_later_and_only_once(void **state) {
    probe.on_event = later;
    nx_session_id alice =
            alice_says("{\"event_type\":\"probe.ask\",\"ref\":\"r1\"}");
    FAKE_ASSERT_SILENT(probe.fake, alice);
    struct nx_writer *result = probe.sdk.json->object(probe.host);
    probe.sdk.json->put_i64(result, "answer", 42);

    assert_int_equal(
            probe.sdk.router->reply(probe.host, probe.op, result, 0), NX_OK);
    assert_int_equal(probe.sdk.router->reply(probe.host, probe.op, NULL, 0),
            NX_ERR_GONE);

    fake_host_turn(probe.fake);
    FAKE_EXPECT(ack, probe.fake, alice, "ack");
    FAKE_ASSERT_I64(ack, "answer", 42);
}

static void answers_with_an_event_of_the_requests_type(void **state) {
    probe.on_event = later;
    nx_session_id alice = alice_says("{\"event_type\":\"probe.ask\"}");

    assert_int_equal(probe.sdk.router->reply(
                             probe.host, probe.op, NULL, NX_REPLY_RESULT),
            NX_OK);

    fake_host_turn(probe.fake);
    FAKE_EXPECT(result, probe.fake, alice, "probe.ask");
    assert_true(fake_event_has(result, "event_id"));
}

static void fails_with_the_plugins_own_word_and_details(void **state) {
    probe.on_event = later;
    nx_session_id alice =
            alice_says("{\"event_type\":\"probe.ask\",\"ref\":\"r1\"}");
    struct nx_writer *details = probe.sdk.json->object(probe.host);
    probe.sdk.json->put_str(details, "why", nx_str_c("moon"));
    const struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = NX_ERR_CONFLICT,
            .code = "wrong_moon",
            .message = nx_str_c("the moon is wrong"),
            .details = details,
            .retry_after_ms = 250,
    };

    assert_int_equal(
            (probe.sdk.router->fail)(probe.host, probe.op, &failure), NX_OK);

    fake_host_turn(probe.fake);
    FAKE_EXPECT(error, probe.fake, alice, "error");
    FAKE_ASSERT_STR(error, "code", "wrong_moon");
    FAKE_ASSERT_STR(error, "message", "the moon is wrong");
    FAKE_ASSERT_STR(error, "in_reply_to", "probe.ask");
    FAKE_ASSERT_STR(error, "details.why", "moon");
    FAKE_ASSERT_I64(error, "retry_after_ms", 250);
}

static void treats_a_failure_without_an_error_as_its_own_mistake(void **state) {
    probe.on_event = later;
    nx_session_id alice = alice_says("{\"event_type\":\"probe.ask\"}");
    const struct nx_failure failure = {.struct_size = sizeof(failure)};

    (probe.sdk.router->fail)(probe.host, probe.op, &failure);

    fake_host_turn(probe.fake);
    FAKE_EXPECT(error, probe.fake, alice, "error");
    FAKE_ASSERT_STR(error, "code", "internal");
}

static void refuses_a_failure_without_a_size(void **state) {
    probe.on_event = later;
    alice_says("{\"event_type\":\"probe.ask\"}");
    const struct nx_failure failure = {.status = NX_ERR_CONFLICT};

    assert_int_equal((probe.sdk.router->fail)(probe.host, probe.op, &failure),
            NX_ERR_INVALID);
    assert_int_equal((probe.sdk.router->fail)(probe.host, probe.op, NULL),
            NX_ERR_INVALID);
}

static void says_gone_when_the_client_has_left(void **state) {
    probe.on_event = later;
    nx_session_id alice = alice_says("{\"event_type\":\"probe.ask\"}");
    fake_host_disconnect(probe.fake, alice, 1001);

    assert_int_equal(probe.sdk.router->reply(probe.host, probe.op, NULL, 0),
            NX_ERR_GONE);
}

static void consumes_the_writer_of_every_failed_reply(void **state) {
    for (int i = 0; i < 100; i++) {
        struct nx_writer *result = probe.sdk.json->object(probe.host);
        assert_non_null(result);
        probe.sdk.router->reply(probe.host, 12345, result, 0);
        struct nx_writer *details = probe.sdk.json->object(probe.host);
        assert_non_null(details);
        const struct nx_failure failure = {
                .struct_size = sizeof(failure), .details = details};
        (probe.sdk.router->fail)(probe.host, 12345, &failure);
        struct nx_writer *event = probe_event_of("nobody.listens");
        assert_non_null(event);
        probe.sdk.router->emit(
                probe.host, nx_str_c("nobody.listens"), nx_str_none(), event);
    }
}

static void registers_only_while_it_starts(void **state) {
    const struct nx_router_v1 *router = probe.sdk.router;
    assert_int_equal(
            router->handle(probe.host, "probe.late", probe_event, NULL),
            NX_ERR_STATE);
    assert_int_equal(
            router->observe(probe.host, "", probe_event, NULL), NX_ERR_STATE);
    assert_int_equal(
            router->on_session(probe.host, NX_SESSION_OPENED, NULL, NULL),
            NX_ERR_STATE);
}

static nx_status handle_foreign(void) {
    return probe.sdk.router->handle(probe.host, "foreign.", probe_event, NULL);
}

static void refuses_a_prefix_that_the_info_does_not_claim(void **state) {
    probe_load();
    probe.on_start = handle_foreign;
    fake_host_keep_log(probe.fake);

    assert_false(fake_host_start(probe.fake));
    assert_true(fake_host_logged(probe.fake, "foreign."));
    fake_host_destroy(probe.fake);
}

static nx_status register_badly(void) {
    const struct nx_router_v1 *router = probe.sdk.router;
    assert_int_equal(router->handle(probe.host, NULL, probe_event, NULL),
            NX_ERR_INVALID);
    assert_int_equal(
            router->handle(probe.host, "probe.a", NULL, NULL), NX_ERR_INVALID);
    assert_int_equal(router->handle(probe.host, "probe.", probe_event, NULL),
            NX_ERR_EXISTS);
    assert_int_equal(
            router->observe(probe.host, "", NULL, NULL), NX_ERR_INVALID);
    assert_int_equal(
            router->on_session(probe.host, 0, NULL, NULL), NX_ERR_INVALID);
    return NX_OK;
}

static void survives_arguments_that_are_not_there(void **state) {
    probe_load();
    probe.on_start = register_badly;
    probe_run();
    const struct nx_router_v1 *router = probe.sdk.router;
    assert_int_equal(
            router->emit(probe.host, nx_str_none(), nx_str_none(), NULL),
            NX_ERR_NO_MEMORY);
    assert_int_equal(router->emit(probe.host, nx_str_none(), nx_str_none(),
                             probe_event_of("probe.a")),
            NX_ERR_INVALID);
    assert_int_equal(router->reply(NULL, 1, NULL, 0), NX_ERR_INVALID);
    fake_host_destroy(probe.fake);
}

static void raises_an_event_for_another_plugin(void **state) {
    probe_load();
    fake_host_listen(probe.fake, "other.");
    probe_run();
    struct nx_writer *event = probe_event_of("other.thing");
    probe.sdk.json->put_i64(event, "n", 3);

    assert_int_equal(probe.sdk.router->emit(probe.host, nx_str_c("other.thing"),
                             nx_str_c("bob"), event),
            NX_OK);
    assert_null(fake_host_heard(probe.fake, NULL));

    fake_host_turn(probe.fake);
    const char *user = NULL;
    const struct fake_event *heard = fake_host_heard(probe.fake, &user);
    assert_non_null(heard);
    assert_string_equal(user, "bob");
    FAKE_ASSERT_I64(heard, "n", 3);
    fake_host_destroy(probe.fake);
}

static void tells_when_nobody_owns_a_raised_event(void **state) {
    assert_int_equal(probe.sdk.router->emit(probe.host, nx_str_c("nobody.at"),
                             nx_str_none(), probe_event_of("nobody.at")),
            NX_ERR_NOT_FOUND);
}

static void receives_what_another_plugin_raises(void **state) {
    assert_int_equal(fake_host_emit(probe.fake, "probe.hello", "carol",
                             "{\"event_type\":\"probe.hello\"}"),
            NX_OK);
    assert_int_equal(probe.events, 1);
    assert_int_equal(probe.op, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PROBE_TEST(acknowledges_a_request_with_a_ref),
            PROBE_TEST(is_silent_about_a_request_without_a_ref),
            PROBE_TEST(answers_later_and_only_once),
            PROBE_TEST(answers_with_an_event_of_the_requests_type),
            PROBE_TEST(fails_with_the_plugins_own_word_and_details),
            PROBE_TEST(treats_a_failure_without_an_error_as_its_own_mistake),
            PROBE_TEST(refuses_a_failure_without_a_size),
            PROBE_TEST(says_gone_when_the_client_has_left),
            PROBE_TEST(consumes_the_writer_of_every_failed_reply),
            PROBE_TEST(registers_only_while_it_starts),
            cmocka_unit_test(refuses_a_prefix_that_the_info_does_not_claim),
            cmocka_unit_test(survives_arguments_that_are_not_there),
            cmocka_unit_test(raises_an_event_for_another_plugin),
            PROBE_TEST(tells_when_nobody_owns_a_raised_event),
            PROBE_TEST(receives_what_another_plugin_raises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
