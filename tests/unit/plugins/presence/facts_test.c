#include "tests/support/cmocka.h"
#include "tests/unit/plugins/presence/presence_case.h"

static void keeps_last_seen_and_choice_over_a_restart(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id carol = fake_host_connect(host, "carol");
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'busy',"
            "'status_message':'deep work','ref':'1'}");
    fake_host_advance(host, 60000);
    fake_host_disconnect(host, alice, 1001);
    fake_host_advance(host, GRACE_MS + 5000);
    fake_host_disconnect(host, carol, 1001);

    FAKE_ASSERT(host, fake_host_restart(host));

    const struct fake_response *gone =
            fake_host_http(host, "GET", "/api/presence/alice", NULL);
    assert_int_equal(gone->status, 200);
    FAKE_ASSERT_STR(gone->json, "status", "offline");
    FAKE_ASSERT_STR(gone->json, "last_seen", "2026-01-31T12:01:00.000Z");
    assert_true(fake_event_has(gone->json, "status_message"));
    assert_null(fake_event_str(gone->json, "status_message"));
    const struct fake_response *just_gone =
            fake_host_http(host, "GET", "/api/presence/carol", NULL);
    FAKE_ASSERT_STR(just_gone->json, "last_seen", "2026-01-31T12:01:20.000Z");

    fake_host_connect(host, "alice");
    const struct fake_response *back =
            fake_host_http(host, "GET", "/api/presence/alice", NULL);
    FAKE_ASSERT_STR(back->json, "status", "busy");
    FAKE_ASSERT_STR(back->json, "status_message", "deep work");
}

static void stays_invisible_over_a_restart_from_the_first_moment(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    presence_set(host, alice, "invisible");
    FAKE_ASSERT(host, fake_host_restart(host));

    nx_session_id bob = fake_host_connect(host, "bob");
    presence_watch(host, bob, "alice");
    presence_join(host, bob, "r");
    fake_host_hold_engine(host, true);
    alice = fake_host_connect(host, "alice");
    const struct fake_response *online =
            fake_host_http(host, "GET", "/api/ws/online", NULL);
    FAKE_ASSERT_I64(online->json, "count", 1);
    fake_host_hold_engine(host, false);
    fake_host_turn(host);
    presence_join(host, alice, "r");
    FAKE_ASSERT_SILENT(host, bob);
}

static void acknowledges_a_choice_when_it_is_stored(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);
    fake_host_hold_engine(host, true);
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'busy','ref':'1'}");
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'away','ref':'2'}");
    FAKE_ASSERT_SILENT(host, alice);
    FAKE_ASSERT_SILENT(host, bob);

    fake_host_hold_engine(host, false);
    fake_host_turn(host);
    FAKE_EXPECT(first, host, alice, "ack");
    FAKE_ASSERT_STR(first, "status", "busy");
    FAKE_EXPECT(second, host, alice, "ack");
    FAKE_ASSERT_STR(second, "status", "away");
    FAKE_ASSERT_STR(
            presence_get(host, alice, "alice"), "users.0.status", "away");
}

static void fails_a_choice_that_cannot_be_stored(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_advance(host, 5000);
    fake_host_skip(host, bob);
    fake_host_fail(host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'busy','ref':'1'}");
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "engine_unavailable");
    FAKE_ASSERT_STR(error, "ref", "1");
    FAKE_ASSERT_SILENT(host, bob);
    FAKE_ASSERT_STR(
            presence_get(host, bob, "alice"), "users.0.status", "online");
    presence_set(host, alice, "busy");
    PRESENCE_TOLD(host, bob, "presence.busy", "alice");
}

static void bounds_the_choices_that_wait(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_advance(host, 5000);
    fake_host_hold_engine(host, true);
    for (int i = 0; i < 20; i++) {
        presence_send(host, alice,
                "{'event_type':'presence.update','status':'%s'}",
                i % 2 ? "busy" : "away");
    }
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "engine_busy");
    assert_int_equal(fake_host_unread(host, alice), 3);
    fake_host_hold_engine(host, false);
    fake_host_turn(host);
}

static void tries_to_store_last_seen_again(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_advance(host, 5000);
    fake_host_disconnect(host, alice, 1001);
    fake_host_fail(host, FAKE_PUT, 2, NX_ERR_ENGINE_UNAVAILABLE);
    fake_host_advance(host, GRACE_MS + 20000);
    FAKE_ASSERT(host, fake_host_restart(host));
    const struct fake_response *gone =
            fake_host_http(host, "GET", "/api/presence/alice", NULL);
    FAKE_ASSERT_STR(gone->json, "last_seen", "2026-01-31T12:00:05.000Z");
}

static void writes_last_seen_of_many_together_and_rarely(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_advance(host, 5000);
    size_t before = fake_host_engine_count(host, FAKE_PUT);
    for (int i = 0; i < 20; i++) {
        fake_host_disconnect(host, alice, 1001);
        fake_host_advance(host, 1000);
        alice = fake_host_connect(host, "alice");
        fake_host_advance(host, 1000);
        presence_act(host, alice);
    }
    assert_int_equal(fake_host_engine_count(host, FAKE_PUT), before);
    fake_host_advance(host, 600000);
    size_t writes = fake_host_engine_count(host, FAKE_PUT) - before;
    assert_in_range(writes, 1, 3);
}

