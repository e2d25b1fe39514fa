#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

// alice and bob talk in "c"; bob has gone.
static nx_session_id talk(struct fake_host *host) {
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, alice);
    chat_case_join(host, bob);
    fake_host_disconnect(host, bob, 1006);
    fake_host_skip(host, alice);
    return alice;
}

static void hears_again_without_joining(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = talk(host);
    nx_session_id bob = fake_host_connect(host, "bob");
    FAKE_ASSERT_SILENT(host, bob);

    chat_case_say(host, alice, "back?");

    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_STR(got, "content", "back?");
}

static void gets_what_was_missed_in_order_before_live(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = talk(host);
    chat_case_say(host, alice, "1");
    chat_case_say(host, alice, "2");

    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_say(host, alice, "3");

    for (int i = 1; i <= 3; i++) {
        FAKE_EXPECT(got, host, bob, "chat.message");
        FAKE_ASSERT_I64(got, "seq", i);
        FAKE_ASSERT_STR(got, "conversation_id", "c");
    }
    FAKE_ASSERT_SILENT(host, bob);
}

static void gets_nothing_twice_once_it_is_received(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = talk(host);
    chat_case_say(host, alice, "1");
    nx_session_id bob = fake_host_connect(host, "bob");
    assert_int_equal(fake_host_skip(host, bob), 1);
    fake_host_disconnect(host, bob, 1006);

    bob = fake_host_connect(host, "bob");
    FAKE_ASSERT_SILENT(host, bob);
}

static void gets_again_what_was_not_received(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = talk(host);
    nx_session_id bob = fake_host_connect(host, "bob");
    fake_host_hold_pongs(host, bob, true);
    chat_case_say(host, alice, "lost?");
    fake_host_disconnect(host, bob, 1006);

    bob = fake_host_connect(host, "bob");
    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_STR(got, "content", "lost?");
}

static void sees_the_result_of_edits_and_deletes(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    const char *known =
            fake_event_str(chat_case_say(host, alice, "known"), "message_id");
    fake_host_disconnect(host, bob, 1006);
    const char *typo =
            fake_event_str(chat_case_say(host, alice, "tpyo"), "message_id");
    const char *secret =
            fake_event_str(chat_case_say(host, alice, "secret"), "message_id");
    chat_case_send(host, alice,
            "{'event_type':'chat.edit','message_id':'%s','content':'typo'}",
            typo);
    chat_case_send(host, alice,
            "{'event_type':'chat.delete','message_id':'%s'}", secret);
    chat_case_send(host, alice,
            "{'event_type':'chat.edit','message_id':'%s','content':'new'}",
            known);

    bob = fake_host_connect(host, "bob");
    FAKE_EXPECT(first, host, bob, "chat.message");
    FAKE_ASSERT_STR(first, "content", "typo");
    FAKE_ASSERT_I64(first, "version", 2);
    FAKE_EXPECT(second, host, bob, "chat.message");
    assert_true(fake_event_bool(second, "deleted"));
    assert_false(fake_event_has(second, "content"));
    // Of a message that bob has, he needs the change itself.
    FAKE_EXPECT(third, host, bob, "chat.edit");
    FAKE_ASSERT_STR(third, "message_id", known);
    FAKE_ASSERT_STR(third, "content", "new");
    FAKE_ASSERT_SILENT(host, bob);
}

static void is_told_of_a_gap_when_too_much_was_missed(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("offline.max_per_user=3");
    nx_session_id alice = talk(host);
    for (int i = 1; i <= 9; i++) {
        chat_case_say(host, alice, "x");
    }

    nx_session_id bob = fake_host_connect(host, "bob");

    FAKE_EXPECT(gap, host, bob, "system.gap");
    FAKE_ASSERT_STR(gap, "room", "chat:c");
    FAKE_ASSERT_I64(gap, "from", 1);
    FAKE_ASSERT_I64(gap, "to", 6);
    for (int i = 7; i <= 9; i++) {
        FAKE_EXPECT(got, host, bob, "chat.message");
        FAKE_ASSERT_I64(got, "seq", i);
    }
    FAKE_ASSERT_SILENT(host, bob);
    chat_case_say(host, alice, "live");
    FAKE_EXPECT(live, host, bob, "chat.message");
    FAKE_ASSERT_I64(live, "seq", 10);
    fake_host_destroy(host);
}

