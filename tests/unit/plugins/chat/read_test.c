#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

struct people {
    nx_session_id alice;
    nx_session_id bob;
    nx_session_id tablet; // of bob
    const char *first;    // message ids
    const char *second;
};

static struct people talk(struct fake_host *host) {
    struct people people;
    people.alice = fake_host_connect(host, "alice");
    people.bob = fake_host_connect(host, "bob");
    people.tablet = fake_host_connect(host, "bob");
    chat_case_join(host, people.bob);
    people.first = fake_event_str(
            chat_case_say(host, people.alice, "1"), "message_id");
    people.second = fake_event_str(
            chat_case_say(host, people.alice, "2"), "message_id");
    fake_host_skip(host, people.alice);
    fake_host_skip(host, people.bob);
    fake_host_skip(host, people.tablet);
    return people;
}

static void tells_members_and_the_readers_other_devices(void **state) {
    struct fake_host *host = *state;
    struct people people = talk(host);

    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c',"
            "'message_id':'%s','ref':'r'}",
            people.second);

    const nx_session_id readers[] = {people.alice, people.tablet};
    for (size_t i = 0; i < 2; i++) {
        FAKE_EXPECT(event, host, readers[i], "chat.read");
        FAKE_ASSERT_STR(event, "conversation_id", "c");
        FAKE_ASSERT_STR(event, "user_id", "bob");
        FAKE_ASSERT_STR(event, "message_id", people.second);
        FAKE_ASSERT_I64(event, "seq", 2);
        assert_non_null(fake_event_str(event, "read_at"));
    }
    const struct fake_event *ack = fake_host_await(host, people.bob, "ack");
    FAKE_ASSERT_I64(ack, "seq", 2);
}

static void moves_only_forward_and_not_beyond_the_end(void **state) {
    struct fake_host *host = *state;
    struct people people = talk(host);
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c','seq':77,"
            "'ref':'1'}");
    const struct fake_event *ack = fake_host_await(host, people.bob, "ack");
    FAKE_ASSERT_I64(ack, "seq", 2);
    fake_host_skip(host, people.alice);

    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c','seq':1,"
            "'ref':'2'}");
    ack = fake_host_await(host, people.bob, "ack");
    FAKE_ASSERT_I64(ack, "seq", 2);
    FAKE_ASSERT_SILENT(host, people.alice);
}

static void finds_the_conversation_by_the_message(void **state) {
    struct fake_host *host = *state;
    struct people people = talk(host);
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','message_id':'%s','ref':'1'}",
            people.first);
    const struct fake_event *ack = fake_host_await(host, people.bob, "ack");
    FAKE_ASSERT_STR(ack, "conversation_id", "c");
    FAKE_ASSERT_I64(ack, "seq", 1);
}

static void acknowledges_only_what_is_safe(void **state) {
    struct fake_host *host = *state;
    struct people people = talk(host);
    fake_host_hold_engine(host, true);
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c','seq':1,"
            "'ref':'1'}");
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c','seq':2,"
            "'ref':'2'}");
    FAKE_ASSERT_SILENT(host, people.bob);
    FAKE_ASSERT_SILENT(host, people.alice);
    fake_host_hold_engine(host, false);

    const struct fake_event *one = fake_host_await(host, people.bob, "ack");
    FAKE_ASSERT_STR(one, "ref", "1");
    const struct fake_event *two = fake_host_await(host, people.bob, "ack");
    FAKE_ASSERT_STR(two, "ref", "2");
    FAKE_ASSERT_I64(two, "seq", 2);
    FAKE_EXPECT(news, host, people.alice, "chat.read");
    FAKE_ASSERT_I64(news, "seq", 1);
}

static void survives_a_restart(void **state) {
    struct fake_host *host = *state;
    struct people people = talk(host);
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c','seq':1}");
    assert_true(fake_host_restart(host));
    people.bob = fake_host_connect(host, "bob");
    chat_case_send(host, people.bob, "{'event_type':'chat.list'}");
    const struct fake_event *list =
            fake_host_await(host, people.bob, "chat.list");
    FAKE_ASSERT_I64(list, "conversations.0.read", 1);
    FAKE_ASSERT_I64(list, "conversations.0.unread", 1);
}

static void says_what_is_missing_or_unknown(void **state) {
    struct fake_host *host = *state;
    struct people people = talk(host);
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c'}");
    FAKE_EXPECT(error, host, people.bob, "error");
    FAKE_ASSERT_STR(error, "code", "missing_field");
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c',"
            "'message_id':'m00000000000000010000000000000002'}");
    FAKE_EXPECT(unknown, host, people.bob, "error");
    FAKE_ASSERT_STR(unknown, "code", "not_found");
}

static void says_when_it_could_not_be_stored(void **state) {
    struct fake_host *host = *state;
    struct people people = talk(host);
    fake_host_fail(host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    chat_case_send(host, people.bob,
            "{'event_type':'chat.read','conversation_id':'c','seq':2}");
    FAKE_EXPECT(error, host, people.bob, "error");
    FAKE_ASSERT_STR(error, "code", "engine_unavailable");
    FAKE_ASSERT_SILENT(host, people.alice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(tells_members_and_the_readers_other_devices),
            CHAT_TEST(moves_only_forward_and_not_beyond_the_end),
            CHAT_TEST(finds_the_conversation_by_the_message),
            CHAT_TEST(acknowledges_only_what_is_safe),
            CHAT_TEST(survives_a_restart),
            CHAT_TEST(says_what_is_missing_or_unknown),
            CHAT_TEST(says_when_it_could_not_be_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
