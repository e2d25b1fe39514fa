#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

// A minute from the beginning.
#define SOON ",'expires_at':'2026-01-31T12:01:00Z'"

static void corrects_the_count_and_tells_the_devices(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    nx_session_id two = fake_host_connect(host, "alice");
    const char *id = notify_case_notify(host, "alice", "1", SOON);
    notify_case_notify(host, "alice", "2", "");
    fake_host_advance(host, 59000);
    assert_int_equal(notify_case_unread(host, one), 2);
    fake_host_skip(host, one);
    fake_host_skip(host, two);

    fake_host_advance(host, 2000);

    const nx_session_id both[] = {one, two};
    for (size_t i = 0; i < 2; i++) {
        FAKE_EXPECT(event, host, both[i], "notification.clear");
        FAKE_ASSERT_STR(event, "notification_ids.0", id);
        FAKE_ASSERT_STR(event, "reason", "expired");
        FAKE_ASSERT_I64(event, "unread", 1);
        FAKE_ASSERT_SILENT(host, both[i]);
    }
    const struct fake_event *list = notify_case_list(host, one, "");
    FAKE_ASSERT_I64(list, "unread", 1);
    FAKE_ASSERT_I64(list, "total", 1);
}

static void is_not_delivered_after_its_time(void **state) {
    struct fake_host *host = *state;
    notify_case_notify(host, "alice", "1", SOON);
    notify_case_notify(host, "alice", "2", "");
    fake_host_advance(host, 60000);
    nx_session_id alice = fake_host_connect(host, "alice");
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_STR(event, "title", "2");
    FAKE_ASSERT_I64(event, "unread", 1);
    FAKE_ASSERT_SILENT(host, alice);
}

static void makes_room_before_anything_is_evicted(void **state) {
    (void)state;
    struct fake_host *host = notify_case_with("plugins.notify.inbox_max=2");
    notify_case_notify(host, "alice", "1", "");
    notify_case_notify(host, "alice", "2", ",'priority':'urgent'" SOON);
    fake_host_advance(host, 60000);
    notify_case_notify(host, "alice", "3", "");
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_event *list = notify_case_list(host, alice, "");
    FAKE_ASSERT_STR(list, "notifications.0.title", "3");
    FAKE_ASSERT_STR(list, "notifications.1.title", "1");
    FAKE_ASSERT_I64(list, "total", 2);
    fake_host_destroy(host);
}

static void drops_what_waited_too_long_for_storage(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_id':'alice','title':'t','message':'m'" SOON "}");
    fake_host_advance(host, 50000);
    assert_int_equal(answer->status, 0);
    fake_host_hold_engine(host, false);
    assert_int_equal(answer->status, 202);
    FAKE_EXPECT(event, host, alice, "notification");
}

static void works_again_after_a_reload(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(host, "alice", "1", SOON);
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_skip(host, alice);
    fake_host_advance(host, 61000);
    assert_int_equal(notify_case_unread(host, alice), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(corrects_the_count_and_tells_the_devices),
            NOTIFY_TEST(is_not_delivered_after_its_time),
            cmocka_unit_test(makes_room_before_anything_is_evicted),
            NOTIFY_TEST(drops_what_waited_too_long_for_storage),
            NOTIFY_TEST(works_again_after_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
