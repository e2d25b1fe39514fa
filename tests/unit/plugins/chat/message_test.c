#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void echoes_to_the_sender_as_the_seed_says(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");

    chat_case_send(host, alice,
            "{'event_type':'chat.message','conversation_id':'conv_123',"
            "'content':'Hello everyone!','content_type':'text',"
            "'mentions':['user456'],'attachments':[]}");

    FAKE_EXPECT(echo, host, alice, "chat.message");
    FAKE_ASSERT_STR(echo, "conversation_id", "conv_123");
    FAKE_ASSERT_STR(echo, "content", "Hello everyone!");
    FAKE_ASSERT_STR(echo, "content_type", "text");
    FAKE_ASSERT_STR(echo, "user_id", "alice");
    FAKE_ASSERT_STR(echo, "mentions.0", "user456");
    FAKE_ASSERT_I64(echo, "seq", 1);
    FAKE_ASSERT_I64(echo, "version", 1);
    assert_non_null(fake_event_str(echo, "message_id"));
    assert_non_null(fake_event_str(echo, "timestamp"));
    FAKE_ASSERT_SILENT(host, alice);
}

static void reaches_all_members_in_the_same_order(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id tablet = fake_host_connect(host, "bob");
    chat_case_join(host, alice);
    chat_case_join(host, bob);
    fake_host_skip(host, tablet);

    chat_case_say(host, alice, "one");
    chat_case_say(host, bob, "two");

    for (int i = 0; i < 2; i++) {
        nx_session_id reader = i == 0 ? tablet : alice;
        fake_host_turn(host);
        if (reader == alice) {
            continue; // its echo was read with the ack
        }
        FAKE_EXPECT(one, host, reader, "chat.message");
        FAKE_ASSERT_STR(one, "content", "one");
        const struct fake_event *two =
                fake_host_await(host, reader, "chat.message");
        FAKE_ASSERT_STR(two, "content", "two");
        FAKE_ASSERT_I64(two, "seq", 2);
    }
}

static void acknowledges_only_what_is_safe(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_join(host, alice);

    fake_host_hold_engine(host, true);
    chat_case_send(host, alice,
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'hi','ref':'1'}");
    FAKE_ASSERT_SILENT(host, alice);
    fake_host_hold_engine(host, false);

    FAKE_EXPECT(echo, host, alice, "chat.message");
    FAKE_EXPECT(ack, host, alice, "ack");
    FAKE_ASSERT_STR(ack, "ref", "1");
    FAKE_ASSERT_STR(ack, "conversation_id", "c");
    FAKE_ASSERT_I64(ack, "seq", 1);
    FAKE_ASSERT_STR(ack, "message_id", fake_event_str(echo, "message_id"));
    assert_non_null(fake_event_str(ack, "timestamp"));
}

static void tells_when_storage_does_not_work(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_join(host, alice);

    fake_host_fail(host, FAKE_PUBLISH, 1, NX_ERR_ENGINE_UNAVAILABLE);
    chat_case_send(host, alice,
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'hi','ref':'1'}");

    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "engine_unavailable");
    FAKE_ASSERT_STR(error, "ref", "1");
    FAKE_ASSERT_SILENT(host, alice);
}

#define AGAIN \
    "{'event_type':'chat.message','conversation_id':'c'," \
    "'content':'hi','client_id':'x1','ref':'1'}"

static void answers_a_repeated_client_id_with_the_first_result(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_send(host, alice, AGAIN);
    const struct fake_event *first = fake_host_await(host, alice, "ack");

    fake_host_advance(host, 5000);
    chat_case_send(host, alice, AGAIN);

    FAKE_EXPECT(second, host, alice, "ack");
    const char *const fields[] = {"message_id", "conversation_id", "timestamp"};
    for (size_t i = 0; i < 3; i++) {
        FAKE_ASSERT_STR(second, fields[i], fake_event_str(first, fields[i]));
    }
    FAKE_ASSERT_I64(second, "seq", 1);
    FAKE_ASSERT_SILENT(host, alice);
}

static void does_not_confuse_client_ids_of_two_users(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_send(host, alice, AGAIN);
    chat_case_send(host, bob, AGAIN);

    const struct fake_event *ack = fake_host_await(host, bob, "ack");
    FAKE_ASSERT_I64(ack, "seq", 2);
}

static void makes_a_conversation_of_two_from_a_recipient(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id eve = fake_host_connect(host, "eve");

    chat_case_send(host, bob,
            "{'event_type':'chat.message','recipient_id':'alice',"
            "'content':'psst'}");

    FAKE_EXPECT(got, host, alice, "chat.message");
    FAKE_ASSERT_STR(got, "conversation_id", "dm:alice:bob");
    FAKE_EXPECT(echo, host, bob, "chat.message");
    FAKE_ASSERT_STR(echo, "user_id", "bob");

    chat_case_send(host, eve,
            "{'event_type':'chat.history',"
            "'conversation_id':'dm:alice:bob'}");
    FAKE_EXPECT(error, host, eve, "error");
    FAKE_ASSERT_STR(error, "code", "forbidden");
}

static void brings_a_peer_back_who_had_left(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_send(host, bob,
            "{'event_type':'chat.message','recipient_id':'alice',"
            "'content':'1'}");
    chat_case_send(host, alice,
            "{'event_type':'chat.leave',"
            "'conversation_id':'dm:alice:bob','ref':'l'}");
    assert_non_null(fake_host_await(host, alice, "ack"));

    chat_case_send(host, bob,
            "{'event_type':'chat.message','recipient_id':'alice',"
            "'content':'2'}");

    FAKE_EXPECT(got, host, alice, "chat.message");
    FAKE_ASSERT_STR(got, "content", "2");
}

