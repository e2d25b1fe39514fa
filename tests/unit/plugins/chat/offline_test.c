// What each device of a user is sent when it comes back.
#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/offline_case.h"

// ---- devices ----

static void sends_a_device_what_another_has(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    chat_case_say(host, alice, "1");
    chat_case_say(host, alice, "2");
    offline_expect(host, laptop, "c", 1, 2);

    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 1, 2);
    fake_host_disconnect(host, phone, 1006);
    chat_case_say(host, alice, "3");
    phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 3, 3);
    assert_null(offline_hear(host, phone));
}

static void sends_what_was_said_from_another_device(void **state) {
    struct fake_host *host = *state;
    offline_talk(host);
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    chat_case_say(host, laptop, "mine");
    nx_session_id phone = offline_come(host, "bob", "phone");
    const struct fake_event *got = offline_hear_a(host, phone, "chat.message");
    FAKE_ASSERT_STR(got, "user_id", "bob");
    assert_null(offline_hear(host, phone));
}

static void begins_with_a_new_device_where_its_user_is(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    chat_case_say(host, alice, "1");
    fake_host_disconnect(host, laptop, 1006);
    chat_case_say(host, alice, "2");
    fake_host_advance(host, 1);
    nx_session_id tablet = offline_come(host, "bob", "tablet");
    offline_expect(host, tablet, "c", 2, 2);
    assert_null(offline_hear(host, tablet));
}

static void sends_a_device_what_its_user_joined_without_it(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    fake_host_advance(host, 1);
    chat_case_send(host, alice,
            "{'event_type':'chat.message','recipient_id':'bob',"
            "'content':'first'}");
    offline_expect(host, laptop, "dm:alice:bob", 1, 1);

    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "dm:alice:bob", 1, 1);
    assert_null(offline_hear(host, phone));
}

static void does_not_remember_a_device_without_a_name(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    nx_session_id nameless = fake_host_connect(host, "bob");
    chat_case_say(host, alice, "1");
    offline_expect(host, nameless, "c", 1, 1);
    fake_host_disconnect(host, nameless, 1006);
    nx_session_id other = fake_host_connect(host, "bob");
    assert_null(offline_hear(host, other));
    // But what it has, the named ones do not.
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 1, 1);
}

static void forgets_the_device_that_came_longest_ago(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.devices=2");
    nx_session_id alice = offline_talk(host); // phone and laptop
    fake_host_advance(host, 1000);
    nx_session_id phone =
            offline_come(host, "bob", "phone"); // later than laptop now
    fake_host_disconnect(host, phone, 1006);
    fake_host_advance(host, 1000);
    nx_session_id tablet = offline_come(host, "bob", "tablet");
    chat_case_say(host, alice, "1");
    offline_expect(host, tablet, "c", 1, 1);

    FAKE_ASSERT(host, fake_host_restart(host));

    phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 1, 1);
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    assert_null(offline_hear(host, laptop));
    fake_host_destroy(host);
}

static void tells_the_sender_of_the_first_device_only(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    chat_case_say(host, alice, "1");
    fake_host_skip(host, alice);
    offline_come(host, "bob", "laptop");
    FAKE_EXPECT(receipt, host, alice, "chat.delivered");
    FAKE_ASSERT_I64(receipt, "seq", 1);
    offline_come(host, "bob", "phone");
    FAKE_ASSERT_SILENT(host, alice);
}

static void writes_many_cursors_at_once(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    offline_come(host, "bob", "laptop");
    offline_come(host, "bob", "phone");
    fake_host_advance(host, 5000);
    size_t before = fake_host_engine_count(host, FAKE_PUT);
    for (int i = 0; i < 50; i++) {
        chat_case_say(host, alice, "x");
    }
    fake_host_advance(host, 5000);
    assert_in_range(fake_host_engine_count(host, FAKE_PUT) - before, 2, 4);
}

// ---- proof ----

static void sends_again_to_a_device_that_proves_nothing(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    chat_case_say(host, alice, "1");
    for (int i = 0; i < 3; i++) {
        nx_session_id phone = offline_come_mute(host, "bob", "phone");
        offline_expect(host, phone, "c", 1, 1);
        fake_host_disconnect(host, phone, 1006);
    }
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    offline_expect(host, laptop, "c", 1, 1);
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 1, 1);
}

