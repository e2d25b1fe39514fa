#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void say_in(struct fake_host *host, nx_session_id session,
        const char *conversation, const char *content) {
    chat_case_send(host, session,
            "{'event_type':'chat.message','conversation_id':'%s',"
            "'content':'%s','ref':'s'}",
            conversation, content);
    FAKE_ASSERT(host, fake_host_await(host, session, "ack") != NULL);
}

static const struct fake_event *list(
        struct fake_host *host, nx_session_id session, const char *more) {
    chat_case_send(host, session, "{'event_type':'chat.list'%s}", more);
    const struct fake_event *answer =
            fake_host_await(host, session, "chat.list");
    FAKE_ASSERT(host, answer != NULL);
    return answer;
}

static void gives_last_message_and_what_is_unread(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    say_in(host, alice, "c", "1");
    say_in(host, bob, "c", "2");
    say_in(host, alice, "c", "3");
    say_in(host, alice, "x/y", "alone");

    const struct fake_event *answer = list(host, bob, "");
    assert_int_equal(fake_event_count(answer, "conversations"), 1);
    FAKE_ASSERT_STR(answer, "conversations.0.conversation_id", "c");
    FAKE_ASSERT_STR(answer, "conversations.0.last_message.content", "3");
    FAKE_ASSERT_I64(answer, "conversations.0.last_message.seq", 3);
    FAKE_ASSERT_I64(answer, "conversations.0.seq", 3);
    FAKE_ASSERT_I64(answer, "conversations.0.read", 0);
    FAKE_ASSERT_I64(answer, "conversations.0.unread", 2);
    FAKE_ASSERT_I64(answer, "conversations.0.members", 2);
    assert_false(fake_event_bool(answer, "has_more"));

    answer = list(host, alice, "");
    assert_int_equal(fake_event_count(answer, "conversations"), 2);
    FAKE_ASSERT_STR(answer, "conversations.1.conversation_id", "x/y");
}

static void gives_the_same_whether_the_log_is_in_memory_or_not(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    const char *id =
            fake_event_str(chat_case_say(host, alice, "draft"), "message_id");
    chat_case_send(host, alice,
            "{'event_type':'chat.edit','message_id':'%s','content':'final'}",
            id);
    const char *cold = fake_event_text(list(host, bob, ""));
    chat_case_history(host, bob, "");
    const char *warm = fake_event_text(list(host, bob, ""));

    const char *cold_rows = strstr(cold, "\"conversations\"");
    const char *warm_rows = strstr(warm, "\"conversations\"");
    assert_non_null(strstr(cold, "final"));
    assert_string_equal(cold_rows, warm_rows);
}

static void pages_by_the_last_one_listed(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *const names[] = {"a", "b", "c%", "d/", "e"};
    for (size_t i = 0; i < 5; i++) {
        say_in(host, alice, names[i], "x");
    }
    assert_true(fake_host_restart(host));
    alice = fake_host_connect(host, "alice");

    char after[64] = "";
    size_t found = 0;
    bool more = true;
    while (more) {
        const struct fake_event *page = list(host, alice, after);
        size_t count = fake_event_count(page, "conversations");
        for (size_t i = 0; i < count; i++) {
            char field[64];
            (void)snprintf(field, sizeof(field),
                    "conversations.%zu.conversation_id", i);
            FAKE_ASSERT_STR(page, field, names[found]);
            found++;
        }
        more = fake_event_bool(page, "has_more");
        (void)snprintf(after, sizeof(after), ",'limit':2,'after':'%s'",
                names[found - 1]);
    }
    assert_int_equal(found, 5);
}

static void is_empty_for_a_newcomer(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_event *answer = list(host, alice, "");
    assert_int_equal(fake_event_count(answer, "conversations"), 0);
    assert_true(fake_event_has(answer, "conversations"));
}

static void says_when_storage_fails(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    say_in(host, alice, "c", "x");
    fake_host_fail(host, FAKE_SCAN, 1, NX_ERR_ENGINE_UNAVAILABLE);
    chat_case_send(host, alice, "{'event_type':'chat.list'}");
    fake_host_turn(host);
    const struct fake_event *error = fake_host_await(host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "engine_unavailable");

    fake_host_fail(host, FAKE_HISTORY, 1, NX_ERR_IO);
    chat_case_send(host, alice, "{'event_type':'chat.list'}");
    fake_host_turn(host);
    error = fake_host_await(host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "io_error");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(gives_last_message_and_what_is_unread),
            CHAT_TEST(gives_the_same_whether_the_log_is_in_memory_or_not),
            CHAT_TEST(pages_by_the_last_one_listed),
            CHAT_TEST(is_empty_for_a_newcomer),
            CHAT_TEST(says_when_storage_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
