#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

static void reaches_every_device_with_all_fields(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    nx_session_id two = fake_host_connect(host, "alice");
    fake_host_skip(host, one);

    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_id':'alice','title':'T','message':'M',"
            "'notification_type':'warning','priority':'high',"
            "'data':{'x':[1]},'expires_at':'2027-01-01T00:00:00Z'}");

    assert_int_equal(answer->status, 202);
    const char *id = fake_event_str(answer->json, "notification_id");
    FAKE_ASSERT_I64(answer->json, "recipients", 1);
    FAKE_ASSERT_I64(answer->json, "live", 1);
    FAKE_ASSERT_I64(answer->json, "queued", 0);
    const nx_session_id both[] = {one, two};
    for (size_t i = 0; i < 2; i++) {
        FAKE_EXPECT(event, host, both[i], "notification");
        FAKE_ASSERT_STR(event, "notification_id", id);
        FAKE_ASSERT_STR(event, "title", "T");
        FAKE_ASSERT_STR(event, "message", "M");
        FAKE_ASSERT_STR(event, "notification_type", "warning");
        FAKE_ASSERT_STR(event, "priority", "high");
        FAKE_ASSERT_STR(event, "created_at", "2026-01-31T12:00:00.000Z");
        FAKE_ASSERT_STR(event, "expires_at", "2027-01-01T00:00:00.000Z");
        FAKE_ASSERT_I64(event, "data.x.0", 1);
        FAKE_ASSERT_I64(event, "unread", 1);
        FAKE_ASSERT_I64(event, "seq", 1);
        assert_true(fake_event_has(event, "event_id"));
        assert_false(fake_event_has(event, "user_id"));
        FAKE_ASSERT_SILENT(host, both[i]);
    }
}

static void has_defaults_as_the_seed_says(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(host, "alice", "T", "");
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_STR(event, "notification_type", "info");
    FAKE_ASSERT_STR(event, "priority", "normal");
    assert_false(fake_event_has(event, "data"));
    assert_false(fake_event_has(event, "expires_at"));
}

static void is_told_only_when_it_is_stored(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    const struct fake_response *answer = notify_case_post(
            host, SEND_PATH, "{'user_id':'alice','title':'T','message':'M'}");
    assert_int_equal(answer->status, 0);
    FAKE_ASSERT_SILENT(host, alice);

    fake_host_hold_engine(host, false);

    assert_int_equal(answer->status, 202);
    FAKE_EXPECT(event, host, alice, "notification");
}

static void overtakes_when_it_is_urgent(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_stop_reading(host, alice, true);
    notify_case_notify(host, "alice", "first", "");
    notify_case_notify(host, "alice", "second", ",'priority':'high'");
    notify_case_notify(host, "alice", "now", ",'priority':'urgent'");

    fake_host_stop_reading(host, alice, false);

    static const char *const order[] = {"now", "first", "second"};
    for (size_t i = 0; i < 3; i++) {
        FAKE_EXPECT(event, host, alice, "notification");
        FAKE_ASSERT_STR(event, "title", order[i]);
    }
    // Those that were overtaken have older counts.
    FAKE_EXPECT(count, host, alice, "notification.read");
    FAKE_ASSERT_I64(count, "unread", 3);
    assert_int_equal(fake_event_count(count, "notification_ids"), 0);
    FAKE_ASSERT_SILENT(host, alice);
}

static void waits_for_a_slow_device_when_it_is_low(void **state) {
    (void)state;
    struct fake_host *host =
            notify_case_with("plugins.notify.low_queue_bytes=100");
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_stop_reading(host, alice, true);
    notify_case_notify(host, "alice", "normal", "");
    notify_case_notify(host, "alice", "low", ",'priority':'low'");
    notify_case_notify(host, "alice", "more", "");

    fake_host_stop_reading(host, alice, false);

    FAKE_EXPECT(normal, host, alice, "notification");
    FAKE_ASSERT_STR(normal, "title", "normal");
    FAKE_EXPECT(more, host, alice, "notification");
    FAKE_ASSERT_STR(more, "title", "more");
    // It reads again, so it gets what was held back.
    FAKE_EXPECT(low, host, alice, "notification");
    FAKE_ASSERT_STR(low, "title", "low");
    FAKE_ASSERT_I64(low, "unread", 3);
    fake_host_advance(host, 20000);
    FAKE_ASSERT_SILENT(host, alice);
    fake_host_destroy(host);
}

