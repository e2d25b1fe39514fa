#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void edit(struct fake_host *host, nx_session_id session, const char *id,
        const char *content) {
    chat_case_send(host, session,
            "{'event_type':'chat.edit','message_id':'%s','content':'%s',"
            "'ref':'e'}",
            id, content);
}

static void delete (
        struct fake_host *host, nx_session_id session, const char *id) {
    chat_case_send(host, session,
            "{'event_type':'chat.delete','message_id':'%s','ref':'d'}", id);
}

static void is_refused(
        struct fake_host *host, nx_session_id session, const char *code) {
    const struct fake_event *error = fake_host_await(host, session, "error");
    FAKE_ASSERT(host, error != NULL);
    FAKE_ASSERT_STR(error, "code", code);
}

static const char *say(
        struct fake_host *host, nx_session_id session, const char *content) {
    return fake_event_str(chat_case_say(host, session, content), "message_id");
}

static void edits_a_message_named_by_its_id_alone(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = say(host, alice, "helo");

    edit(host, alice, id, "hello");

    FAKE_EXPECT(seen, host, alice, "chat.edit");
    FAKE_ASSERT_STR(seen, "message_id", id);
    FAKE_ASSERT_STR(seen, "conversation_id", "c");
    FAKE_ASSERT_STR(seen, "content", "hello");
    FAKE_ASSERT_I64(seen, "version", 2);
    FAKE_ASSERT_I64(seen, "message_seq", 1);
    FAKE_ASSERT_I64(seen, "seq", 2);
    assert_non_null(fake_event_str(seen, "edited_at"));
    FAKE_EXPECT(ack, host, alice, "ack");
    FAKE_ASSERT_I64(ack, "version", 2);
}

static void shows_only_the_result_in_history(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *first = say(host, alice, "1");
    const char *second = say(host, alice, "secret");
    edit(host, alice, first, "one");
    edit(host, alice, first, "ONE");
    delete (host, alice, second);

    const struct fake_event *answer = chat_case_history(host, alice, "");

    assert_int_equal(fake_event_count(answer, "messages"), 2);
    FAKE_ASSERT_STR(answer, "messages.0.content", "ONE");
    FAKE_ASSERT_I64(answer, "messages.0.seq", 1);
    FAKE_ASSERT_I64(answer, "messages.0.version", 3);
    assert_true(fake_event_bool(answer, "messages.1.deleted"));
    FAKE_ASSERT_STR(answer, "messages.1.message_id", second);
    assert_false(fake_event_has(answer, "messages.1.content"));
    assert_null(strstr(fake_event_text(answer), "secret"));
}

static void finds_an_old_message_after_a_restart(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = say(host, alice, "old");
    edit(host, alice, id, "older");
    assert_true(fake_host_restart(host));
    alice = fake_host_connect(host, "alice");

    edit(host, alice, id, "oldest");

    const struct fake_event *ack = fake_host_await(host, alice, "ack");
    FAKE_ASSERT(host, ack != NULL);
    FAKE_ASSERT_I64(ack, "version", 3);
    const struct fake_event *answer = chat_case_history(host, alice, "");
    FAKE_ASSERT_STR(answer, "messages.0.content", "oldest");
    FAKE_ASSERT_I64(answer, "messages.0.version", 3);
}

static void gives_two_edits_in_one_turn_two_versions(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = say(host, alice, "a");
    fake_host_hold_engine(host, true);
    edit(host, alice, id, "b");
    edit(host, alice, id, "c");
    fake_host_hold_engine(host, false);

    FAKE_ASSERT_I64(fake_host_await(host, alice, "chat.edit"), "version", 2);
    FAKE_ASSERT_I64(fake_host_await(host, alice, "chat.edit"), "version", 3);
}

static void lets_nobody_else_change_a_message(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id eve = fake_host_connect(host, "eve");
    const char *id = say(host, alice, "mine");
    chat_case_join(host, bob);

    edit(host, bob, id, "yours");
    is_refused(host, bob, "forbidden");
    delete (host, bob, id);
    is_refused(host, bob, "forbidden");
    edit(host, eve, id, "ours");
    is_refused(host, eve, "not_member");
}

static void refuses_to_change_what_is_gone(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = say(host, alice, "x");
    delete (host, alice, id);

    edit(host, alice, id, "y");
    is_refused(host, alice, "gone");
    delete (host, alice, id);
    is_refused(host, alice, "gone");
    edit(host, alice, "m00000000000000010000000000000002", "y");
    is_refused(host, alice, "not_found");
    edit(host, alice, "no such id", "y");
    is_refused(host, alice, "not_found");
}

static void refuses_an_edit_behind_a_delete_on_its_way(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = say(host, alice, "x");
    fake_host_hold_engine(host, true);
    delete (host, alice, id);
    edit(host, alice, id, "y");
    is_refused(host, alice, "gone");
    fake_host_hold_engine(host, false);
}

static void can_be_tried_again_after_storage_failed(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const char *id = say(host, alice, "x");
    fake_host_fail(host, FAKE_PUBLISH, 1, NX_ERR_ENGINE_UNAVAILABLE);
    delete (host, alice, id);
    is_refused(host, alice, "engine_unavailable");

    delete (host, alice, id);
    assert_non_null(fake_host_await(host, alice, "ack"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(edits_a_message_named_by_its_id_alone),
            CHAT_TEST(shows_only_the_result_in_history),
            CHAT_TEST(finds_an_old_message_after_a_restart),
            CHAT_TEST(gives_two_edits_in_one_turn_two_versions),
            CHAT_TEST(lets_nobody_else_change_a_message),
            CHAT_TEST(refuses_to_change_what_is_gone),
            CHAT_TEST(refuses_an_edit_behind_a_delete_on_its_way),
            CHAT_TEST(can_be_tried_again_after_storage_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