static void can_do_without_a_backlog(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("offline.max_per_user=0");
    nx_session_id alice = talk(host);
    chat_case_say(host, alice, "missed");
    nx_session_id bob = fake_host_connect(host, "bob");
    FAKE_EXPECT(gap, host, bob, "system.gap");
    FAKE_ASSERT_I64(gap, "to", 1);
    chat_case_say(host, alice, "live");
    FAKE_EXPECT(live, host, bob, "chat.message");
    FAKE_ASSERT_I64(live, "seq", 2);
    fake_host_destroy(host);
}

static void enters_the_most_recently_used_when_not_all_fit(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.rooms_at_login=2");
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *const names[] = {"old", "older", "oldest"};
    for (size_t i = 3; i > 0; i--) {
        chat_case_send(host, alice,
                "{'event_type':'chat.join','conversation_id':'%s'}",
                names[i - 1]);
        fake_host_advance(host, 1000);
    }
    fake_host_disconnect(host, alice, 1006);
    alice = fake_host_connect(host, "alice");
    for (size_t i = 0; i < 3; i++) {
        char json[128];
        (void)snprintf(json, sizeof(json),
                "{\"conversation_id\":\"%s\",\"content\":\"x\"}", names[i]);
        (void)fake_host_emit(host, "chat.message", "robot", json);
        fake_host_turn(host);
    }
    assert_non_null(fake_host_await(host, alice, "chat.message"));
    const struct fake_event *second =
            fake_host_await(host, alice, "chat.message");
    FAKE_ASSERT_STR(second, "conversation_id", "older");
    FAKE_ASSERT_SILENT(host, alice);
    fake_host_destroy(host);
}

static void tries_again_when_storage_is_away(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = talk(host);
    chat_case_say(host, alice, "1");
    fake_host_fail(host, FAKE_SCAN, 2, NX_ERR_ENGINE_UNAVAILABLE);
    nx_session_id bob = fake_host_connect(host, "bob");
    fake_host_turn(host);
    FAKE_ASSERT_SILENT(host, bob);

    fake_host_advance(host, 5000);

    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_I64(got, "seq", 1);
}

static void takes_many_at_once(void **state) {
    (void)state;
    struct fake_host *host =
            chat_case_create("limits.connections_per_user=1000");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = talk(host);
    nx_session_id sessions[200];
    fake_host_hold_engine(host, true);
    for (size_t i = 0; i < 200; i++) {
        sessions[i] = fake_host_connect(host, "bob");
    }
    fake_host_disconnect(host, sessions[199], 1006);
    fake_host_hold_engine(host, false);
    fake_host_turn(host);
    chat_case_say(host, alice, "hi all");
    for (size_t i = 0; i < 199; i++) {
        FAKE_ASSERT(host,
                fake_host_await(host, sessions[i], "chat.message") != NULL);
    }
    fake_host_destroy(host);
}

static void is_over_when_the_client_leaves_meanwhile(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = talk(host);
    chat_case_say(host, alice, "1");
    fake_host_hold_engine(host, true);
    nx_session_id bob = fake_host_connect(host, "bob");
    fake_host_disconnect(host, bob, 1006);
    fake_host_hold_engine(host, false);
    fake_host_turn(host);

    bob = fake_host_connect(host, "bob");
    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_I64(got, "seq", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(hears_again_without_joining),
            CHAT_TEST(gets_what_was_missed_in_order_before_live),
            CHAT_TEST(gets_nothing_twice_once_it_is_received),
            CHAT_TEST(gets_again_what_was_not_received),
            CHAT_TEST(sees_the_result_of_edits_and_deletes),
            cmocka_unit_test(is_told_of_a_gap_when_too_much_was_missed),
            cmocka_unit_test(can_do_without_a_backlog),
            cmocka_unit_test(enters_the_most_recently_used_when_not_all_fit),
            CHAT_TEST(tries_again_when_storage_is_away),
            cmocka_unit_test(takes_many_at_once),
            CHAT_TEST(is_over_when_the_client_leaves_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
