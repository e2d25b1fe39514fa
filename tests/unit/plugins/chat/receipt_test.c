#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

struct people {
    nx_session_id alice;
    nx_session_id bob;
};

static struct people meet(struct fake_host *host) {
    struct people people;
    people.alice = fake_host_connect(host, "alice");
    people.bob = fake_host_connect(host, "bob");
    chat_case_join(host, people.alice);
    chat_case_join(host, people.bob);
    fake_host_skip(host, people.alice);
    fake_host_skip(host, people.bob);
    return people;
}

static void tells_the_sender_when_a_pong_proves_it(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    fake_host_hold_pongs(host, people.bob, true);
    const struct fake_event *ack = chat_case_say(host, people.alice, "hi");
    FAKE_ASSERT_SILENT(host, people.alice);

    fake_host_hold_pongs(host, people.bob, false);

    FAKE_EXPECT(event, host, people.alice, "chat.delivered");
    FAKE_ASSERT_STR(event, "conversation_id", "c");
    FAKE_ASSERT_STR(event, "message_id", fake_event_str(ack, "message_id"));
    FAKE_ASSERT_I64(event, "seq", 1);
    FAKE_ASSERT_STR(event, "user_id", "bob");
    assert_non_null(fake_event_str(event, "delivered_at"));
    FAKE_ASSERT_SILENT(host, people.alice);
}

static void counts_only_the_first_device(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    nx_session_id tablet = fake_host_connect(host, "bob");
    fake_host_hold_pongs(host, tablet, true);
    chat_case_say(host, people.alice, "hi");
    fake_host_await(host, people.alice, "chat.delivered");

    fake_host_hold_pongs(host, tablet, false);
    chat_case_send(host, people.bob,
            "{'event_type':'chat.delivered','conversation_id':'c','seq':1}");

    FAKE_ASSERT_SILENT(host, people.alice);
}

static void takes_the_word_of_a_client(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    fake_host_hold_pongs(host, people.bob, true);
    chat_case_say(host, people.alice, "1");
    chat_case_say(host, people.alice, "2");

    chat_case_send(host, people.bob,
            "{'event_type':'chat.delivered','conversation_id':'c','seq':99,"
            "'ref':'d'}");

    const struct fake_event *ack = fake_host_await(host, people.bob, "ack");
    FAKE_ASSERT_I64(ack, "seq", 2);
    FAKE_EXPECT(one, host, people.alice, "chat.delivered");
    FAKE_ASSERT_I64(one, "seq", 1);
    FAKE_EXPECT(two, host, people.alice, "chat.delivered");
    FAKE_ASSERT_I64(two, "seq", 2);
}

static void says_nothing_in_large_conversations(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.delivered_members=1");
    struct people people = meet(host);
    chat_case_say(host, people.alice, "hi");
    fake_host_advance(host, 1000);
    FAKE_ASSERT_SILENT(host, people.alice);
    fake_host_destroy(host);
}

static void finds_messages_that_are_no_longer_in_memory(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    fake_host_hold_pongs(host, people.bob, true);
    chat_case_say(host, people.alice, "hi");
    assert_true(fake_host_restart(host));
    people.alice = fake_host_connect(host, "alice");
    people.bob = fake_host_connect(host, "bob");

    // What was missed comes first, and its receipt is told of.
    FAKE_EXPECT(missed, host, people.bob, "chat.message");
    FAKE_ASSERT_I64(missed, "seq", 1);
    const struct fake_event *event =
            fake_host_await(host, people.alice, "chat.delivered");
    FAKE_ASSERT(host, event != NULL);
    FAKE_ASSERT_I64(event, "seq", 1);
    FAKE_ASSERT_STR(event, "user_id", "bob");
}

static void is_remembered_without_a_put_for_each(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    fake_host_advance(host, 10000);
    size_t puts = fake_host_engine_count(host, FAKE_PUT);
    for (int i = 0; i < 10; i++) {
        chat_case_say(host, people.alice, "x");
    }
    fake_host_advance(host, 10000);
    assert_true(fake_host_engine_count(host, FAKE_PUT) - puts <= 4);

    assert_true(fake_host_restart(host));
    people.bob = fake_host_connect(host, "bob");
    FAKE_ASSERT_SILENT(host, people.bob);
}

static void writes_what_is_left_when_the_server_stops(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    chat_case_say(host, people.alice, "x");
    assert_true(fake_host_restart(host));
    people.bob = fake_host_connect(host, "bob");
    FAKE_ASSERT_SILENT(host, people.bob);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(tells_the_sender_when_a_pong_proves_it),
            CHAT_TEST(counts_only_the_first_device),
            CHAT_TEST(takes_the_word_of_a_client),
            cmocka_unit_test(says_nothing_in_large_conversations),
            CHAT_TEST(finds_messages_that_are_no_longer_in_memory),
            CHAT_TEST(is_remembered_without_a_put_for_each),
            CHAT_TEST(writes_what_is_left_when_the_server_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