static int64_t count_online(struct fake_host *host) {
    const struct fake_response *online =
            fake_host_http(host, "GET", "/api/ws/online", NULL);
    return fake_event_i64(online->json, "count");
}

static void hides_and_asks_again_while_storage_does_not_say(void **state) {
    struct fake_host *host = *state;
    fake_host_fail(host, FAKE_GET, 2, NX_ERR_ENGINE_UNAVAILABLE);
    fake_host_connect(host, "alice");
    assert_int_equal(count_online(host), 0);
    fake_host_advance(host, 6000);
    assert_int_equal(count_online(host), 0);
    fake_host_advance(host, 6000);
    assert_int_equal(count_online(host), 1);
}

static void fails_a_request_when_storage_cannot_be_read(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = fake_host_connect(host, "bob");
    fake_host_fail(host, FAKE_GET, 1, NX_ERR_ENGINE_UNAVAILABLE);
    presence_send(host, bob,
            "{'event_type':'presence.subscribe','user_ids':['a','b'],"
            "'ref':'1'}");
    FAKE_EXPECT(error, host, bob, "error");
    FAKE_ASSERT_STR(error, "code", "engine_unavailable");
    fake_host_connect(host, "b");
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_fail(host, FAKE_GET, 1, NX_ERR_ENGINE_UNAVAILABLE);
    const struct fake_response *rest =
            fake_host_http(host, "GET", "/api/presence/x", NULL);
    assert_int_equal(rest->status, 503);
    FAKE_ASSERT_STR(rest->json, "code", "engine_unavailable");
    fake_host_advance(host, 6000);
    assert_int_equal(
            fake_host_http(host, "GET", "/api/presence/x", NULL)->status, 200);
}

static void survives_the_end_while_storage_is_silent(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'busy','ref':'1'}");
    presence_send(
            host, alice, "{'event_type':'presence.get','user_id':'carol'}");
    presence_send(host, alice,
            "{'event_type':'presence.subscribe','user_ids':['a','b']}");
    fake_host_connect(host, "dora");
    fake_host_disconnect(host, alice, 1006);
}

static void answers_rest_for_anybody(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "al ice/1");
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'away',"
            "'status_message':'In a meeting','location':'Meeting Room'}");
    const struct fake_response *here =
            fake_host_http(host, "GET", "/api/presence/al%20ice%2F1", NULL);
    assert_int_equal(here->status, 200);
    FAKE_ASSERT_STR(here->json, "user_id", "al ice/1");
    FAKE_ASSERT_STR(here->json, "status", "away");
    FAKE_ASSERT_STR(here->json, "status_message", "In a meeting");
    FAKE_ASSERT_STR(here->json, "location", "Meeting Room");
    FAKE_ASSERT_STR(here->json, "last_seen", "2026-01-31T12:00:00.000Z");
    const struct fake_response *never =
            fake_host_http(host, "GET", "/api/presence/nobody", NULL);
    assert_int_equal(never->status, 200);
    FAKE_ASSERT_STR(never->json, "status", "offline");
    assert_true(fake_event_has(never->json, "last_seen"));
    assert_null(fake_event_str(never->json, "last_seen"));
    const struct fake_response *bad =
            fake_host_http(host, "GET", "/api/presence/a%0Ab", NULL);
    assert_int_equal(bad->status, 400);
    FAKE_ASSERT_STR(bad->json, "code", "invalid_field");
    assert_string_equal(bad->content_type, "application/problem+json");
    const struct fake_response *warned =
            fake_host_http(host, "GET", "/api/presence/nobody?colour=1", NULL);
    FAKE_ASSERT_STR(warned->json, "warnings.0.field", "colour");
    assert_int_equal(
            fake_host_http(host, "HEAD", "/api/presence/nobody", NULL)->status,
            200);
    assert_int_equal(
            fake_host_http(host, "POST", "/api/presence/nobody", "{}")->status,
            405);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PRESENCE_TEST(keeps_last_seen_and_choice_over_a_restart),
            PRESENCE_TEST(stays_invisible_over_a_restart_from_the_first_moment),
            PRESENCE_TEST(acknowledges_a_choice_when_it_is_stored),
            PRESENCE_TEST(fails_a_choice_that_cannot_be_stored),
            PRESENCE_TEST(bounds_the_choices_that_wait),
            PRESENCE_TEST(tries_to_store_last_seen_again),
            PRESENCE_TEST(writes_last_seen_of_many_together_and_rarely),
            PRESENCE_TEST(hides_and_asks_again_while_storage_does_not_say),
            PRESENCE_TEST(fails_a_request_when_storage_cannot_be_read),
            PRESENCE_TEST(survives_the_end_while_storage_is_silent),
            PRESENCE_TEST(answers_rest_for_anybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