static void goes_on_behind_what_the_client_acknowledged(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    for (int i = 0; i < 5; i++) {
        chat_case_say(host, alice, "x");
    }
    nx_session_id phone = offline_come_mute(host, "bob", "phone");
    offline_expect(host, phone, "c", 1, 5);
    chat_case_send(host, phone,
            "{'event_type':'system.ack','room':'chat:c','offset':2}");
    fake_host_disconnect(host, phone, 1006);
    phone = offline_come_mute(host, "bob", "phone");
    offline_expect(host, phone, "c", 3, 5);
    chat_case_send(host, phone,
            "{'event_type':'chat.delivered','conversation_id':'c','seq':3}");
    fake_host_disconnect(host, phone, 1006);
    phone = offline_come_mute(host, "bob", "phone");
    offline_expect(host, phone, "c", 4, 5);
    chat_case_send(host, phone,
            "{'event_type':'chat.read','conversation_id':'c','seq':4}");
    fake_host_disconnect(host, phone, 1006);
    phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 5, 5);
    assert_null(offline_hear(host, phone));
}

static void takes_no_acknowledgement_from_strangers(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    chat_case_say(host, alice, "1");
    nx_session_id eve = offline_come(host, "eve", "phone");
    chat_case_send(host, eve,
            "{'event_type':'system.ack','room':'chat:c','offset':1}");
    chat_case_send(host, eve,
            "{'event_type':'system.ack','room':'chat:other','offset':1}");
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 1, 1);
}

static void keeps_cursors_over_a_restart(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    offline_come(host, "bob", "laptop");
    chat_case_say(host, alice, "1");
    FAKE_ASSERT(host, fake_host_restart(host));
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    assert_null(offline_hear(host, laptop));
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect(host, phone, "c", 1, 1);
}

// ---- gaps ----

