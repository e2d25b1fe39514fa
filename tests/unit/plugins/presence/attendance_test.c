#include "tests/support/cmocka.h"
#include "tests/unit/plugins/presence/presence_case.h"

static void comes_with_the_first_session_and_once(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);

    fake_host_connect(host, "alice");
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
    fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, bob);
}

static void goes_when_the_grace_has_passed(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);

    fake_host_disconnect(host, alice, 1001);
    fake_host_advance(host, GRACE_MS - 100);
    FAKE_ASSERT_SILENT(host, bob);
    FAKE_ASSERT_STR(
            presence_get(host, bob, "alice"), "users.0.status", "online");
    fake_host_advance(host, 200);

    FAKE_EXPECT(gone, host, bob, "presence.offline");
    FAKE_ASSERT_STR(gone, "user_id", "alice");
    FAKE_ASSERT_STR(gone, "status", "offline");
    FAKE_ASSERT_STR(gone, "last_seen", "2026-01-31T12:00:00.000Z");
    fake_host_advance(host, 10 * GRACE_MS);
    FAKE_ASSERT_SILENT(host, bob);
}

static void is_silent_about_a_page_that_is_reloaded(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    presence_join(host, alice, "r");
    presence_join(host, bob, "r");
    fake_host_advance(host, 60000); // who was told is forgotten
    fake_host_skip(host, bob);

    for (int i = 0; i < 3; i++) {
        fake_host_disconnect(host, alice, 1001);
        fake_host_advance(host, 2000);
        alice = fake_host_connect(host, "alice");
        presence_join(host, alice, "r");
        fake_host_advance(host, 2000);
    }
    fake_host_advance(host, 2 * GRACE_MS);

    for (int i = 0; i < 3; i++) {
        FAKE_EXPECT(left, host, bob, "room.leave");
        FAKE_EXPECT(joined, host, bob, "room.join");
        (void)left;
        (void)joined;
    }
    FAKE_ASSERT_SILENT(host, bob);
}

static void stays_while_one_session_is_left(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id phone = fake_host_connect(host, "alice");
    nx_session_id laptop = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);

    fake_host_disconnect(host, phone, 1006);
    fake_host_advance(host, 2 * GRACE_MS);
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_disconnect(host, laptop, 1006);
    fake_host_advance(host, 2 * GRACE_MS);
    PRESENCE_TOLD(host, bob, "presence.offline", "alice");
}

static void goes_at_once_without_grace(void **state) {
    (void)state;
    struct fake_host *host = presence_with("plugins.presence.grace=0", NULL);
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);
    fake_host_disconnect(host, alice, 1000);
    fake_host_advance(host, 20);
    PRESENCE_TOLD(host, bob, "presence.offline", "alice");
    fake_host_destroy(host);
}

static void is_away_when_all_sessions_are_idle(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id phone = fake_host_connect(host, "alice");
    nx_session_id laptop = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);

    fake_host_advance(host, AWAY_MS - 50000);
    presence_act(host, laptop);
    fake_host_advance(host, AWAY_MS - 100);
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_advance(host, 200);
    PRESENCE_TOLD(host, bob, "presence.away", "alice");

    presence_act(host, phone);
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
    presence_act(host, phone);
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_advance(host, AWAY_MS + 100);
    PRESENCE_TOLD(host, bob, "presence.away", "alice");
}

static void does_not_take_heartbeats_for_activity(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);
    for (int i = 0; i < 11; i++) {
        fake_host_advance(host, 30000);
        fake_host_send(host, alice, "{\"event_type\":\"ping\"}");
    }
    PRESENCE_TOLD(host, bob, "presence.away", "alice");
    FAKE_ASSERT_SILENT(host, bob);
}

static void is_away_when_the_active_session_goes(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id phone = fake_host_connect(host, "alice");
    fake_host_advance(host, 200000);
    nx_session_id laptop = fake_host_connect(host, "alice");
    fake_host_skip(host, bob);
    fake_host_advance(host, 200000);
    FAKE_ASSERT_SILENT(host, bob);

    fake_host_disconnect(host, laptop, 1001);
    PRESENCE_TOLD(host, bob, "presence.away", "alice");
    presence_act(host, phone);
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
}

static void comes_back_by_a_new_session(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    fake_host_connect(host, "alice");
    fake_host_advance(host, AWAY_MS + 100);
    fake_host_skip(host, bob);
    fake_host_connect(host, "alice");
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
}

static void is_never_away_by_itself_when_that_is_off(void **state) {
    (void)state;
    struct fake_host *host =
            presence_with("plugins.presence.auto_away=0", NULL);
    nx_session_id bob = presence_watcher(host);
    fake_host_connect(host, "alice");
    fake_host_skip(host, bob);
    fake_host_advance(host, 10 * AWAY_MS);
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PRESENCE_TEST(comes_with_the_first_session_and_once),
            PRESENCE_TEST(goes_when_the_grace_has_passed),
            PRESENCE_TEST(is_silent_about_a_page_that_is_reloaded),
            PRESENCE_TEST(stays_while_one_session_is_left),
            cmocka_unit_test(goes_at_once_without_grace),
            PRESENCE_TEST(is_away_when_all_sessions_are_idle),
            PRESENCE_TEST(does_not_take_heartbeats_for_activity),
            PRESENCE_TEST(is_away_when_the_active_session_goes),
            PRESENCE_TEST(comes_back_by_a_new_session),
            cmocka_unit_test(is_never_away_by_itself_when_that_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
