// The leaderboard plugin on the fake host. The test is in C, as cmocka is.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/testing/fake_assert.h>

static int set_up(void **state) {
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &NX_PLUGIN_SYMBOL, "leaderboard");
    fake_host_set(host, "plugins.leaderboard.boards=2");
    fake_host_set(host, "plugins.leaderboard.players=3");
    FAKE_ASSERT(host, fake_host_start(host));
    *state = host;
    return 0;
}

static int tear_down(void **state) {
    fake_host_destroy(*state);
    return 0;
}

static void send(struct fake_host *host, nx_session_id session,
        const char *type, const char *more) {
    char text[256];
    (void)snprintf(text, sizeof(text),
            "{\"event_type\":\"%s\",\"ref\":\"1\",%s}", type, more);
    fake_host_send(host, session, text);
}

static void assert_points(struct fake_host *host, nx_session_id session,
        int points, int64_t sum) {
    char more[64];
    (void)snprintf(
            more, sizeof(more), "\"board\":\"chess\",\"points\":%d", points);
    send(host, session, "score.add", more);
    FAKE_EXPECT(ack, host, session, "ack");
    FAKE_ASSERT_I64(ack, "points", sum);
}

static void assert_error(
        struct fake_host *host, nx_session_id session, const char *code) {
    FAKE_EXPECT(error, host, session, "error");
    FAKE_ASSERT_STR(error, "code", code);
}

static void adds_points_and_keeps_the_best_first(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    assert_points(host, alice, 3, 3);
    assert_points(host, bob, 5, 5);
    assert_points(host, alice, 4, 7);
    assert_points(host, bob, 0, 5);
    send(host, bob, "score.top", "\"board\":\"chess\"");
    FAKE_EXPECT(top, host, bob, "ack");
    assert_int_equal(fake_event_count(top, "top"), 2);
    FAKE_ASSERT_STR(top, "top.0.user_id", "alice");
    FAKE_ASSERT_I64(top, "top.0.points", 7);
    FAKE_ASSERT_STR(top, "top.1.user_id", "bob");
    send(host, bob, "score.top", "\"board\":\"chess\",\"limit\":1");
    FAKE_EXPECT(one, host, bob, "ack");
    assert_int_equal(fake_event_count(one, "top"), 1);
}

static void answers_back_ends(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    assert_points(host, alice, 3, 3);
    const struct fake_response *answer =
            fake_host_http(host, "GET", "/api/scores/chess", NULL);
    assert_int_equal(answer->status, 200);
    FAKE_ASSERT_STR(answer->json, "top.0.user_id", "alice");
    answer = fake_host_http(host, "GET", "/api/scores/none", NULL);
    assert_int_equal(answer->status, 404);
}

static void refuses_what_is_wrong_or_too_much(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    send(host, alice, "score.add", "\"board\":\"chess\",\"points\":1e9");
    assert_error(host, alice, "invalid_field");
    send(host, alice, "score.other", "\"board\":\"chess\"");
    assert_error(host, alice, "unknown_event");
    for (int i = 0; i < 3; i++) {
        char user[16];
        (void)snprintf(user, sizeof(user), "user%d", i);
        assert_points(host, fake_host_connect(host, user), 1, 1);
    }
    send(host, alice, "score.add", "\"board\":\"chess\",\"points\":1");
    assert_error(host, alice, "limit_exceeded");
}

static void hands_its_points_over_in_a_reload(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    assert_points(host, alice, 3, 3);
    FAKE_ASSERT(host, fake_host_reload(host));
    assert_points(host, alice, 4, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(adds_points_and_keeps_the_best_first),
            TEST(answers_back_ends),
            TEST(refuses_what_is_wrong_or_too_much),
            TEST(hands_its_points_over_in_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
