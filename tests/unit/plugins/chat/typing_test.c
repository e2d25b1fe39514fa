#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void type(
        struct fake_host *host, nx_session_id session, const char *is_typing) {
    chat_case_send(host, session,
            "{'event_type':'chat.typing','conversation_id':'c',"
            "'is_typing':%s,'username':'John Doe'}",
            is_typing);
}

// alice's two devices and bob, all in "c".
struct people {
    nx_session_id alice;
    nx_session_id tablet;
    nx_session_id bob;
};

static struct people meet(struct fake_host *host) {
    struct people people;
    people.alice = fake_host_connect(host, "alice");
    people.tablet = fake_host_connect(host, "alice");
    people.bob = fake_host_connect(host, "bob");
    chat_case_join(host, people.alice);
    chat_case_join(host, people.bob);
    fake_host_skip(host, people.alice);
    fake_host_skip(host, people.tablet);
    fake_host_skip(host, people.bob);
    return people;
}

static void ended(struct fake_host *host, nx_session_id session) {
    FAKE_EXPECT(event, host, session, "chat.typing");
    assert_true(fake_event_has(event, "is_typing"));
    assert_false(fake_event_bool(event, "is_typing"));
    FAKE_ASSERT_STR(event, "user_id", "alice");
}

static void is_told_to_all_but_the_session_that_types(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);

    type(host, people.alice, "true");

    FAKE_EXPECT(event, host, people.bob, "chat.typing");
    FAKE_ASSERT_STR(event, "conversation_id", "c");
    FAKE_ASSERT_STR(event, "user_id", "alice");
    FAKE_ASSERT_STR(event, "username", "John Doe");
    assert_true(fake_event_bool(event, "is_typing"));
    FAKE_EXPECT(other, host, people.tablet, "chat.typing");
    (void)other;
    FAKE_ASSERT_SILENT(host, people.alice);
}

static void ends_once_by_false(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    type(host, people.alice, "true");
    fake_host_skip(host, people.bob);

    type(host, people.alice, "false");
    type(host, people.alice, "false");

    ended(host, people.bob);
    FAKE_ASSERT_SILENT(host, people.bob);
}

static void ends_by_itself_after_the_lease(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    type(host, people.alice, "true");
    fake_host_skip(host, people.bob);

    fake_host_advance(host, 7900);
    FAKE_ASSERT_SILENT(host, people.bob);
    fake_host_advance(host, 200);

    ended(host, people.bob);
    fake_host_advance(host, 20000);
    FAKE_ASSERT_SILENT(host, people.bob);
}

static void is_renewed_without_telling_too_often(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    for (int i = 0; i < 12; i++) {
        type(host, people.alice, "true");
        fake_host_advance(host, 1000);
    }
    assert_int_equal(fake_host_unread(host, people.bob), 6);
    fake_host_skip(host, people.bob);
    fake_host_advance(host, 8000);
    ended(host, people.bob);
}

static void ends_by_the_message(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    type(host, people.alice, "true");
    fake_host_skip(host, people.bob);

    chat_case_say(host, people.alice, "done");

    // What may be dropped comes behind what may not.
    FAKE_EXPECT(message, host, people.bob, "chat.message");
    (void)message;
    ended(host, people.bob);
    fake_host_advance(host, 10000);
    FAKE_ASSERT_SILENT(host, people.bob);
}

static void ends_with_the_connection(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    type(host, people.alice, "true");
    fake_host_skip(host, people.bob);

    fake_host_disconnect(host, people.tablet, 1006);
    FAKE_ASSERT_SILENT(host, people.bob);
    fake_host_disconnect(host, people.alice, 1006);

    ended(host, people.bob);
    FAKE_ASSERT_SILENT(host, people.bob);
}

static void survives_a_reload_and_still_ends(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    type(host, people.alice, "true");
    fake_host_skip(host, people.bob);
    fake_host_advance(host, 5000);

    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 2900);
    FAKE_ASSERT_SILENT(host, people.bob);
    fake_host_advance(host, 200);

    ended(host, people.bob);
}

static void is_not_stored(void **state) {
    struct fake_host *host = *state;
    struct people people = meet(host);
    type(host, people.alice, "true");
    fake_host_advance(host, 10000);

    const struct fake_event *answer = chat_case_history(host, people.bob, "");
    assert_int_equal(fake_event_count(answer, "messages"), 0);
    FAKE_ASSERT_I64(answer, "last_seq", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(is_told_to_all_but_the_session_that_types),
            CHAT_TEST(ends_once_by_false),
            CHAT_TEST(ends_by_itself_after_the_lease),
            CHAT_TEST(is_renewed_without_telling_too_often),
            CHAT_TEST(ends_by_the_message),
            CHAT_TEST(ends_with_the_connection),
            CHAT_TEST(survives_a_reload_and_still_ends),
            CHAT_TEST(is_not_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