static void evicts_low_priorities_then_old_ones(void **state) {
    (void)state;
    struct fake_host *host = notify_case_with("plugins.notify.inbox_max=3");
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *first = notify_case_notify(host, "alice", "1", "");
    const char *low =
            notify_case_notify(host, "alice", "2", ",'priority':'low'");
    notify_case_notify(host, "alice", "3", ",'priority':'urgent'");
    fake_host_skip(host, alice);

    notify_case_notify(host, "alice", "4", "");
    FAKE_EXPECT(fourth, host, alice, "notification");
    FAKE_ASSERT_STR(fourth, "evicted.0", low);
    FAKE_ASSERT_I64(fourth, "unread", 3);
    notify_case_notify(host, "alice", "5", "");
    FAKE_EXPECT(fifth, host, alice, "notification");
    FAKE_ASSERT_STR(fifth, "evicted.0", first);

    const struct fake_event *list = notify_case_list(host, alice, "");
    FAKE_ASSERT_STR(list, "notifications.0.title", "5");
    FAKE_ASSERT_STR(list, "notifications.1.title", "4");
    FAKE_ASSERT_STR(list, "notifications.2.title", "3");
    assert_int_equal(fake_event_count(list, "notifications"), 3);
    fake_host_destroy(host);
}

static void is_dropped_where_everything_matters_more(void **state) {
    (void)state;
    struct fake_host *host = notify_case_with("plugins.notify.inbox_max=1");
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(host, "alice", "1", ",'priority':'urgent'");
    fake_host_skip(host, alice);

    const struct fake_response *answer = notify_case_post(
            host, SEND_PATH, "{'user_id':'alice','title':'2','message':'m'}");

    assert_int_equal(answer->status, 202);
    FAKE_ASSERT_I64(answer->json, "dropped", 1);
    FAKE_ASSERT_I64(answer->json, "live", 0);
    FAKE_ASSERT_SILENT(host, alice);
    assert_int_equal(notify_case_unread(host, alice), 1);
    fake_host_destroy(host);
}

static void happens_once_when_somebody_else_was_faster(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_fail(host, FAKE_PUT, 3, NX_ERR_CONFLICT);
    notify_case_notify(host, "alice", "T", "");
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_I64(event, "unread", 1);
    FAKE_ASSERT_SILENT(host, alice);
    assert_int_equal(notify_case_unread(host, alice), 1);
}

static void gives_up_a_race_that_never_ends(void **state) {
    struct fake_host *host = *state;
    fake_host_fail(host, FAKE_PUT, 1000, NX_ERR_CONFLICT);
    notify_case_problem(
            notify_case_post(host, SEND_PATH,
                    "{'user_id':'alice','title':'T','message':'M'}"),
            503, "engine_busy");
    fake_host_fail(host, FAKE_PUT, 0, NX_OK);
    nx_session_id alice = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, alice);
}

static void takes_many_at_once_into_few_writes(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    for (int i = 0; i < 50; i++) {
        notify_case_post(host, SEND_PATH,
                "{'user_id':'alice','title':'%d','message':'M'}", i);
    }
    size_t before = fake_host_engine_count(host, FAKE_PUT);
    fake_host_hold_engine(host, false);
    assert_in_range(fake_host_engine_count(host, FAKE_PUT) - before, 1, 3);
    for (int i = 0; i < 50; i++) {
        FAKE_EXPECT(event, host, alice, "notification");
        FAKE_ASSERT_I64(event, "unread", i + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(reaches_every_device_with_all_fields),
            NOTIFY_TEST(has_defaults_as_the_seed_says),
            NOTIFY_TEST(is_told_only_when_it_is_stored),
            NOTIFY_TEST(overtakes_when_it_is_urgent),
            cmocka_unit_test(waits_for_a_slow_device_when_it_is_low),
            cmocka_unit_test(evicts_low_priorities_then_old_ones),
            cmocka_unit_test(is_dropped_where_everything_matters_more),
            NOTIFY_TEST(happens_once_when_somebody_else_was_faster),
            NOTIFY_TEST(gives_up_a_race_that_never_ends),
            NOTIFY_TEST(takes_many_at_once_into_few_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
