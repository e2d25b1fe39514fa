#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

#define RAISED \
    "{\"user_id\":\"alice\",\"title\":\"Bob mentioned you\"," \
    "\"message\":\"hello @alice\",\"notification_type\":\"info\"," \
    "\"priority\":\"normal\",\"data\":{\"conversation_id\":\"c\"}}"

static void makes_notifications_of_what_plugins_raise(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    assert_int_equal(
            fake_host_emit(host, "notification.raise", "bob", RAISED), NX_OK);
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_STR(event, "user_id", "bob");
    FAKE_ASSERT_STR(event, "title", "Bob mentioned you");
    FAKE_ASSERT_STR(event, "data.conversation_id", "c");
    FAKE_ASSERT_I64(event, "unread", 1);
}

static void keeps_what_plugins_raise_for_who_is_away(void **state) {
    struct fake_host *host = *state;
    fake_host_emit(host, "notification.raise", NULL, RAISED);
    nx_session_id alice = fake_host_connect(host, "alice");
    FAKE_EXPECT(event, host, alice, "notification");
    assert_false(fake_event_has(event, "user_id"));
}

static void does_not_let_clients_raise(void **state) {
    struct fake_host *host = *state;
    nx_session_id mallory = fake_host_connect(host, "mallory");
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_event *answer = notify_case_ask(host, mallory,
            "'event_type':'notification.raise','title':'t','message':'m'");
    FAKE_ASSERT_STR(answer, "code", "forbidden");
    fake_host_send(host, mallory,
            "{\"event_type\":\"notification.raise\",\"user_id\":\"alice\","
            "\"title\":\"t\",\"message\":\"m\"}");
    FAKE_EXPECT(second, host, mallory, "error");
    FAKE_ASSERT_STR(second, "code", "forbidden");
    FAKE_ASSERT_SILENT(host, alice);
    assert_int_equal(notify_case_unread(host, alice), 0);
}

static void survives_what_plugins_raise_wrongly(void **state) {
    struct fake_host *host = *state;
    static const char *const bad[] = {
            // One text of two lines at the end.
            "{}",
            "{\"user_id\":\"alice\"}",
            "{\"user_id\":7,\"title\":\"t\",\"message\":\"m\"}",
            "{\"title\":\"t\",\"message\":\"m\"}",
            ("{\"user_id\":\"alice\",\"title\":\"t\",\"message\":\"m\","
             "\"priority\":\"x\"}"),
    };
    fake_host_keep_log(host);
    nx_session_id alice = fake_host_connect(host, "alice");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
                fake_host_emit(host, "notification.raise", "bob", bad[i]),
                NX_OK);
    }
    FAKE_ASSERT_SILENT(host, alice);
    assert_true(fake_host_logged(host, "user_id is no user's id"));
    assert_true(fake_host_logged(host, "priority must be"));
}

static void says_what_became_lost(void **state) {
    struct fake_host *host = *state;
    fake_host_keep_log(host);
    fake_host_fail(host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    fake_host_emit(host, "notification.raise", "bob", RAISED);
    assert_true(fake_host_logged(host, "is lost: engine_unavailable"));
}

static void does_not_let_clients_send_by_default(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = fake_host_connect(host, "bob");
    const struct fake_event *answer = notify_case_ask(host, bob,
            "'event_type':'notification','recipient_id':'alice','title':'t',"
            "'message':'m'");
    FAKE_ASSERT_STR(answer, "code", "forbidden");
    assert_non_null(strstr(fake_event_str(answer, "message"), "client_send"));
}

static void lets_clients_send_where_that_is_allowed(void **state) {
    (void)state;
    struct fake_host *host =
            notify_case_with("plugins.notify.client_send=true");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_event *ack = notify_case_ask(host, bob,
            "'event_type':'notification','recipient_id':'alice','title':'t',"
            "'message':'m','priority':'high','colour':1");
    FAKE_ASSERT_STR(ack, "event_type", "ack");
    FAKE_ASSERT_STR(ack, "warnings.0.field", "colour");
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_STR(event, "user_id", "bob");
    FAKE_ASSERT_STR(
            event, "notification_id", fake_event_str(ack, "notification_id"));
    FAKE_ASSERT_SILENT(host, bob);

    static const struct {
        const char *fields;
        const char *code;
        const char *field;
    } bad[] = {
            {"'title':'t','message':'m'", "missing_field", "recipient_id"},
            {"'recipient_id':'alice','message':'m'", "missing_field", "title"},
            {"'recipient_id':'alice','title':'t','message':7", "invalid_field",
                    "message"},
            {"'recipient_id':'','title':'t','message':'m'", "invalid_field",
                    "recipient_id"},
            {"'recipient_id':'alice','title':'t','message':'m',"
             "'priority':'x'",
                    "invalid_field", "priority"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct fake_event *answer = notify_case_ask(
                host, bob, "'event_type':'notification',%s", bad[i].fields);
        FAKE_ASSERT_STR(answer, "code", bad[i].code);
        FAKE_ASSERT_STR(answer, "details.field", bad[i].field);
    }
    const struct fake_event *forged = notify_case_ask(host, bob,
            "'event_type':'notification','recipient_id':'alice','title':'t',"
            "'message':'m','user_id':'carol'");
    FAKE_ASSERT_STR(forged, "code", "identity_mismatch");
    fake_host_destroy(host);
}

static void tells_a_client_what_could_not_be_stored(void **state) {
    (void)state;
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &nexus_plugin_v1_notify, "notify");
    fake_host_set(host, "plugins.notify.client_send=true");
    fake_host_set(host, "plugins.notify.inbox_max=1");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id bob = fake_host_connect(host, "bob");
    fake_host_fail(host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    static const char *const codes[] = {"engine_unavailable", "limit_exceeded"};
    for (size_t i = 0; i < 2; i++) {
        const struct fake_event *answer = notify_case_ask(host, bob,
                "'event_type':'notification','recipient_id':'alice',"
                "'title':'t','message':'m'");
        FAKE_ASSERT_STR(answer, "code", codes[i]);
        notify_case_notify(host, "alice", "x", ",'priority':'urgent'");
    }
    fake_host_destroy(host);
}

static void does_not_know_other_events(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = fake_host_connect(host, "bob");
    static const char *const types[] = {
            "notification.other", "notification.", "notifications"};
    for (size_t i = 0; i < 3; i++) {
        const struct fake_event *answer =
                notify_case_ask(host, bob, "'event_type':'%s'", types[i]);
        FAKE_ASSERT_STR(answer, "code", "unknown_event");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(makes_notifications_of_what_plugins_raise),
            NOTIFY_TEST(keeps_what_plugins_raise_for_who_is_away),
            NOTIFY_TEST(does_not_let_clients_raise),
            NOTIFY_TEST(survives_what_plugins_raise_wrongly),
            NOTIFY_TEST(says_what_became_lost),
            NOTIFY_TEST(does_not_let_clients_send_by_default),
            cmocka_unit_test(lets_clients_send_where_that_is_allowed),
            cmocka_unit_test(tells_a_client_what_could_not_be_stored),
            NOTIFY_TEST(does_not_know_other_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
