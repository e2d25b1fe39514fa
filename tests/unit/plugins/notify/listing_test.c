#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

static void has_pages_from_the_newest(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    for (int i = 1; i <= 45; i++) {
        char title[16];
        (void)snprintf(title, sizeof(title), "%d", i);
        notify_case_notify(host, "alice", title, "");
    }
    const struct fake_event *page = notify_case_list(host, alice, "");
    assert_int_equal(fake_event_count(page, "notifications"), 20);
    FAKE_ASSERT_STR(page, "notifications.0.title", "45");
    FAKE_ASSERT_I64(page, "notifications.19.seq", 26);
    FAKE_ASSERT_I64(page, "unread", 45);
    FAKE_ASSERT_I64(page, "total", 45);
    assert_true(fake_event_bool(page, "has_more"));
    page = notify_case_list(host, alice, ",'before':26,'limit':25");
    assert_int_equal(fake_event_count(page, "notifications"), 25);
    FAKE_ASSERT_STR(page, "notifications.0.title", "25");
    assert_false(fake_event_bool(page, "has_more"));
    page = notify_case_list(host, alice, ",'before':1");
    assert_int_equal(fake_event_count(page, "notifications"), 0);
    assert_false(fake_event_bool(page, "has_more"));
}

static void can_leave_out_what_is_read(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = NULL;
    for (int i = 0; i < 3; i++) {
        const char *now = notify_case_notify(host, "alice", "x", "");
        id = i == 1 ? now : id;
    }
    notify_case_ask(host, alice,
            "'event_type':'notification.read','notification_id':'%s'", id);
    const struct fake_event *page =
            notify_case_list(host, alice, ",'unread_only':true,'limit':2");
    assert_int_equal(fake_event_count(page, "notifications"), 2);
    FAKE_ASSERT_I64(page, "notifications.0.seq", 3);
    FAKE_ASSERT_I64(page, "notifications.1.seq", 1);
    FAKE_ASSERT_I64(page, "unread", 2);
    FAKE_ASSERT_I64(page, "total", 3);
    assert_false(fake_event_bool(page, "has_more"));
}

static void is_empty_for_who_never_got_any(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_send(host, alice, "{'event_type':'notification.list'}");
    FAKE_EXPECT(page, host, alice, "notification.list");
    assert_int_equal(fake_event_count(page, "notifications"), 0);
    assert_true(fake_event_has(page, "notifications"));
    FAKE_ASSERT_I64(page, "unread", 0);
}

static void ends_a_page_before_it_gets_huge(void **state) {
    (void)state;
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &nexus_plugin_v1_notify, "notify");
    fake_host_set(host, "plugins.notify.message_bytes=30000");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    char *message = calloc(1, 30001);
    assert_non_null(message);
    memset(message, 'm', 30000);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(
                notify_case_post(host, SEND_PATH,
                        "{'user_id':'alice','title':'t','message':'%s'}",
                        message)
                        ->status,
                202);
    }
    const struct fake_event *page = notify_case_list(host, alice, "");
    assert_int_equal(fake_event_count(page, "notifications"), 8);
    assert_true(fake_event_bool(page, "has_more"));
    free(message);
    fake_host_destroy(host);
}

static void refuses_malformed_requests(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    static const char *const bad[] = {",'limit':0", ",'limit':101",
            ",'limit':'x'", ",'before':0", ",'before':-1", ",'before':'x'",
            ",'unread_only':1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct fake_event *answer = notify_case_list(host, alice, bad[i]);
        FAKE_ASSERT_STR(answer, "code", "invalid_field");
    }
    FAKE_ASSERT_STR(notify_case_list(host, alice, ",'colour':1"),
            "warnings.0.field", "colour");
    fake_host_fail(host, FAKE_GET, 1, NX_ERR_ENGINE_UNAVAILABLE);
    FAKE_ASSERT_STR(
            notify_case_list(host, alice, ""), "code", "engine_unavailable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(has_pages_from_the_newest),
            NOTIFY_TEST(can_leave_out_what_is_read),
            NOTIFY_TEST(is_empty_for_who_never_got_any),
            cmocka_unit_test(ends_a_page_before_it_gets_huge),
            NOTIFY_TEST(refuses_malformed_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
