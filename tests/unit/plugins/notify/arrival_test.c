#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

static void brings_what_was_missed_in_order(void **state) {
    struct fake_host *host = *state;
    nx_session_id other = fake_host_connect(host, "alice");
    fake_host_hold_pongs(host, other, true);
    notify_case_notify(host, "alice", "1", "");
    notify_case_notify(host, "alice", "2", ",'priority':'low'");
    const char *read = notify_case_notify(host, "alice", "3", "");
    notify_case_notify(host, "alice", "4", ",'priority':'high'");
    notify_case_ask(host, other,
            "'event_type':'notification.read','notification_id':'%s'", read);
    fake_host_disconnect(host, other, 1006);
    FAKE_ASSERT(host, fake_host_restart(host));

    nx_session_id alice = fake_host_connect(host, "alice");

    static const char *const order[] = {"1", "2", "4"};
    for (size_t i = 0; i < 3; i++) {
        FAKE_EXPECT(event, host, alice, "notification");
        FAKE_ASSERT_STR(event, "title", order[i]);
        FAKE_ASSERT_I64(event, "unread", 3);
    }
    FAKE_ASSERT_SILENT(host, alice);
}

static void brings_nothing_that_has_arrived_before(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(host, "alice", "1", "");
    FAKE_EXPECT(event, host, alice, "notification");
    fake_host_disconnect(host, alice, 1006);
    // At once, before the receipt is stored, and after it was.
    for (int i = 0; i < 2; i++) {
        nx_session_id again = fake_host_connect(host, "alice");
        FAKE_ASSERT_SILENT(host, again);
        assert_int_equal(notify_case_unread(host, again), 1);
        fake_host_disconnect(host, again, 1000);
        fake_host_advance(host, 2000);
    }
    FAKE_ASSERT(host, fake_host_restart(host));
    nx_session_id later = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, later);
}

static void knows_after_a_restart_what_had_just_arrived(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(host, "alice", "1", "");
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT(host, fake_host_restart(host));
    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, again);
}

static void brings_again_what_was_on_a_connection_that_broke(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_pongs(host, alice, true);
    const char *id = notify_case_notify(host, "alice", "1", "");
    FAKE_EXPECT(first, host, alice, "notification");
    fake_host_disconnect(host, alice, 1006);

    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_EXPECT(second, host, again, "notification");
    FAKE_ASSERT_STR(second, "notification_id", id);
    FAKE_ASSERT_SILENT(host, again);
}

static void comes_before_what_is_new(void **state) {
    struct fake_host *host = *state;
    notify_case_notify(host, "alice", "missed", "");
    fake_host_hold_engine(host, true);
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_post(
            host, SEND_PATH, "{'user_id':'alice','title':'new','message':'m'}");
    FAKE_ASSERT_SILENT(host, alice);
    fake_host_hold_engine(host, false);
    FAKE_EXPECT(missed, host, alice, "notification");
    FAKE_ASSERT_STR(missed, "title", "missed");
    FAKE_EXPECT(fresh, host, alice, "notification");
    FAKE_ASSERT_STR(fresh, "title", "new");
    FAKE_ASSERT_SILENT(host, alice);
}

static void comes_in_parts_that_were_proved(void **state) {
    (void)state;
    struct fake_host *host = notify_case_with("plugins.notify.inbox_max=250");
    for (int i = 1; i <= 250; i++) {
        notify_case_notify(host, "alice", "x", "");
        fake_host_advance(host, 100);
    }
    fake_host_hold_engine(host, true);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_pongs(host, alice, true);
    fake_host_hold_engine(host, false);
    assert_int_equal(fake_host_unread(host, alice), 100);
    notify_case_notify(host, "alice", "new", "");
    assert_int_equal(fake_host_unread(host, alice), 100);
    fake_host_hold_pongs(host, alice, false);
    // The oldest made room for the new one, after it had been sent.
    assert_int_equal(fake_host_unread(host, alice), 251);
    for (int i = 1; i <= 251; i++) {
        FAKE_EXPECT(event, host, alice, "notification");
        FAKE_ASSERT_I64(event, "seq", i);
    }
    fake_host_destroy(host);
}

static void is_tried_again_when_storage_fails(void **state) {
    struct fake_host *host = *state;
    notify_case_notify(host, "alice", "1", "");
    fake_host_fail(host, FAKE_GET, 2, NX_ERR_ENGINE_UNAVAILABLE);
    nx_session_id alice = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, alice);
    fake_host_advance(host, 4000);
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_SILENT(host, alice);
}

static void serves_many_at_once(void **state) {
    struct fake_host *host = *state;
    nx_session_id sessions[200];
    char name[16];
    fake_host_hold_engine(host, true);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "u%d", i);
        sessions[i] = fake_host_connect(host, name);
    }
    fake_host_hold_engine(host, false);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "u%d", i);
        notify_case_notify(host, name, "x", "");
        FAKE_EXPECT(event, host, sessions[i], "notification");
        fake_host_advance(host, 20);
    }
}

static void forgets_devices_that_leave_in_between(void **state) {
    struct fake_host *host = *state;
    notify_case_notify(host, "alice", "1", "");
    fake_host_hold_engine(host, true);
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_disconnect(host, alice, 1006);
    fake_host_hold_engine(host, false);
    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_EXPECT(event, host, again, "notification");
}

static void reaches_every_device_that_is_there(void **state) {
    struct fake_host *host = *state;
    nx_session_id one = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    nx_session_id two = fake_host_connect(host, "alice");
    fake_host_skip(host, one);
    notify_case_post(
            host, SEND_PATH, "{'user_id':'alice','title':'x','message':'m'}");
    fake_host_hold_engine(host, false);
    FAKE_EXPECT(first, host, one, "notification");
    FAKE_EXPECT(second, host, two, "notification");
    FAKE_ASSERT_SILENT(host, one);
    FAKE_ASSERT_SILENT(host, two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(brings_what_was_missed_in_order),
            NOTIFY_TEST(brings_nothing_that_has_arrived_before),
            NOTIFY_TEST(knows_after_a_restart_what_had_just_arrived),
            NOTIFY_TEST(brings_again_what_was_on_a_connection_that_broke),
            NOTIFY_TEST(comes_before_what_is_new),
            cmocka_unit_test(comes_in_parts_that_were_proved),
            NOTIFY_TEST(is_tried_again_when_storage_fails),
            NOTIFY_TEST(serves_many_at_once),
            NOTIFY_TEST(forgets_devices_that_leave_in_between),
            NOTIFY_TEST(reaches_every_device_that_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
