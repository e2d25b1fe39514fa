#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

static void reads_one_and_tells_the_other_devices(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    nx_session_id two = fake_host_connect(host, "alice");
    const char *id = notify_case_notify(host, "alice", "1", "");
    notify_case_notify(host, "alice", "2", "");
    fake_host_skip(host, one);
    fake_host_skip(host, two);

    const struct fake_event *ack = notify_case_ask(host, one,
            "'event_type':'notification.read','notification_id':'%s'", id);

    FAKE_ASSERT_STR(ack, "event_type", "ack");
    FAKE_ASSERT_STR(ack, "notification_ids.0", id);
    FAKE_ASSERT_I64(ack, "unread", 1);
    FAKE_EXPECT(told, host, two, "notification.read");
    FAKE_ASSERT_STR(told, "notification_ids.0", id);
    FAKE_ASSERT_STR(told, "user_id", "alice");
    FAKE_ASSERT_STR(told, "read_at", "2026-01-31T12:00:00.000Z");
    FAKE_ASSERT_I64(told, "unread", 1);
    FAKE_ASSERT_SILENT(host, one);
    const struct fake_event *list = notify_case_list(host, two, "");
    assert_false(fake_event_bool(list, "notifications.0.read"));
    assert_true(fake_event_bool(list, "notifications.1.read"));
    FAKE_ASSERT_STR(
            list, "notifications.1.read_at", "2026-01-31T12:00:00.000Z");
    FAKE_ASSERT_I64(list, "unread", 1);
}

static void answers_by_its_own_event_without_a_ref(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = notify_case_notify(host, "alice", "1", "");
    fake_host_skip(host, alice);
    notify_case_send(host, alice,
            "{'event_type':'notification.read','notification_id':'%s'}", id);
    FAKE_EXPECT(answer, host, alice, "notification.read");
    FAKE_ASSERT_I64(answer, "unread", 0);
    FAKE_ASSERT_SILENT(host, alice);
}

static void is_no_news_the_second_time(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    const char *id = notify_case_notify(host, "alice", "1", "");
    nx_session_id two = fake_host_connect(host, "alice");
    notify_case_ask(host, one,
            "'event_type':'notification.read','notification_id':'%s'", id);
    fake_host_skip(host, two);
    size_t puts = fake_host_engine_count(host, FAKE_PUT);
    const struct fake_event *ack = notify_case_ask(host, one,
            "'event_type':'notification.read','notification_id':'%s'", id);
    FAKE_ASSERT_STR(ack, "event_type", "ack");
    assert_int_equal(fake_event_count(ack, "notification_ids"), 0);
    FAKE_ASSERT_I64(ack, "unread", 0);
    FAKE_ASSERT_SILENT(host, two);
    assert_int_equal(fake_host_engine_count(host, FAKE_PUT), puts);
}

static void clears_several_and_says_which_are_not_there(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    nx_session_id two = fake_host_connect(host, "alice");
    const char *first = notify_case_notify(host, "alice", "1", "");
    const char *second = notify_case_notify(host, "alice", "2", "");
    notify_case_notify(host, "alice", "3", "");
    fake_host_skip(host, two);
    const struct fake_event *ack = notify_case_ask(host, one,
            "'event_type':'notification.clear',"
            "'notification_ids':['%s','none','%s']",
            first, second);
    assert_int_equal(fake_event_count(ack, "notification_ids"), 2);
    FAKE_ASSERT_STR(ack, "not_found.0", "none");
    FAKE_ASSERT_I64(ack, "unread", 1);
    FAKE_EXPECT(told, host, two, "notification.clear");
    FAKE_ASSERT_STR(told, "notification_ids.1", second);
    assert_true(fake_event_has(told, "cleared_at"));
    assert_int_equal(
            fake_event_i64(notify_case_list(host, two, ""), "total"), 1);
}

static void does_all(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    nx_session_id two = fake_host_connect(host, "alice");
    for (int i = 0; i < 5; i++) {
        notify_case_notify(host, "alice", "x", "");
    }
    fake_host_skip(host, two);
    const struct fake_event *ack = notify_case_ask(
            host, one, "'event_type':'notification.read','all':true");
    FAKE_ASSERT_I64(ack, "unread", 0);
    assert_true(fake_event_bool(ack, "all"));
    assert_int_equal(fake_event_count(ack, "notification_ids"), 5);
    FAKE_EXPECT(read, host, two, "notification.read");
    assert_true(fake_event_bool(read, "all"));
    notify_case_ask(host, one, "'event_type':'notification.clear','all':true");
    FAKE_EXPECT(cleared, host, two, "notification.clear");
    assert_int_equal(fake_event_count(cleared, "notification_ids"), 5);
    FAKE_ASSERT_I64(notify_case_list(host, one, ""), "total", 0);
}

static void leaves_the_inboxes_of_others_alone(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    const char *id = notify_case_notify(host, "alice", "1", "");
    const struct fake_event *answer = notify_case_ask(host, bob,
            "'event_type':'notification.clear','notification_id':'%s'", id);
    FAKE_ASSERT_STR(answer, "code", "not_found");
    assert_int_equal(notify_case_unread(host, alice), 1);
}

static void refuses_malformed_requests(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    static const char *const bad[] = {
            "",
            ",'all':false",
            ",'notification_id':'a','all':true",
            ",'notification_id':'a','notification_ids':['b']",
            ",'notification_ids':[]",
            ",'notification_ids':['a',7]",
            ",'notification_ids':['a','']",
            ",'notification_id':''",
            ",'notification_id':7",
            ",'notification_ids':'a'",
            ",'all':'yes'",
            ",'notification_id':'a\\u0007'",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct fake_event *answer = notify_case_ask(
                host, alice, "'event_type':'notification.read'%s", bad[i]);
        FAKE_ASSERT_STR(answer, "event_type", "error");
        FAKE_ASSERT_STR(answer, "code", "invalid_field");
    }
}

static void says_when_storage_does_not_work(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    const char *id = notify_case_notify(host, "alice", "1", "");
    fake_host_skip(host, one);
    fake_host_fail(host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    const struct fake_event *answer = notify_case_ask(host, one,
            "'event_type':'notification.read','notification_id':'%s'", id);
    FAKE_ASSERT_STR(answer, "code", "engine_unavailable");
    assert_int_equal(notify_case_unread(host, one), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(reads_one_and_tells_the_other_devices),
            NOTIFY_TEST(answers_by_its_own_event_without_a_ref),
            NOTIFY_TEST(is_no_news_the_second_time),
            NOTIFY_TEST(clears_several_and_says_which_are_not_there),
            NOTIFY_TEST(does_all),
            NOTIFY_TEST(leaves_the_inboxes_of_others_alone),
            NOTIFY_TEST(refuses_malformed_requests),
            NOTIFY_TEST(says_when_storage_does_not_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
