#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

static void say_in(struct fake_host *host, nx_session_id session, int number) {
    chat_case_send(host, session,
            "{'event_type':'chat.message','conversation_id':'c%d',"
            "'content':'x','ref':'s'}",
            number);
}

static void keeps_no_more_in_memory_than_the_setting(void **state) {
    (void)state;
    struct fake_host *host =
            chat_case_with("plugins.chat.cache_conversations=10");
    nx_session_id alice = fake_host_connect(host, "alice");
    for (int i = 0; i < 30; i++) {
        say_in(host, alice, i);
        FAKE_ASSERT(host, fake_host_await(host, alice, "ack") != NULL);
        fake_host_advance(host, 3000);
    }
    const struct fake_response *response =
            fake_host_http(host, "GET", "/metrics", NULL);
    if (response && response->status == 200) {
        assert_non_null(strstr(response->body, "nexus_chat_conversations 10"));
    }
    // What was evicted comes back as it was.
    say_in(host, alice, 0);
    const struct fake_event *ack = fake_host_await(host, alice, "ack");
    FAKE_ASSERT_I64(ack, "seq", 2);
    fake_host_destroy(host);
}

static void answers_all_who_wait_when_it_cannot_be_loaded(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_fail(host, FAKE_GET, 1, NX_ERR_ENGINE_UNAVAILABLE);
    for (int i = 0; i < 3; i++) {
        fake_host_send_quietly(host, alice,
                "{\"event_type\":\"chat.message\",\"conversation_id\":\"c\","
                "\"content\":\"x\",\"ref\":\"1\"}");
    }
    fake_host_turn(host);
    fake_host_turn(host);
    for (int i = 0; i < 3; i++) {
        FAKE_EXPECT(error, host, alice, "error");
        FAKE_ASSERT_STR(error, "code", "engine_unavailable");
    }
    chat_case_say(host, alice, "now it works");
}

static void bounds_how_many_wait(void **state) {
    (void)state;
    struct fake_host *host = chat_case_create("limits.burst=1000");
    fake_host_set(host, "limits.messages_per_second=1000");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    for (int i = 0; i < 300; i++) {
        fake_host_send_quietly(host, alice,
                "{\"event_type\":\"chat.message\",\"conversation_id\":\"c\","
                "\"content\":\"x\",\"ref\":\"1\"}");
    }
    fake_host_turn(host);
    assert_int_equal(fake_host_unread(host, alice), 300 - 256);
    FAKE_EXPECT(error, host, alice, "error");
    FAKE_ASSERT_STR(error, "code", "overloaded");
    fake_host_skip(host, alice);
    fake_host_hold_engine(host, false);
    fake_host_turn(host);
    int acks = 0;
    while (fake_host_await(host, alice, "ack")) {
        acks++;
    }
    assert_int_equal(acks, 256);
    fake_host_destroy(host);
}

static void keeps_the_order_of_requests_that_waited(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    for (int i = 1; i <= 5; i++) {
        chat_case_send(host, alice,
                "{'event_type':'chat.message','conversation_id':'c',"
                "'content':'%d'}",
                i);
    }
    fake_host_hold_engine(host, false);
    fake_host_turn(host);
    for (int i = 1; i <= 5; i++) {
        char content[2] = {(char)('0' + i), '\0'};
        FAKE_EXPECT(got, host, alice, "chat.message");
        FAKE_ASSERT_I64(got, "seq", i);
        FAKE_ASSERT_STR(got, "content", content);
    }
}

static void accepts_ids_with_any_characters_in_them(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "a/l%i:ce");
    nx_session_id bob = fake_host_connect(host, "b:ob");
    chat_case_send(host, alice,
            "{'event_type':'chat.message','recipient_id':'b:ob',"
            "'content':'hi'}");
    FAKE_EXPECT(got, host, bob, "chat.message");
    FAKE_ASSERT_STR(got, "conversation_id", "dm:a/l%25i%3ace:b%3aob");
    chat_case_send(host, bob,
            "{'event_type':'chat.message',"
            "'conversation_id':'dm:a/l%%25i%%3ace:b%%3aob',"
            "'content':'ho'}");
    const struct fake_event *back = fake_host_await(host, bob, "chat.message");
    FAKE_ASSERT(host, back != NULL);
    FAKE_ASSERT_I64(back, "seq", 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_no_more_in_memory_than_the_setting),
            CHAT_TEST(answers_all_who_wait_when_it_cannot_be_loaded),
            cmocka_unit_test(bounds_how_many_wait),
            CHAT_TEST(keeps_the_order_of_requests_that_waited),
            CHAT_TEST(accepts_ids_with_any_characters_in_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