static void tells_a_gap_until_it_is_received(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("offline.max_per_user=2");
    nx_session_id alice = offline_talk(host);
    for (int i = 0; i < 5; i++) {
        chat_case_say(host, alice, "x");
    }
    nx_session_id phone = offline_come_mute(host, "bob", "phone");
    offline_expect_gap(host, phone, 1, 3, "limit");
    offline_expect(host, phone, "c", 4, 5);
    fake_host_disconnect(host, phone, 1006);
    chat_case_say(host, alice, "6");
    FAKE_ASSERT(host, fake_host_restart(host));

    phone = offline_come(host, "bob", "phone");
    offline_expect_gap(host, phone, 1, 4, "limit");
    offline_expect(host, phone, "c", 5, 6);
    fake_host_disconnect(host, phone, 1006);
    phone = offline_come(host, "bob", "phone");
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

static void keeps_the_newest_of_all_conversations(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("offline.max_per_user=3");
    nx_session_id alice = offline_talk(host);
    nx_session_id phone = offline_come(host, "bob", "phone");
    chat_case_send(
            host, phone, "{'event_type':'chat.join','conversation_id':'d'}");
    fake_host_disconnect(host, phone, 1006);
    static const char *const order[] = {"c", "d", "c", "d", "d"};
    for (size_t i = 0; i < 5; i++) {
        fake_host_advance(host, 10);
        offline_say(host, alice, order[i], "x");
    }
    phone = offline_come(host, "bob", "phone");
    // In c 1 is dropped and 2 kept, in d 1 is dropped, 2 and 3 are kept.
    const struct fake_event *first = offline_hear_a(host, phone, "system.gap");
    bool c_first = strcmp(fake_event_str(first, "conversation_id"), "c") == 0;
    FAKE_ASSERT_I64(first, "to", 1);
    offline_expect(host, phone, c_first ? "c" : "d", 2, c_first ? 2 : 3);
    offline_expect_gap(host, phone, 1, 1, "limit");
    offline_expect(host, phone, c_first ? "d" : "c", 2, c_first ? 3 : 2);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

static void does_not_tell_senders_of_what_is_in_a_gap(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("offline.max_per_user=2");
    nx_session_id alice = offline_talk(host);
    for (int i = 0; i < 4; i++) {
        chat_case_say(host, alice, "x");
    }
    fake_host_skip(host, alice);
    offline_come(host, "bob", "phone");
    for (int seq = 3; seq <= 4; seq++) {
        FAKE_EXPECT(receipt, host, alice, "chat.delivered");
        FAKE_ASSERT_I64(receipt, "seq", seq);
    }
    FAKE_ASSERT_SILENT(host, alice);
    fake_host_destroy(host);
}

static void tells_what_the_log_no_longer_keeps(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.history=10");
    nx_session_id alice = offline_talk(host);
    for (int i = 0; i < 25; i++) {
        chat_case_say(host, alice, "x");
    }
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect_gap(host, phone, 1, 15, "expired");
    offline_expect(host, phone, "c", 16, 25);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

static void tells_when_all_of_the_log_has_expired(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.keep_age_days=1");
    nx_session_id alice = offline_talk(host);
    chat_case_say(host, alice, "1");
    chat_case_say(host, alice, "2");
    fake_host_disconnect(host, alice, 1001);
    fake_host_advance(host, INT64_C(90000000));
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect_gap(host, phone, 1, 2, "expired");
    fake_host_disconnect(host, phone, 1006);
    phone = offline_come(host, "bob", "phone");
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

// ---- changes ----

static void sends_the_last_change_of_a_message_it_has(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    nx_session_id phone = offline_come(host, "bob", "phone");
    const char *one =
            fake_event_str(chat_case_say(host, alice, "1"), "message_id");
    const char *two =
            fake_event_str(chat_case_say(host, alice, "2"), "message_id");
    fake_host_disconnect(host, phone, 1006);
    for (int i = 0; i < 3; i++) {
        chat_case_send(host, alice,
                "{'event_type':'chat.edit','message_id':'%s','content':'%d'}",
                one, i);
        chat_case_send(host, alice,
                "{'event_type':'chat.edit','message_id':'%s','content':'x'}",
                two);
    }
    chat_case_send(
            host, alice, "{'event_type':'chat.delete','message_id':'%s'}", two);
    phone = offline_come(host, "bob", "phone");
    const struct fake_event *edit = offline_hear_a(host, phone, "chat.edit");
    FAKE_ASSERT_STR(edit, "content", "2");
    FAKE_ASSERT_I64(edit, "version", 4);
    const struct fake_event *deletion =
            offline_hear_a(host, phone, "chat.delete");
    FAKE_ASSERT_STR(deletion, "message_id", two);
    assert_null(offline_hear(host, phone));
    // And once they have arrived they do not come again.
    fake_host_disconnect(host, phone, 1006);
    phone = offline_come(host, "bob", "phone");
    assert_null(offline_hear(host, phone));
}

static void sends_no_change_of_what_is_in_a_gap(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("offline.max_per_user=2");
    nx_session_id alice = offline_talk(host);
    const char *id =
            fake_event_str(chat_case_say(host, alice, "1"), "message_id");
    chat_case_say(host, alice, "2");
    chat_case_say(host, alice, "3");
    chat_case_send(host, alice,
            "{'event_type':'chat.edit','message_id':'%s','content':'x'}", id);
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_expect_gap(host, phone, 1, 1, "limit");
    offline_expect(host, phone, "c", 2, 3);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(sends_a_device_what_another_has),
            CHAT_TEST(sends_what_was_said_from_another_device),
            CHAT_TEST(begins_with_a_new_device_where_its_user_is),
            CHAT_TEST(sends_a_device_what_its_user_joined_without_it),
            CHAT_TEST(does_not_remember_a_device_without_a_name),
            cmocka_unit_test(forgets_the_device_that_came_longest_ago),
            CHAT_TEST(tells_the_sender_of_the_first_device_only),
            CHAT_TEST(writes_many_cursors_at_once),
            CHAT_TEST(sends_again_to_a_device_that_proves_nothing),
            CHAT_TEST(goes_on_behind_what_the_client_acknowledged),
            CHAT_TEST(takes_no_acknowledgement_from_strangers),
            CHAT_TEST(keeps_cursors_over_a_restart),
            cmocka_unit_test(tells_a_gap_until_it_is_received),
            cmocka_unit_test(keeps_the_newest_of_all_conversations),
            cmocka_unit_test(does_not_tell_senders_of_what_is_in_a_gap),
            cmocka_unit_test(tells_what_the_log_no_longer_keeps),
            cmocka_unit_test(tells_when_all_of_the_log_has_expired),
            CHAT_TEST(sends_the_last_change_of_a_message_it_has),
            cmocka_unit_test(sends_no_change_of_what_is_in_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
