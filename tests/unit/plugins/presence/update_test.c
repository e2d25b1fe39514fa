#include "tests/support/cmocka.h"
#include "tests/unit/plugins/presence/presence_case.h"

// alice with two devices, and bob who watches her.
struct people {
    nx_session_id alice;
    nx_session_id tablet;
    nx_session_id bob;
};

static struct people meet(struct fake_host *host) {
    struct people people;
    people.bob = presence_watcher(host);
    people.alice = fake_host_connect(host, "alice");
    people.tablet = fake_host_connect(host, "alice");
    fake_host_skip(host, people.alice);
    fake_host_skip(host, people.tablet);
    fake_host_skip(host, people.bob);
    return people;
}

static void is_told_with_its_texts(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);

    presence_send(host, people.alice,
            "{'event_type':'presence.update','status':'away',"
            "'status_message':'In a meeting','location':'Meeting Room'}");

    FAKE_EXPECT(away, host, people.bob, "presence.away");
    FAKE_ASSERT_STR(away, "user_id", "alice");
    FAKE_ASSERT_STR(away, "status", "away");
    FAKE_ASSERT_STR(away, "status_message", "In a meeting");
    FAKE_ASSERT_STR(away, "location", "Meeting Room");
    FAKE_EXPECT(synced, host, people.tablet, "presence.update");
    FAKE_ASSERT_STR(synced, "user_id", "alice");
    FAKE_ASSERT_STR(synced, "status", "away");
    FAKE_ASSERT_SILENT(host, people.alice);
    FAKE_ASSERT_SILENT(host, people.tablet);
    FAKE_ASSERT_SILENT(host, people.bob);
}

static void is_acknowledged_once_and_says_everything(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    presence_send(host, people.alice,
            "{'event_type':'presence.update','status':'busy',"
            "'status_message':'x','ref':'1'}");
    FAKE_EXPECT(ack, host, people.alice, "ack");
    FAKE_ASSERT_STR(ack, "status", "busy");
    FAKE_ASSERT_STR(ack, "status_message", "x");
    FAKE_ASSERT_SILENT(host, people.alice);
    fake_host_skip(host, people.bob);

    const struct fake_event *again = presence_set(host, people.alice, "busy");
    assert_false(fake_event_has(again, "status_message"));
    FAKE_EXPECT(update, host, people.bob, "presence.update");
    FAKE_ASSERT_STR(update, "status", "busy");
    assert_false(fake_event_has(update, "status_message"));

    presence_set(host, people.alice, "busy");
    FAKE_ASSERT_SILENT(host, people.bob);
}

static void stays_until_it_is_changed(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    presence_set(host, people.alice, "busy");
    PRESENCE_TOLD(host, people.bob, "presence.busy", "alice");

    fake_host_advance(host, 2 * AWAY_MS);
    presence_act(host, people.alice);
    FAKE_ASSERT_SILENT(host, people.bob);
    fake_host_disconnect(host, people.alice, 1001);
    fake_host_disconnect(host, people.tablet, 1001);
    fake_host_advance(host, 2 * GRACE_MS);
    PRESENCE_TOLD(host, people.bob, "presence.offline", "alice");

    people.alice = fake_host_connect(host, "alice");
    PRESENCE_TOLD(host, people.bob, "presence.busy", "alice");
    presence_set(host, people.alice, "online");
    PRESENCE_TOLD(host, people.bob, "presence.online", "alice");
    fake_host_advance(host, AWAY_MS + 100);
    PRESENCE_TOLD(host, people.bob, "presence.away", "alice");
}

static void invisible_looks_offline_everywhere(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    presence_join(host, people.alice, "r");
    presence_join(host, people.bob, "r");
    fake_host_advance(host, 60000);
    fake_host_skip(host, people.bob);

    const struct fake_event *ack =
            presence_set(host, people.alice, "invisible");
    FAKE_ASSERT_STR(ack, "status", "invisible");
    FAKE_EXPECT(synced, host, people.tablet, "presence.update");
    FAKE_ASSERT_STR(synced, "status", "invisible");
    FAKE_EXPECT(left, host, people.bob, "room.leave");
    FAKE_ASSERT_STR(left, "user_id", "alice");
    FAKE_EXPECT(gone, host, people.bob, "presence.offline");
    FAKE_ASSERT_STR(gone, "last_seen", "2026-01-31T12:01:00.000Z");

    fake_host_advance(host, 60000);
    presence_send(host, people.alice,
            "{'event_type':'presence.update','status':'invisible',"
            "'status_message':'secret'}");
    presence_act(host, people.alice);
    FAKE_ASSERT_SILENT(host, people.bob);
    const struct fake_event *got = presence_get(host, people.bob, "alice");
    FAKE_ASSERT_STR(got, "users.0.status", "offline");
    FAKE_ASSERT_STR(got, "users.0.last_seen", "2026-01-31T12:01:00.000Z");
    assert_false(fake_event_has(got, "users.0.status_message"));
    const struct fake_response *rest =
            fake_host_http(host, "GET", "/api/presence/alice", NULL);
    FAKE_ASSERT_STR(rest->json, "status", "offline");
    FAKE_ASSERT_STR(rest->json, "last_seen", "2026-01-31T12:01:00.000Z");
    const struct fake_response *online =
            fake_host_http(host, "GET", "/api/ws/online", NULL);
    FAKE_ASSERT_I64(online->json, "count", 1);
    const struct fake_response *room =
            fake_host_http(host, "GET", "/api/ws/rooms/r", NULL);
    FAKE_ASSERT_I64(room->json, "count", 1);
    FAKE_ASSERT_STR(room->json, "members.0.user_id", "bob");
}

