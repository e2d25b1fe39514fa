#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void say_many(struct fake_host *host, nx_session_id session, int count) {
    for (int i = 1; i <= count; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", i);
        chat_case_say(host, session, text);
        fake_host_advance(host, 100); // stay below the rate limit
    }
    fake_host_skip(host, session);
}

static void gives_the_newest_in_ascending_order(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    say_many(host, alice, 5);

    const struct fake_event *answer =
            chat_case_history(host, alice, ",'limit':2");

    FAKE_ASSERT_STR(answer, "conversation_id", "c");
    assert_int_equal(fake_event_count(answer, "messages"), 2);
    FAKE_ASSERT_I64(answer, "messages.0.seq", 4);
    FAKE_ASSERT_STR(answer, "messages.1.content", "5");
    FAKE_ASSERT_STR(answer, "messages.1.event_type", "chat.message");
    assert_true(fake_event_bool(answer, "has_more"));
    FAKE_ASSERT_I64(answer, "first_seq", 1);
    FAKE_ASSERT_I64(answer, "last_seq", 5);
    assert_int_equal(strlen(fake_event_str(answer, "epoch")), 16);
}

static void pages_in_both_directions(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    say_many(host, alice, 5);

    const struct fake_event *older =
            chat_case_history(host, alice, ",'before':3,'limit':2");
    assert_int_equal(fake_event_count(older, "messages"), 2);
    FAKE_ASSERT_I64(older, "messages.0.seq", 1);
    assert_false(fake_event_bool(older, "has_more"));

    const struct fake_event *newer =
            chat_case_history(host, alice, ",'after':2,'limit':2");
    FAKE_ASSERT_I64(newer, "messages.0.seq", 3);
    FAKE_ASSERT_I64(newer, "messages.1.seq", 4);
    assert_true(fake_event_bool(newer, "has_more"));

    const struct fake_event *between =
            chat_case_history(host, alice, ",'after':2,'before':4");
    assert_int_equal(fake_event_count(between, "messages"), 1);
    FAKE_ASSERT_I64(between, "messages.0.seq", 3);
}

static void stays_current_without_reading_the_log_again(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    say_many(host, alice, 2);
    chat_case_history(host, alice, "");
    size_t reads = fake_host_engine_count(host, FAKE_HISTORY);

    say_many(host, alice, 2);
    const struct fake_event *answer = chat_case_history(host, alice, "");

    assert_int_equal(fake_event_count(answer, "messages"), 4);
    assert_int_equal(fake_host_engine_count(host, FAKE_HISTORY), reads);
}

static void serves_requests_that_came_while_it_was_loading(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    say_many(host, alice, 3);
    assert_true(fake_host_restart(host));
    alice = fake_host_connect(host, "alice");

    fake_host_hold_engine(host, true);
    for (int i = 0; i < 3; i++) {
        chat_case_send(host, alice,
                "{'event_type':'chat.history','conversation_id':'c',"
                "'ref':'%d'}",
                i);
    }
    FAKE_ASSERT_SILENT(host, alice);
    fake_host_hold_engine(host, false);

    for (int i = 0; i < 3; i++) {
        char ref[2] = {(char)('0' + i), '\0'};
        const struct fake_event *ack = fake_host_await(host, alice, "ack");
        FAKE_ASSERT_STR(ack, "ref", ref);
        assert_int_equal(fake_event_count(ack, "messages"), 3);
    }
}

static void reads_more_than_one_page_of_the_log(void **state) {
    (void)state;
    struct fake_host *host = chat_case_create("plugins.chat.history=3000");
    fake_host_set(host, "limits.messages_per_second=10000");
    fake_host_set(host, "limits.burst=10000");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    for (int i = 0; i < 2100; i++) {
        chat_case_send(host, alice,
                "{'event_type':'chat.message','conversation_id':'c',"
                "'content':'x'}");
    }
    assert_true(fake_host_restart(host));
    alice = fake_host_connect(host, "alice");

    const struct fake_event *answer =
            chat_case_history(host, alice, ",'before':3");
    assert_int_equal(fake_event_count(answer, "messages"), 2);
    FAKE_ASSERT_I64(answer, "last_seq", 2100);
    fake_host_destroy(host);
}

static void forgets_what_the_log_no_longer_keeps(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.history=10");
    nx_session_id alice = fake_host_connect(host, "alice");
    say_many(host, alice, 5);
    chat_case_history(host, alice, "");
    say_many(host, alice, 8);

    const struct fake_event *answer = chat_case_history(host, alice, "");
    assert_int_equal(fake_event_count(answer, "messages"), 10);
    FAKE_ASSERT_I64(answer, "first_seq", 4);
    FAKE_ASSERT_I64(answer, "messages.0.seq", 4);
    fake_host_destroy(host);
}

static void ends_an_answer_before_it_is_too_large(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    char content[3001];
    memset(content, 'x', 3000);
    content[3000] = '\0';
    for (int i = 0; i < 100; i++) {
        chat_case_say(host, alice, content);
        fake_host_advance(host, 100);
    }
    const struct fake_event *answer =
            chat_case_history(host, alice, ",'limit':100");
    size_t count = fake_event_count(answer, "messages");
    assert_in_range(count, 60, 90);
    assert_true(fake_event_bool(answer, "has_more"));
    assert_true(strlen(fake_event_text(answer)) < 300000);
    char last[32];
    (void)snprintf(last, sizeof(last), "messages.%zu.seq", count - 1);
    FAKE_ASSERT_I64(answer, last, 100);
}

static void is_closed_to_who_is_no_member(void **state) {
    (void)state;
    struct fake_host *host =
            chat_case_with("plugins.chat.open_conversations=false");
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id eve = fake_host_connect(host, "eve");
    chat_case_say(host, alice, "private");

    chat_case_send(
            host, eve, "{'event_type':'chat.history','conversation_id':'c'}");
    FAKE_EXPECT(error, host, eve, "error");
    FAKE_ASSERT_STR(error, "code", "not_member");
    chat_case_send(
            host, eve, "{'event_type':'chat.history','conversation_id':'no'}");
    FAKE_EXPECT(none, host, eve, "error");
    FAKE_ASSERT_STR(none, "code", "not_found");
    fake_host_destroy(host);
}

static void says_when_the_log_cannot_be_read(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_say(host, alice, "x");
    fake_host_fail(host, FAKE_HISTORY, 1, NX_ERR_IO);

    chat_case_send(
            host, alice, "{'event_type':'chat.history','conversation_id':'c'}");

    const struct fake_event *error = fake_host_await(host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "io_error");
    const struct fake_event *answer = chat_case_history(host, alice, "");
    assert_int_equal(fake_event_count(answer, "messages"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(gives_the_newest_in_ascending_order),
            CHAT_TEST(pages_in_both_directions),
            CHAT_TEST(stays_current_without_reading_the_log_again),
            CHAT_TEST(serves_requests_that_came_while_it_was_loading),
            cmocka_unit_test(reads_more_than_one_page_of_the_log),
            cmocka_unit_test(forgets_what_the_log_no_longer_keeps),
            CHAT_TEST(ends_an_answer_before_it_is_too_large),
            cmocka_unit_test(is_closed_to_who_is_no_member),
            CHAT_TEST(says_when_the_log_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
