#include "tests/support/cmocka.h"
#include "tests/unit/plugins/presence/presence_case.h"

static void reaches_those_who_share_a_room_once(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id carol = fake_host_connect(host, "carol");
    const char *const rooms[] = {"r1", "r2", "r3"};
    for (size_t i = 0; i < 3; i++) {
        presence_join(host, alice, rooms[i]);
        presence_join(host, bob, rooms[i]);
    }
    presence_watch(host, bob, "alice");
    fake_host_skip(host, alice);
    fake_host_skip(host, bob);
    fake_host_skip(host, carol);

    presence_set(host, alice, "busy");

    PRESENCE_TOLD(host, bob, "presence.busy", "alice");
    FAKE_ASSERT_SILENT(host, bob);
    FAKE_ASSERT_SILENT(host, carol);
    FAKE_ASSERT_SILENT(host, alice);
}

static void reaches_rooms_that_were_left_with_the_connection(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id carol = fake_host_connect(host, "carol");
    presence_join(host, alice, "r");
    presence_join(host, bob, "r");
    presence_join(host, alice, "other");
    presence_join(host, carol, "other");
    presence_send(host, alice,
            "{'event_type':'room.leave','room_id':'other','ref':'l'}");
    fake_host_skip(host, bob);
    fake_host_skip(host, carol);

    fake_host_disconnect(host, alice, 1001);
    FAKE_EXPECT(left, host, bob, "room.leave");
    (void)left;
    fake_host_advance(host, GRACE_MS + 100);
    PRESENCE_TOLD(host, bob, "presence.offline", "alice");
    FAKE_ASSERT_SILENT(host, carol);
}

static void reaches_a_room_that_is_entered_once(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    presence_join(host, bob, "r1");
    presence_join(host, bob, "r2");
    fake_host_skip(host, bob);

    const char *const joins[] = {
            "{\"event_type\":\"room.join\",\"room_id\":\"r1\"}",
            "{\"event_type\":\"room.join\",\"room_id\":\"r2\"}",
    };
    fake_host_send_quietly(host, alice, joins[0]);
    fake_host_send_quietly(host, alice, joins[1]);
    fake_host_turn(host);

    size_t joined = 0;
    size_t online = 0;
    const struct fake_event *event;
    while ((event = fake_host_next(host, bob))) {
        joined += strcmp(fake_event_type(event), "room.join") == 0;
        online += strcmp(fake_event_type(event), "presence.online") == 0;
    }
    assert_int_equal(joined, 2);
    assert_int_equal(online, 1);
    presence_join(host, bob, "r3");
    presence_join(host, alice, "r3");
    FAKE_EXPECT(once_more, host, bob, "room.join");
    (void)once_more;
    FAKE_ASSERT_SILENT(host, bob);
    nx_session_id tablet = fake_host_connect(host, "alice");
    presence_join(host, tablet, "r1");
    FAKE_ASSERT_SILENT(host, bob);
}

static void leaves_rooms_out_when_told_to(void **state) {
    (void)state;
    struct fake_host *host =
            presence_with("plugins.presence.room_events=false", NULL);
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    presence_join(host, alice, "r");
    presence_join(host, bob, "r");
    fake_host_skip(host, bob);
    presence_set(host, alice, "busy");
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_destroy(host);
}

static void gives_large_rooms_numbers_only(void **state) {
    (void)state;
    struct fake_host *host =
            presence_with("plugins.presence.room_limit=3", NULL);
    const char *const names[] = {"alice", "bob", "carol", "dora"};
    nx_session_id sessions[4];
    for (size_t i = 0; i < 4; i++) {
        sessions[i] = fake_host_connect(host, names[i]);
        presence_join(host, sessions[i], "hall");
    }
    fake_host_advance(host, 6000);
    for (size_t i = 0; i < 4; i++) {
        fake_host_skip(host, sessions[i]);
    }

    presence_set(host, sessions[0], "busy");
    presence_set(host, sessions[1], "invisible");
    fake_host_await(host, sessions[3], "room.leave");
    FAKE_ASSERT_SILENT(host, sessions[3]);
    fake_host_advance(host, 5100);

    FAKE_EXPECT(counts, host, sessions[3], "presence.counts");
    FAKE_ASSERT_STR(counts, "room", "room:hall");
    FAKE_ASSERT_I64(counts, "online", 2);
    FAKE_ASSERT_I64(counts, "away", 0);
    FAKE_ASSERT_I64(counts, "busy", 1);
    assert_false(fake_event_has(counts, "user_id"));
    FAKE_ASSERT_SILENT(host, sessions[3]);
    fake_host_advance(host, 60000);
    FAKE_ASSERT_SILENT(host, sessions[3]);
    fake_host_destroy(host);
}

