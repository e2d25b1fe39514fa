// The slowmode plugin on the fake host. The test is in C, as cmocka is.

#include <nexus/testing/fake_assert.h>

#define SAY "{\"event_type\":\"note.add\",\"ref\":\"1\"}"

static int set_up(void **state) {
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &NX_PLUGIN_SYMBOL, "slowmode");
    fake_host_set(host, "plugins.slowmode.events=note.");
    fake_host_listen(host, "note.");
    FAKE_ASSERT(host, fake_host_start(host));
    *state = host;
    return 0;
}

static int tear_down(void **state) {
    fake_host_destroy(*state);
    return 0;
}

static void assert_denied(
        struct fake_host *host, nx_session_id session, const char *message) {
    fake_host_send(host, session, SAY);
    FAKE_EXPECT(error, host, session, "error");
    FAKE_ASSERT_STR(error, "code", "forbidden");
    FAKE_ASSERT_STR(error, "message", message);
    assert_null(fake_host_heard(host, NULL));
}

static void assert_passed(struct fake_host *host, nx_session_id session) {
    (void)fake_host_skip(host, session);
    fake_host_send(host, session, SAY);
    FAKE_EXPECT(ack, host, session, "ack");
    assert_non_null(fake_host_heard(host, NULL));
    (void)ack;
}

static void lets_a_user_speak_once_in_a_while(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id again = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    assert_passed(host, alice);
    assert_passed(host, bob);
    fake_host_advance(host, 1500);
    assert_denied(host, again, "slow mode: wait 4 seconds more");
    fake_host_advance(host, 3500);
    assert_passed(host, again);
}

static void slows_nothing_else(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    for (int i = 0; i < 5; i++) {
        fake_host_send(host, alice, "{\"event_type\":\"ping\"}");
        FAKE_EXPECT(pong, host, alice, "pong");
        (void)pong;
    }
}

static void tells_how_long_to_wait(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    assert_passed(host, alice);
    fake_host_advance(host, 2000);
    fake_host_send(
            host, alice, "{\"event_type\":\"slowmode.status\",\"ref\":\"2\"}");
    FAKE_EXPECT(ack, host, alice, "ack");
    FAKE_ASSERT_I64(ack, "pause_ms", 5000);
    FAKE_ASSERT_I64(ack, "wait_ms", 3000);
}

static void remembers_over_a_reload(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    assert_passed(host, alice);
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 1000);
    assert_denied(host, alice, "slow mode: wait 4 seconds more");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(lets_a_user_speak_once_in_a_while),
            TEST(slows_nothing_else),
            TEST(tells_how_long_to_wait),
            TEST(remembers_over_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