static void invisible_is_known_to_oneself(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    presence_set(host, people.alice, "invisible");
    const struct fake_event *own = presence_get(host, people.tablet, "alice");
    FAKE_ASSERT_STR(own, "users.0.status", "invisible");
}

static void invisible_may_go_and_come_unseen(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    presence_set(host, people.alice, "invisible");
    fake_host_skip(host, people.bob);
    fake_host_disconnect(host, people.alice, 1001);
    fake_host_disconnect(host, people.tablet, 1001);
    fake_host_advance(host, 2 * GRACE_MS);
    people.alice = fake_host_connect(host, "alice");
    fake_host_advance(host, 2 * AWAY_MS);
    FAKE_ASSERT_SILENT(host, people.bob);
    FAKE_ASSERT_STR(presence_get(host, people.bob, "alice"),
            "users.0.last_seen", "2026-01-31T12:00:00.000Z");

    presence_set(host, people.alice, "online");
    PRESENCE_TOLD(host, people.bob, "presence.online", "alice");
}

static void refuses_what_is_no_status(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    const char *const wrong[] = {"'offline'", "'Online'", "''", "'x'", "7",
            "null", "['away']",
            "'a very long status that nobody knows of at all'"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        presence_send(host, people.alice,
                "{'event_type':'presence.update','status':%s}", wrong[i]);
        FAKE_EXPECT(error, host, people.alice, "error");
        FAKE_ASSERT_STR(error, "code", "invalid_field");
        FAKE_ASSERT_STR(error, "details.field", "status");
    }
    presence_send(host, people.alice, "{'event_type':'presence.update'}");
    FAKE_EXPECT(missing, host, people.alice, "error");
    FAKE_ASSERT_STR(missing, "code", "missing_field");
    FAKE_ASSERT_SILENT(host, people.bob);
    FAKE_ASSERT_SILENT(host, people.tablet);
}

static void refuses_texts_that_are_too_long_or_not_clean(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    char longer[300];
    memset(longer, 'x', sizeof(longer));
    longer[257] = '\0';
    presence_send(host, people.alice,
            "{'event_type':'presence.update','status':'away',"
            "'status_message':'%s'}",
            longer);
    FAKE_EXPECT(long_one, host, people.alice, "error");
    FAKE_ASSERT_STR(long_one, "code", "invalid_field");
    FAKE_ASSERT_STR(long_one, "details.field", "status_message");
    presence_send(host, people.alice,
            "{'event_type':'presence.update','status':'away',"
            "'location':'a\\nb'}");
    FAKE_EXPECT(dirty, host, people.alice, "error");
    FAKE_ASSERT_STR(dirty, "code", "invalid_field");
    FAKE_ASSERT_STR(dirty, "details.field", "location");
    presence_send(host, people.alice,
            "{'event_type':'presence.update','status':'away',"
            "'location':{'room':1}}");
    FAKE_EXPECT(wrong, host, people.alice, "error");
    FAKE_ASSERT_STR(wrong, "code", "invalid_field");
    FAKE_ASSERT_SILENT(host, people.bob);
    FAKE_ASSERT_STR(presence_get(host, people.bob, "alice"), "users.0.status",
            "online");
}

static void may_have_empty_texts(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    presence_send(host, people.alice,
            "{'event_type':'presence.update','status':'away',"
            "'status_message':'','location':null}");
    FAKE_EXPECT(away, host, people.bob, "presence.away");
    assert_false(fake_event_has(away, "status_message"));
    assert_false(fake_event_has(away, "location"));
}

static void is_limited_in_its_rate(void **state) {
    (void)state;
    struct fake_host *host =
            presence_with("plugins.presence.updates_per_minute=3", NULL);
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id tablet = fake_host_connect(host, "alice");
    presence_set(host, alice, "busy");
    presence_set(host, tablet, "away");
    presence_set(host, alice, "busy");
    fake_host_skip(host, alice);
    fake_host_advance(host, 20000);
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'away','ref':'x'}");
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "rate_limited");
    FAKE_ASSERT_STR(
            error, "details.limit", "plugins.presence.updates_per_minute");
    int64_t wait = fake_event_i64(error, "retry_after_ms");
    assert_in_range(wait, 1, 60000);
    fake_host_advance(host, wait);
    presence_set(host, alice, "away");
    fake_host_destroy(host);
}

static void may_come_from_another_plugin(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    assert_int_equal(fake_host_emit(host, "presence.update", "alice",
                             "{\"status\":\"busy\"}"),
            NX_OK);
    fake_host_turn(host);
    PRESENCE_TOLD(host, people.bob, "presence.busy", "alice");
}

static void is_unknown_what_is_for_the_server_to_say(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    presence_send(host, people.alice, "{'event_type':'presence.online'}");
    FAKE_EXPECT(error, host, people.alice, "error");
    FAKE_ASSERT_STR(error, "code", "unknown_event");
    FAKE_ASSERT_SILENT(host, people.bob);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PRESENCE_TEST(is_told_with_its_texts),
            PRESENCE_TEST(is_acknowledged_once_and_says_everything),
            PRESENCE_TEST(stays_until_it_is_changed),
            PRESENCE_TEST(invisible_looks_offline_everywhere),
            PRESENCE_TEST(invisible_is_known_to_oneself),
            PRESENCE_TEST(invisible_may_go_and_come_unseen),
            PRESENCE_TEST(refuses_what_is_no_status),
            PRESENCE_TEST(refuses_texts_that_are_too_long_or_not_clean),
            PRESENCE_TEST(may_have_empty_texts),
            cmocka_unit_test(is_limited_in_its_rate),
            PRESENCE_TEST(may_come_from_another_plugin),
            PRESENCE_TEST(is_unknown_what_is_for_the_server_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
