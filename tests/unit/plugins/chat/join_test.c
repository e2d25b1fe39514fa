#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void answers_with_members_and_position(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_say(host, alice, "hi");
    fake_host_skip(host, alice);

    chat_case_send(host, bob,
            "{'event_type':'chat.join','conversation_id':'c',"
            "'username':'Bob B'}");

    FAKE_EXPECT(answer, host, bob, "chat.join");
    FAKE_ASSERT_I64(answer, "members.count", 2);
    assert_int_equal(fake_event_count(answer, "members.users"), 2);
    FAKE_ASSERT_I64(answer, "seq", 1);
    assert_int_equal(strlen(fake_event_str(answer, "epoch")), 16);
    assert_false(fake_event_has(answer, "recovered"));
    FAKE_EXPECT(news, host, alice, "chat.join");
    FAKE_ASSERT_STR(news, "user_id", "bob");
    FAKE_ASSERT_STR(news, "username", "Bob B");
    FAKE_ASSERT_SILENT(host, alice);
    FAKE_ASSERT_SILENT(host, bob);
}

static void announces_a_user_once_and_not_each_device(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id tablet = fake_host_connect(host, "bob");
    chat_case_join(host, alice);
    fake_host_skip(host, alice);
    chat_case_join(host, bob);
    chat_case_join(host, tablet);

    FAKE_EXPECT(news, host, alice, "chat.join");
    (void)news;
    FAKE_ASSERT_SILENT(host, alice);
}

static void is_safe_before_it_is_answered(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_fail(host, FAKE_PUT, 4, NX_ERR_ENGINE_UNAVAILABLE);
    chat_case_send(host, alice,
            "{'event_type':'chat.join','conversation_id':'c','ref':'1'}");
    fake_host_turn(host);
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "engine_unavailable");

    // Nothing of the failed attempt is left in memory.
    chat_case_join(host, alice);
    assert_true(fake_host_restart(host));
    alice = fake_host_connect(host, "alice");
    chat_case_send(
            host, alice, "{'event_type':'chat.members','conversation_id':'c'}");
    FAKE_EXPECT(answer, host, alice, "chat.members");
    FAKE_ASSERT_STR(answer, "members.0.role", "creator");
}

static void recovers_what_was_missed_since_a_position(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    chat_case_say(host, alice, "1");
    chat_case_say(host, alice, "2");
    chat_case_say(host, alice, "3");
    const struct fake_event *history = chat_case_history(host, bob, "");
    const char *epoch = fake_event_str(history, "epoch");
    fake_host_skip(host, bob);

    chat_case_send(host, bob,
            "{'event_type':'chat.join','conversation_id':'c','ref':'j',"
            "'since':{'epoch':'%s','offset':1}}",
            epoch);

    FAKE_EXPECT(ack, host, bob, "ack");
    assert_true(fake_event_bool(ack, "recovered"));
    FAKE_ASSERT_I64(ack, "seq", 3);
    FAKE_EXPECT(two, host, bob, "chat.message");
    FAKE_ASSERT_I64(two, "seq", 2);
    FAKE_EXPECT(three, host, bob, "chat.message");
    FAKE_ASSERT_I64(three, "seq", 3);
    chat_case_say(host, alice, "4");
    FAKE_EXPECT(four, host, bob, "chat.message");
    FAKE_ASSERT_I64(four, "seq", 4);
    FAKE_ASSERT_SILENT(host, bob);
}

static void says_when_it_cannot_recover(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_say(host, alice, "1");

    chat_case_send(host, alice,
            "{'event_type':'chat.join','conversation_id':'c','ref':'j',"
            "'since':{'epoch':'00000000000000ff','offset':1}}");

    const struct fake_event *ack = fake_host_await(host, alice, "ack");
    FAKE_ASSERT(host, ack != NULL);
    assert_true(fake_event_has(ack, "recovered"));
    assert_false(fake_event_bool(ack, "recovered"));
    FAKE_ASSERT_I64(ack, "seq", 1);
    chat_case_say(host, alice, "still there");
}

static void stays_in_the_room_when_recovery_fails(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_say(host, alice, "1");
    fake_host_skip(host, alice);
    fake_host_fail(host, FAKE_HISTORY, 1, NX_ERR_IO);
    chat_case_send(host, alice,
            "{'event_type':'chat.join','conversation_id':'c','ref':'j',"
            "'since':{'epoch':'ff','offset':1}}");
    fake_host_turn(host);
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "io_error");

    chat_case_send(host, alice,
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'2'}");
    FAKE_EXPECT(echo, host, alice, "chat.message");
    (void)echo;
}

static void refuses_a_malformed_position(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *const positions[] = {"{}", "{'epoch':'xyz','offset':1}",
            "{'epoch':'ff'}", "{'epoch':'ff','offset':-1}"};
    for (size_t i = 0; i < 4; i++) {
        chat_case_send(host, alice,
                "{'event_type':'chat.join','conversation_id':'c',"
                "'since':%s}",
                positions[i]);
        FAKE_EXPECT(error, host, alice, "error");
        FAKE_ASSERT_STR(error, "code", "invalid_field");
    }
}

static void is_refused_in_a_conversation_that_is_not_open(void **state) {
    (void)state;
    struct fake_host *host =
            chat_case_with("plugins.chat.open_conversations=false");
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id eve = fake_host_connect(host, "eve");
    chat_case_join(host, alice);

    chat_case_send(
            host, eve, "{'event_type':'chat.join','conversation_id':'c'}");
    FAKE_EXPECT(error, host, eve, "error");
    FAKE_ASSERT_STR(error, "code", "not_member");
    chat_case_send(host, eve,
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'let me in'}");
    FAKE_EXPECT(again, host, eve, "error");
    FAKE_ASSERT_STR(again, "code", "not_member");
    fake_host_destroy(host);
}

static void stops_at_the_limit_of_members(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.members=2");
    chat_case_join(host, fake_host_connect(host, "alice"));
    chat_case_join(host, fake_host_connect(host, "bob"));
    nx_session_id third = fake_host_connect(host, "carol");
    chat_case_send(
            host, third, "{'event_type':'chat.join','conversation_id':'c'}");
    FAKE_EXPECT(error, host, third, "error");
    FAKE_ASSERT_STR(error, "code", "limit_exceeded");
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(answers_with_members_and_position),
            CHAT_TEST(announces_a_user_once_and_not_each_device),
            CHAT_TEST(is_safe_before_it_is_answered),
            CHAT_TEST(recovers_what_was_missed_since_a_position),
            CHAT_TEST(says_when_it_cannot_recover),
            CHAT_TEST(stays_in_the_room_when_recovery_fails),
            CHAT_TEST(refuses_a_malformed_position),
            cmocka_unit_test(is_refused_in_a_conversation_that_is_not_open),
            cmocka_unit_test(stops_at_the_limit_of_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
