#include "tests/support/cmocka.h"
#include "tests/support/plugin_once.h"
#include "tests/unit/plugins/chat/chat_case.h"

// One of everything that has to wait for storage.
static void ask_everything(struct fake_host *host, nx_session_id session) {
    const char *const requests[] = {
            "{'event_type':'chat.join','conversation_id':'new'}",
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'y','client_id':'1','ref':'m'}",
            "{'event_type':'chat.read','conversation_id':'c','seq':1}",
            "{'event_type':'chat.read','conversation_id':'c','seq':2}",
            "{'event_type':'chat.list'}",
            "{'event_type':'chat.invite','conversation_id':'c',"
            "'user_id':'dora'}",
            "{'event_type':'chat.edit','content':'z',"
            "'message_id':'m00000000000000010000000000000002'}",
            "{'event_type':'chat.history','conversation_id':'c'}",
            "{'event_type':'chat.leave','conversation_id':'c'}",
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        chat_case_send(host, session, "%s", requests[i]);
    }
}

static void goes_through_a_reload_with_everything_it_had(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    const char *id =
            fake_event_str(chat_case_say(host, alice, "before"), "message_id");
    fake_host_skip(host, alice);
    fake_host_skip(host, bob);

    FAKE_ASSERT(host, fake_host_reload(host));

    assert_true(fake_host_is_open(host, alice));
    FAKE_ASSERT_SILENT(host, bob);
    chat_case_say(host, alice, "after");
    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_I64(got, "seq", 2);
    chat_case_send(host, alice,
            "{'event_type':'chat.edit','message_id':'%s','content':'new'}", id);
    const struct fake_event *answer = chat_case_history(host, bob, "");
    FAKE_ASSERT_STR(answer, "messages.0.content", "new");
    FAKE_ASSERT_STR(answer, "messages.1.content", "after");
}

static void survives_the_end_while_storage_is_silent(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, alice);
    chat_case_say(host, alice, "x");
    fake_host_hold_engine(host, true);
    ask_everything(host, alice);
    ask_everything(host, bob);
    fake_host_connect(host, "carol");
    // Teardown stops the server now: nothing may leak, nobody may crash.
}

static void gives_up_what_storage_never_answered(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, alice);
    chat_case_say(host, alice, "x");
    fake_host_hold_engine(host, true);
    ask_everything(host, alice);
    ask_everything(host, bob);
    fake_host_connect(host, "carol");
    fake_host_keep_log(host); // which has reason to warn

    FAKE_ASSERT(host, fake_host_reload(host));

    fake_host_hold_engine(host, false);
    nx_session_id eve = fake_host_connect(host, "eve");
    chat_case_say(host, eve, "works again");
}

static void carries_on_after_a_reload_that_failed(void **state) {
    (void)state;
    struct fake_host *host = chat_case_create(NULL);
    plugin_once_starts = 0;
    fake_host_add(host, &plugin_once, "once");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    chat_case_say(host, alice, "before");
    chat_case_send(host, alice,
            "{'event_type':'chat.typing','conversation_id':'c',"
            "'is_typing':true}");
    fake_host_skip(host, alice);
    fake_host_skip(host, bob);
    fake_host_keep_log(host);

    assert_false(fake_host_reload(host));

    fake_host_turn(host);
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_advance(host, 8100);
    FAKE_EXPECT(ended, host, bob, "chat.typing");
    assert_false(fake_event_bool(ended, "is_typing"));
    chat_case_say(host, alice, "after");
    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_I64(got, "seq", 2);
    fake_host_advance(host, 5000);
    FAKE_EXPECT(receipt, host, alice, "chat.delivered");
    FAKE_ASSERT_I64(receipt, "seq", 2);
    fake_host_destroy(host);
}

static void takes_up_sessions_that_were_there_before(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    fake_host_disconnect(host, bob, 1006);
    chat_case_say(host, alice, "missed");
    fake_host_hold_engine(host, true);
    bob = fake_host_connect(host, "bob");
    fake_host_keep_log(host);

    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_hold_engine(host, false);
    fake_host_advance(host, 10);

    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_STR(got, "content", "missed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(goes_through_a_reload_with_everything_it_had),
            CHAT_TEST(survives_the_end_while_storage_is_silent),
            CHAT_TEST(gives_up_what_storage_never_answered),
            cmocka_unit_test(carries_on_after_a_reload_that_failed),
            CHAT_TEST(takes_up_sessions_that_were_there_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
