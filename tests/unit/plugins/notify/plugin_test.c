#include "tests/support/cmocka.h"
#include "tests/support/plugin_once.h"
#include "tests/unit/plugins/notify/notify_case.h"

static void goes_through_a_reload_with_everything_it_had(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = notify_case_notify(host, "alice", "before", "");
    fake_host_skip(host, alice);

    FAKE_ASSERT(host, fake_host_reload(host));

    assert_true(fake_host_is_open(host, alice));
    FAKE_ASSERT_SILENT(host, alice);
    notify_case_notify(host, "alice", "after", "");
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_STR(event, "title", "after");
    FAKE_ASSERT_I64(event, "unread", 2);
    FAKE_ASSERT_I64(event, "seq", 2);
    notify_case_ask(host, alice,
            "'event_type':'notification.read','notification_id':'%s'", id);
    assert_int_equal(notify_case_unread(host, alice), 1);
    fake_host_disconnect(host, alice, 1000);
    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, again);
}

static void knows_what_was_on_its_way_before_a_reload(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_pongs(host, alice, true);
    notify_case_notify(host, "alice", "1", "");
    FAKE_EXPECT(first, host, alice, "notification");
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 10);
    fake_host_hold_pongs(host, alice, false);
    // The proof of the next one covers it.
    notify_case_notify(host, "alice", "2", "");
    FAKE_EXPECT(second, host, alice, "notification");
    FAKE_ASSERT_STR(second, "title", "2");
    fake_host_disconnect(host, alice, 1000);
    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, again);
}

static void brings_what_was_lost_across_a_reload(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_pongs(host, alice, true);
    notify_case_notify(host, "alice", "1", "");
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_disconnect(host, alice, 1006);
    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_EXPECT(event, host, again, "notification");
    FAKE_ASSERT_SILENT(host, again);
}

static void keeps_receipts_that_were_not_stored_yet(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(host, "alice", "1", "");
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_disconnect(host, alice, 1006);
    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, again);
}

// One of everything that has to wait for storage.
static void ask_everything(struct fake_host *host, nx_session_id session) {
    static const char *const requests[] = {
            "{'event_type':'notification.read','all':true,'ref':'1'}",
            "{'event_type':'notification.list','ref':'2'}",
            "{'event_type':'notification.clear','notification_id':'x'}",
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        notify_case_send(host, session, "%s", requests[i]);
    }
    notify_case_post(host, SEND_PATH,
            "{'user_ids':['alice','bob','x'],'title':'t','message':'m'}");
    notify_case_post_key(host, SEND_PATH, "key",
            "{'user_id':'alice','title':'t','message':'m'}");
    notify_case_post(host, BROADCAST_PATH, "{'title':'t','message':'m'}");
    notify_case_post(host, BROADCAST_PATH,
            "{'title':'t','message':'m','audience':'known'}");
    fake_host_emit(host, "notification.raise", "bob",
            "{\"user_id\":\"alice\",\"title\":\"t\",\"message\":\"m\"}");
}

static void survives_the_end_while_storage_is_silent(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    notify_case_notify(host, "alice", "x", "");
    fake_host_hold_engine(host, true);
    ask_everything(host, alice);
    ask_everything(host, bob);
    fake_host_connect(host, "carol");
    // Teardown stops the server now: nothing may leak, nobody may crash.
}

static void gives_up_what_storage_never_answered(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    notify_case_notify(host, "alice", "x", "");
    fake_host_hold_engine(host, true);
    ask_everything(host, alice);
    ask_everything(host, bob);
    nx_session_id carol = fake_host_connect(host, "carol");
    fake_host_keep_log(host); // which has reason to warn

    FAKE_ASSERT(host, fake_host_reload(host));

    fake_host_hold_engine(host, false);
    fake_host_advance(host, 100);
    fake_host_skip(host, carol);
    notify_case_notify(host, "carol", "works again", "");
    FAKE_EXPECT(event, host, carol, "notification");
}

static void carries_on_after_a_reload_that_failed(void **state) {
    (void)state;
    struct fake_host *host = notify_case_create(NULL);
    plugin_once_starts = 0;
    fake_host_add(host, &plugin_once, "once");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(
            host, "alice", "1", ",'expires_at':'2026-01-31T12:01:00Z'");
    fake_host_skip(host, alice);
    fake_host_keep_log(host);

    assert_false(fake_host_reload(host));

    FAKE_ASSERT_SILENT(host, alice);
    notify_case_notify(host, "alice", "2", "");
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_I64(event, "unread", 2);
    fake_host_advance(host, 61000);
    FAKE_EXPECT(expired, host, alice, "notification.clear");
    fake_host_disconnect(host, alice, 1000);
    nx_session_id again = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, again);
    fake_host_destroy(host);
}

static void takes_up_sessions_that_were_not_served_yet(void **state) {
    struct fake_host *host = *state;
    notify_case_notify(host, "alice", "missed", "");
    fake_host_fail(host, FAKE_GET, 1, NX_ERR_ENGINE_UNAVAILABLE);
    nx_session_id alice = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, alice);
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 10);
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_SILENT(host, alice);
}

static void owes_a_device_the_same_after_a_reload(void **state) {
    (void)state;
    struct fake_host *host =
            notify_case_with("plugins.notify.low_queue_bytes=0");
    nx_session_id slow = fake_host_connect(host, "alice");
    nx_session_id other = fake_host_connect(host, "alice");
    fake_host_stop_reading(host, slow, true);
    notify_case_notify(host, "alice", "normal", "");
    notify_case_notify(host, "alice", "low", ",'priority':'low'");
    fake_host_skip(host, other);
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 10);

    fake_host_stop_reading(host, slow, false);
    fake_host_advance(host, 6000);

    FAKE_ASSERT(host, fake_host_await(host, slow, "notification") != NULL);
    FAKE_EXPECT(low, host, slow, "notification");
    FAKE_ASSERT_STR(low, "title", "low");
    FAKE_ASSERT_SILENT(host, slow);
    FAKE_ASSERT_SILENT(host, other);
    fake_host_destroy(host);
}

static void serves_users_of_any_name(void **state) {
    struct fake_host *host = *state;
    nx_session_id session = fake_host_connect(host, "i/b/\xc3\xa9% ");
    notify_case_notify(host, "i/b/\xc3\xa9% ", "x", "");
    FAKE_EXPECT(event, host, session, "notification");
    assert_int_equal(notify_case_unread(host, session), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(goes_through_a_reload_with_everything_it_had),
            NOTIFY_TEST(knows_what_was_on_its_way_before_a_reload),
            NOTIFY_TEST(brings_what_was_lost_across_a_reload),
            NOTIFY_TEST(keeps_receipts_that_were_not_stored_yet),
            NOTIFY_TEST(survives_the_end_while_storage_is_silent),
            NOTIFY_TEST(gives_up_what_storage_never_answered),
            cmocka_unit_test(carries_on_after_a_reload_that_failed),
            NOTIFY_TEST(takes_up_sessions_that_were_not_served_yet),
            cmocka_unit_test(owes_a_device_the_same_after_a_reload),
            NOTIFY_TEST(serves_users_of_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