static void gives_a_slow_client_the_newest_state_and_no_more(void **state) {
    (void)state;
    struct fake_host *host = presence_with("plugins.presence.slow_bytes=1024",
            "plugins.presence.updates_per_minute=0");
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);
    fake_host_stop_reading(host, bob, true);
    for (int i = 0; i < 100; i++) {
        presence_set(host, alice, i % 2 ? "busy" : "away");
    }
    fake_host_advance(host, 5000);
    presence_set(host, alice, "online");
    fake_host_stop_reading(host, bob, false);
    fake_host_advance(host, 1000);

    size_t count = fake_host_unread(host, bob);
    assert_in_range(count, 2, 20);
    const struct fake_event *last = NULL;
    const struct fake_event *event;
    while ((event = fake_host_next(host, bob))) {
        last = event;
    }
    FAKE_ASSERT_STR(last, "event_type", "presence.online");
    assert_true(fake_host_is_open(host, bob));

    presence_set(host, alice, "busy");
    PRESENCE_TOLD(host, bob, "presence.busy", "alice");
    fake_host_destroy(host);
}

static void forgets_a_slow_client_that_leaves(void **state) {
    (void)state;
    struct fake_host *host =
            presence_with("plugins.presence.slow_bytes=1024", NULL);
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_stop_reading(host, bob, true);
    for (int i = 0; i < 30; i++) {
        presence_set(host, alice, i % 2 ? "busy" : "away");
    }
    fake_host_disconnect(host, bob, 1006);
    fake_host_disconnect(host, alice, 1006);
    fake_host_advance(host, 2 * GRACE_MS);
    const struct fake_response *metrics =
            fake_host_http(host, "GET", "/metrics", NULL);
    assert_non_null(strstr(metrics->body, "nexus_presence_behind 0"));
    assert_non_null(strstr(metrics->body, "nexus_presence_users 0"));
    fake_host_destroy(host);
}

static void survives_a_crowd_that_comes_and_goes(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id crowd[500];
    char name[32];
    for (size_t i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof(name), "user%zu", i);
        crowd[i] = fake_host_connect(host, name);
    }
    size_t before = fake_host_sent_count(host, bob);
    for (size_t i = 0; i < 500; i++) {
        fake_host_disconnect(host, crowd[i], 1006);
    }
    fake_host_advance(host, 2 * GRACE_MS);
    assert_int_equal(fake_host_sent_count(host, bob), before);
    const struct fake_response *metrics =
            fake_host_http(host, "GET", "/metrics", NULL);
    // bob, and alice whom he watches.
    assert_non_null(strstr(metrics->body, "nexus_presence_users 2"));
    assert_non_null(strstr(metrics->body, "nexus_presence_online 1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PRESENCE_TEST(reaches_those_who_share_a_room_once),
            PRESENCE_TEST(reaches_rooms_that_were_left_with_the_connection),
            PRESENCE_TEST(reaches_a_room_that_is_entered_once),
            cmocka_unit_test(leaves_rooms_out_when_told_to),
            cmocka_unit_test(gives_large_rooms_numbers_only),
            cmocka_unit_test(gives_a_slow_client_the_newest_state_and_no_more),
            cmocka_unit_test(forgets_a_slow_client_that_leaves),
            PRESENCE_TEST(survives_a_crowd_that_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
