#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

#define USERS 100
#define KNOWN "{'title':'t','message':'m','audience':'known'}"

// So many users have been here once.
static void meet(struct fake_host *host) {
    fake_host_advance(host, 10);
    for (int i = 0; i < USERS; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "u%d", i);
        fake_host_disconnect(host, fake_host_connect(host, name), 1000);
    }
}

static void assert_everybody_has(struct fake_host *host, int64_t unread) {
    for (int i = 0; i < USERS; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "u%d", i);
        nx_session_id session = fake_host_connect(host, name);
        assert_int_equal(notify_case_unread(host, session), unread);
        fake_host_disconnect(host, session, 1000);
    }
}

static void reaches_who_is_online(void **state) {
    struct fake_host *host = *state;
    meet(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    fake_host_connect(host, "bob");
    fake_host_skip(host, bob);
    const struct fake_response *answer = notify_case_post(
            host, BROADCAST_PATH, "{'title':'t','message':'m'}");
    assert_int_equal(answer->status, 202);
    FAKE_ASSERT_I64(answer->json, "recipients", 2);
    FAKE_ASSERT_I64(answer->json, "live", 2);
    FAKE_ASSERT_I64(answer->json, "queued", 0);
    FAKE_EXPECT(first, host, alice, "notification");
    FAKE_EXPECT(second, host, bob, "notification");
    assert_everybody_has(host, 0);
}

static void is_nothing_when_nobody_is_online(void **state) {
    struct fake_host *host = *state;
    const struct fake_response *answer = notify_case_post(
            host, BROADCAST_PATH, "{'title':'t','message':'m'}");
    assert_int_equal(answer->status, 202);
    FAKE_ASSERT_I64(answer->json, "recipients", 0);
}

static void reaches_everybody_who_was_ever_here(void **state) {
    struct fake_host *host = *state;
    meet(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_response *answer =
            notify_case_post(host, BROADCAST_PATH, KNOWN);
    assert_int_equal(answer->status, 202);
    FAKE_ASSERT_STR(answer->json, "audience", "known");
    FAKE_ASSERT_I64(answer->json, "recipients", USERS + 1);
    FAKE_ASSERT_I64(answer->json, "live", 1);
    FAKE_ASSERT_I64(answer->json, "queued", USERS);
    assert_true(fake_event_bool(answer->json, "complete"));
    FAKE_EXPECT(event, host, alice, "notification");
    assert_everybody_has(host, 1);
}

static void answers_before_it_is_through_when_that_takes_long(void **state) {
    struct fake_host *host = *state;
    meet(host);
    fake_host_fail(host, FAKE_SCAN, 3, NX_ERR_ENGINE_UNAVAILABLE);
    const struct fake_response *answer =
            notify_case_post(host, BROADCAST_PATH, KNOWN);
    assert_int_equal(answer->status, 0);
    fake_host_advance(host, 2500);
    assert_int_equal(answer->status, 202);
    assert_false(fake_event_bool(answer->json, "complete"));
    FAKE_ASSERT_I64(answer->json, "recipients", 0);
    fake_host_advance(host, 20000);
    assert_everybody_has(host, 1);
}

static void is_refused_when_it_cannot_be_stored(void **state) {
    struct fake_host *host = *state;
    meet(host);
    fake_host_fail(host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    notify_case_problem(notify_case_post(host, BROADCAST_PATH, KNOWN), 503,
            "engine_unavailable");
    assert_everybody_has(host, 0);
}

static void is_done_once_for_each_whatever_fails(void **state) {
    struct fake_host *host = *state;
    meet(host);
    notify_case_post(host, BROADCAST_PATH, "{'title':'t','message':'m'}");
    static const enum fake_call calls[] = {FAKE_GET, FAKE_SCAN, FAKE_GET};
    fake_host_hold_engine(host, true);
    const struct fake_response *answer =
            notify_case_post(host, BROADCAST_PATH, KNOWN);
    for (size_t i = 0; i < 3; i++) {
        fake_host_fail(host, calls[i], 40, NX_ERR_ENGINE_UNAVAILABLE);
    }
    fake_host_hold_engine(host, false);
    for (int i = 0; i < 40; i++) {
        fake_host_fail(
                host, FAKE_PUT, (uint32_t)i % 3, NX_ERR_ENGINE_UNAVAILABLE);
        fake_host_advance(host, 1000);
    }
    fake_host_fail(host, FAKE_SCAN, 0, NX_OK);
    fake_host_fail(host, FAKE_PUT, 0, NX_OK);
    fake_host_advance(host, 200000);
    assert_int_equal(answer->status, 202);
    assert_everybody_has(host, 1);
}

static void goes_on_after_a_restart(void **state) {
    struct fake_host *host = *state;
    meet(host);
    fake_host_fail(host, FAKE_SCAN, 1, NX_ERR_ENGINE_UNAVAILABLE);
    notify_case_post(host, BROADCAST_PATH, KNOWN);
    FAKE_ASSERT(host, fake_host_restart(host));
    fake_host_advance(host, 10);
    assert_everybody_has(host, 1);
}

static void is_found_although_storage_was_away_at_the_start(void **state) {
    struct fake_host *host = *state;
    meet(host);
    fake_host_fail(host, FAKE_SCAN, 1, NX_ERR_ENGINE_UNAVAILABLE);
    notify_case_post(host, BROADCAST_PATH, KNOWN);
    fake_host_fail(host, FAKE_SCAN, 1, NX_ERR_ENGINE_UNAVAILABLE);
    fake_host_keep_log(host);
    FAKE_ASSERT(host, fake_host_restart(host));
    fake_host_advance(host, 1000);
    assert_everybody_has(host, 0);
    fake_host_advance(host, 5000);
    assert_everybody_has(host, 1);
}

static void goes_on_after_a_reload(void **state) {
    struct fake_host *host = *state;
    meet(host);
    fake_host_fail(host, FAKE_SCAN, 1, NX_ERR_ENGINE_UNAVAILABLE);
    const struct fake_response *answer =
            notify_case_post(host, BROADCAST_PATH, KNOWN);
    FAKE_ASSERT(host, fake_host_reload(host));
    assert_int_equal(answer->status, 202);
    assert_false(fake_event_bool(answer->json, "complete"));
    fake_host_advance(host, 10);
    assert_everybody_has(host, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(reaches_who_is_online),
            NOTIFY_TEST(is_nothing_when_nobody_is_online),
            NOTIFY_TEST(reaches_everybody_who_was_ever_here),
            NOTIFY_TEST(answers_before_it_is_through_when_that_takes_long),
            NOTIFY_TEST(is_refused_when_it_cannot_be_stored),
            NOTIFY_TEST(is_done_once_for_each_whatever_fails),
            NOTIFY_TEST(goes_on_after_a_restart),
            NOTIFY_TEST(is_found_although_storage_was_away_at_the_start),
            NOTIFY_TEST(goes_on_after_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
