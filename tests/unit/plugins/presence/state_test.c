#include "tests/support/cmocka.h"
#include "tests/support/plugin_once.h"
#include "tests/unit/plugins/presence/presence_case.h"

static void reload(struct fake_host *host) {
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 100);
}

static void keeps_subscriptions_and_says_nothing_new(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id carol = fake_host_connect(host, "carol");
    nx_session_id alice = fake_host_connect(host, "alice");
    presence_join(host, alice, "r");
    presence_join(host, carol, "r");
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'busy',"
            "'status_message':'x','ref':'1'}");
    fake_host_skip(host, bob);
    fake_host_skip(host, carol);
    fake_host_skip(host, alice);

    reload(host);

    FAKE_ASSERT_SILENT(host, alice);
    FAKE_ASSERT_SILENT(host, bob);
    FAKE_ASSERT_SILENT(host, carol);
    FAKE_ASSERT_STR(
            presence_get(host, bob, "alice"), "users.0.status_message", "x");
    presence_set(host, alice, "away");
    PRESENCE_TOLD(host, bob, "presence.away", "alice");
    PRESENCE_TOLD(host, carol, "presence.away", "alice");
    const struct fake_response *metrics =
            fake_host_http(host, "GET", "/metrics", NULL);
    assert_non_null(strstr(metrics->body, "nexus_presence_subscriptions 1"));
}

static void lets_the_grace_go_on(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id carol = fake_host_connect(host, "carol");
    nx_session_id alice = fake_host_connect(host, "alice");
    presence_join(host, alice, "r");
    presence_join(host, carol, "r");
    fake_host_disconnect(host, alice, 1001);
    fake_host_skip(host, bob);
    fake_host_skip(host, carol);
    fake_host_advance(host, 10000);

    reload(host);
    fake_host_advance(host, 4700);
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_advance(host, 400);

    PRESENCE_TOLD(host, bob, "presence.offline", "alice");
    PRESENCE_TOLD(host, carol, "presence.offline", "alice");
    FAKE_ASSERT_STR(presence_get(host, bob, "alice"), "users.0.last_seen",
            "2026-01-31T12:00:00.000Z");
}

static void keeps_who_is_away_and_hears_of_the_return(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_advance(host, AWAY_MS + 100);
    fake_host_skip(host, bob);
    reload(host);
    FAKE_ASSERT_SILENT(host, bob);
    presence_act(host, alice);
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
    fake_host_advance(host, AWAY_MS - 200);
    reload(host);
    fake_host_advance(host, 300);
    PRESENCE_TOLD(host, bob, "presence.away", "alice");
}

static void keeps_who_is_invisible(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    presence_set(host, alice, "invisible");
    fake_host_skip(host, bob);
    reload(host);
    FAKE_ASSERT_SILENT(host, bob);
    const struct fake_response *online =
            fake_host_http(host, "GET", "/api/ws/online", NULL);
    FAKE_ASSERT_I64(online->json, "count", 1);
    presence_set(host, alice, "online");
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
}

static void tells_a_slow_client_after_it(void **state) {
    (void)state;
    struct fake_host *host = presence_with("plugins.presence.slow_bytes=1024",
            "plugins.presence.updates_per_minute=0");
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_stop_reading(host, bob, true);
    for (int i = 0; i < 50; i++) {
        presence_set(host, alice, i % 2 ? "busy" : "away");
    }
    presence_set(host, alice, "online");
    reload(host);
    fake_host_stop_reading(host, bob, false);
    fake_host_advance(host, 1000);
    const struct fake_event *last = NULL;
    const struct fake_event *event;
    while ((event = fake_host_next(host, bob))) {
        last = event;
    }
    FAKE_ASSERT_STR(last, "event_type", "presence.online");
    presence_set(host, alice, "busy");
    PRESENCE_TOLD(host, bob, "presence.busy", "alice");
    fake_host_destroy(host);
}

static void adds_to_subscriptions_made_before(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    FAKE_ASSERT(host, fake_host_reload(host)); // not adopted yet
    FAKE_ASSERT_I64(presence_watch(host, bob, "carol"), "count", 2);
    fake_host_advance(host, 100);
    fake_host_connect(host, "alice");
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
}

static void carries_on_when_the_reload_fails(void **state) {
    (void)state;
    struct fake_host *host = presence_create(NULL, NULL);
    plugin_once_starts = 0;
    fake_host_add(host, &plugin_once, "once");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);

    assert_false(fake_host_reload(host));

    FAKE_ASSERT_SILENT(host, bob);
    presence_set(host, alice, "busy");
    PRESENCE_TOLD(host, bob, "presence.busy", "alice");
    presence_set(host, alice, "online");
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
    fake_host_disconnect(host, alice, 1001);
    fake_host_advance(host, GRACE_MS + 100);
    PRESENCE_TOLD(host, bob, "presence.offline", "alice");
    fake_host_destroy(host);
}

static void stores_what_waits_before_it(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    size_t before = fake_host_engine_count(host, FAKE_PUT);
    reload(host);
    assert_int_equal(fake_host_engine_count(host, FAKE_PUT), before + 1);
    fake_host_disconnect(host, alice, 1001);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PRESENCE_TEST(keeps_subscriptions_and_says_nothing_new),
            PRESENCE_TEST(lets_the_grace_go_on),
            PRESENCE_TEST(keeps_who_is_away_and_hears_of_the_return),
            PRESENCE_TEST(keeps_who_is_invisible),
            cmocka_unit_test(tells_a_slow_client_after_it),
            PRESENCE_TEST(adds_to_subscriptions_made_before),
            cmocka_unit_test(carries_on_when_the_reload_fails),
            PRESENCE_TEST(stores_what_waits_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
