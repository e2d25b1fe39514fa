#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void lists_members_with_their_watermarks(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    chat_case_say(host, alice, "1");
    chat_case_send(host, alice,
            "{'event_type':'chat.read','conversation_id':'c','seq':1}");
    fake_host_disconnect(host, bob, 1000);
    fake_host_skip(host, alice);

    chat_case_send(
            host, alice, "{'event_type':'chat.members','conversation_id':'c'}");

    FAKE_EXPECT(answer, host, alice, "chat.members");
    FAKE_ASSERT_I64(answer, "count", 2);
    FAKE_ASSERT_STR(answer, "members.0.user_id", "bob");
    FAKE_ASSERT_STR(answer, "members.0.role", "creator");
    assert_false(fake_event_bool(answer, "members.0.online"));
    FAKE_ASSERT_I64(answer, "members.0.read", 0);
    FAKE_ASSERT_I64(answer, "members.0.delivered", 1);
    FAKE_ASSERT_STR(answer, "members.1.user_id", "alice");
    assert_true(fake_event_bool(answer, "members.1.online"));
    FAKE_ASSERT_I64(answer, "members.1.read", 1);
}

static void leaves_with_all_devices(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id tablet = fake_host_connect(host, "bob");
    chat_case_join(host, alice);
    chat_case_join(host, bob);
    fake_host_skip(host, alice);
    fake_host_skip(host, tablet);

    chat_case_send(host, bob,
            "{'event_type':'chat.leave','conversation_id':'c','ref':'l'}");

    FAKE_EXPECT(ack, host, bob, "ack");
    FAKE_ASSERT_STR(ack, "conversation_id", "c");
    FAKE_EXPECT(news, host, alice, "chat.leave");
    FAKE_ASSERT_STR(news, "user_id", "bob");
    FAKE_EXPECT(told, host, tablet, "chat.leave");
    FAKE_ASSERT_STR(told, "conversation_id", "c");
    chat_case_say(host, alice, "are you gone?");
    FAKE_ASSERT_SILENT(host, bob);
    FAKE_ASSERT_SILENT(host, tablet);

    assert_true(fake_host_restart(host));
    bob = fake_host_connect(host, "bob");
    chat_case_send(host, bob, "{'event_type':'chat.list'}");
    FAKE_EXPECT(list, host, bob, "chat.list");
    assert_int_equal(fake_event_count(list, "conversations"), 0);
}

static void lets_a_member_bring_in_another(void **state) {
    (void)state;
    struct fake_host *host =
            chat_case_with("plugins.chat.open_conversations=false");
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id eve = fake_host_connect(host, "eve");
    chat_case_join(host, alice);
    fake_host_skip(host, alice);

    chat_case_send(host, eve,
            "{'event_type':'chat.invite','conversation_id':'c',"
            "'user_id':'eve'}");
    FAKE_EXPECT(error, host, eve, "error");
    FAKE_ASSERT_STR(error, "code", "not_member");
    chat_case_send(host, alice,
            "{'event_type':'chat.invite','conversation_id':'c',"
            "'user_id':'bob','ref':'i'}");

    const struct fake_event *ack = fake_host_await(host, alice, "ack");
    FAKE_ASSERT(host, ack != NULL);
    FAKE_ASSERT_STR(ack, "invitee_id", "bob");
    FAKE_EXPECT(invitation, host, bob, "chat.invite");
    FAKE_ASSERT_STR(invitation, "user_id", "alice");
    FAKE_ASSERT_STR(invitation, "conversation_id", "c");
    chat_case_say(host, alice, "welcome");
    const struct fake_event *got = fake_host_await(host, bob, "chat.message");
    FAKE_ASSERT_STR(got, "content", "welcome");
    fake_host_destroy(host);
}

static void tells_the_others_of_an_invitation(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_join(host, alice);
    fake_host_skip(host, alice);
    chat_case_send(host, alice,
            "{'event_type':'chat.invite','conversation_id':'c',"
            "'user_id':'bob'}");
    FAKE_EXPECT(news, host, alice, "chat.join");
    FAKE_ASSERT_STR(news, "user_id", "bob");
    FAKE_ASSERT_STR(news, "invited_by", "alice");

    // Twice is no news.
    chat_case_send(host, alice,
            "{'event_type':'chat.invite','conversation_id':'c',"
            "'user_id':'bob','ref':'i'}");
    FAKE_EXPECT(ack, host, alice, "ack");
    (void)ack;
    FAKE_ASSERT_SILENT(host, alice);
}

static void keeps_a_third_out_of_a_conversation_of_two(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_send(host, alice,
            "{'event_type':'chat.invite','conversation_id':'dm:alice:bob',"
            "'user_id':'carol'}");
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "forbidden");
}

static void knows_no_members_of_what_does_not_exist(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_send(
            host, alice, "{'event_type':'chat.members','conversation_id':'c'}");
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "not_found");
    chat_case_send(
            host, alice, "{'event_type':'chat.leave','conversation_id':'c'}");
    FAKE_EXPECT(again, host, alice, "error");
    FAKE_ASSERT_STR(again, "code", "not_found");
}

static void says_when_leaving_could_not_be_stored(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_join(host, alice);
    fake_host_fail(host, FAKE_REMOVE, 2, NX_ERR_ENGINE_UNAVAILABLE);
    chat_case_send(host, alice,
            "{'event_type':'chat.leave','conversation_id':'c','ref':'l'}");
    const struct fake_event *error = fake_host_await(host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "engine_unavailable");

    // Still a member, as the engine says.
    chat_case_send(
            host, alice, "{'event_type':'chat.members','conversation_id':'c'}");
    const struct fake_event *answer =
            fake_host_await(host, alice, "chat.members");
    FAKE_ASSERT_I64(answer, "count", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(lists_members_with_their_watermarks),
            CHAT_TEST(leaves_with_all_devices),
            cmocka_unit_test(lets_a_member_bring_in_another),
            CHAT_TEST(tells_the_others_of_an_invitation),
            CHAT_TEST(keeps_a_third_out_of_a_conversation_of_two),
            CHAT_TEST(knows_no_members_of_what_does_not_exist),
            CHAT_TEST(says_when_leaving_could_not_be_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