static void refuses(struct fake_host *host, nx_session_id session,
        const char *members, const char *code) {
    chat_case_send(host, session, "{'event_type':'chat.message','ref':'r'%s}",
            members);
    FAKE_EXPECT(error, host, session, "error");
    FAKE_ASSERT_STR(error, "code", code);
    FAKE_ASSERT_STR(error, "ref", "r");
    FAKE_ASSERT_SILENT(host, session);
}

static void refuses_what_is_malformed(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    refuses(host, alice, ",'conversation_id':'c'", "missing_field");
    refuses(host, alice, ",'content':'x'", "missing_field");
    refuses(host, alice, ",'conversation_id':'','content':'x'",
            "invalid_field");
    refuses(host, alice, ",'conversation_id':'c','content':7", "invalid_field");
    refuses(host, alice, ",'conversation_id':'c','content':''",
            "invalid_field");
    refuses(host, alice, ",'conversation_id':'c','content':'x','mentions':[1]",
            "invalid_field");
    refuses(host, alice,
            ",'conversation_id':'c','content':'x','attachments':['f']",
            "invalid_field");
    refuses(host, alice, ",'conversation_id':'dm:nobody','content':'x'",
            "forbidden");
    refuses(host, alice, ",'conversation_id':'dm:alice:a%3ab','content':'x'",
            "forbidden");
    refuses(host, alice, ",'conversation_id':'c','content':'x','user_id':'bob'",
            "identity_mismatch");
}

static void refuses_content_beyond_the_setting(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.content_bytes=3");
    nx_session_id alice = fake_host_connect(host, "alice");
    refuses(host, alice, ",'conversation_id':'c','content':'four'",
            "too_large");
    chat_case_say(host, alice, "3by");
    fake_host_destroy(host);
}

static void raises_one_notification_for_each_member_mentioned(void **state) {
    (void)state;
    struct fake_host *host = chat_case_create(NULL);
    fake_host_listen(host, "notification.");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    chat_case_join(host, bob);
    const char *user = NULL;

    chat_case_send(host, alice,
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'look','username':'Alice A',"
            "'mentions':['bob','stranger','alice','bob']}");

    const struct fake_event *raised = fake_host_heard(host, &user);
    assert_non_null(raised);
    assert_string_equal(user, "alice");
    assert_string_equal(fake_event_type(raised), "notification.raise");
    FAKE_ASSERT_STR(raised, "user_id", "bob");
    FAKE_ASSERT_STR(raised, "title", "Alice A mentioned you");
    FAKE_ASSERT_STR(raised, "message", "look");
    FAKE_ASSERT_STR(raised, "data.conversation_id", "c");
    assert_null(fake_host_heard(host, NULL));
    fake_host_destroy(host);
}

// What plugins make notifications of has no control characters and no blank
// texts, whatever was in the message.
static void raises_notifications_of_clean_texts(void **state) {
    (void)state;
    static const struct {
        const char *fields;
        const char *title;
        const char *message;
    } all[] = {
            {"'content':'a\\u0007b\\nc\\u0085d','username':'A\\tB'",
                    "A B mentioned you", "a b c d"},
            {"'content':' \\n','username':' '", "alice mentioned you",
                    "(no text)"},
            {"'content':'','attachments':[{}]", "alice mentioned you",
                    "(no text)"},
    };
    struct fake_host *host = chat_case_create(NULL);
    fake_host_listen(host, "notification.");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_join(host, fake_host_connect(host, "bob"));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        chat_case_send(host, alice,
                "{'event_type':'chat.message','conversation_id':'c',"
                "'mentions':['bob'],%s}",
                all[i].fields);
        const struct fake_event *raised = fake_host_heard(host, NULL);
        FAKE_ASSERT_STR(raised, "title", all[i].title);
        FAKE_ASSERT_STR(raised, "message", all[i].message);
    }
    fake_host_destroy(host);
}

static void speaks_for_a_user_whom_another_plugin_names(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_join(host, alice);

    assert_int_equal(
            fake_host_emit(host, "chat.message", "robot",
                    "{\"conversation_id\":\"c\",\"content\":\"beep\"}"),
            NX_OK);
    fake_host_turn(host);

    const struct fake_event *got = fake_host_await(host, alice, "chat.message");
    FAKE_ASSERT_STR(got, "user_id", "robot");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(echoes_to_the_sender_as_the_seed_says),
            CHAT_TEST(reaches_all_members_in_the_same_order),
            CHAT_TEST(acknowledges_only_what_is_safe),
            CHAT_TEST(tells_when_storage_does_not_work),
            CHAT_TEST(answers_a_repeated_client_id_with_the_first_result),
            CHAT_TEST(does_not_confuse_client_ids_of_two_users),
            CHAT_TEST(makes_a_conversation_of_two_from_a_recipient),
            CHAT_TEST(brings_a_peer_back_who_had_left),
            CHAT_TEST(refuses_what_is_malformed),
            cmocka_unit_test(refuses_content_beyond_the_setting),
            cmocka_unit_test(raises_one_notification_for_each_member_mentioned),
            cmocka_unit_test(raises_notifications_of_clean_texts),
            CHAT_TEST(speaks_for_a_user_whom_another_plugin_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
