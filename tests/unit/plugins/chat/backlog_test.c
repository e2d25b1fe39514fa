// What happens while a device catches up.
#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/offline_case.h"

// A host whose sessions have short queues. The messages that bob has missed do
// not fit one of them.
static struct fake_host *with_long_backlog(int messages, nx_session_id *alice) {
    struct fake_host *host = chat_case_create("limits.outbox_bytes=16384");
    fake_host_set(host, "limits.messages_per_second=0");
    FAKE_ASSERT(host, fake_host_start(host));
    *alice = offline_talk(host);
    char content[1024];
    memset(content, 'x', sizeof(content) - 1);
    content[sizeof(content) - 1] = '\0';
    for (int i = 0; i < messages; i++) {
        chat_case_say(host, *alice, content);
        fake_host_skip(host, *alice);
    }
    return host;
}

static void lets_nothing_overtake_the_backlog(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = offline_talk(host);
    chat_case_say(host, alice, "1");
    fake_host_hold_engine(host, true);
    nx_session_id phone = offline_come(host, "bob", "phone");
    offline_say(host, phone, "c", "2, from the phone itself");
    offline_say(host, alice, "c", "3");
    fake_host_hold_engine(host, false);
    fake_host_turn(host);
    chat_case_say(host, alice, "4");
    fake_host_turn(host);
    offline_expect(host, phone, "c", 1, 4);
    assert_null(offline_hear(host, phone));
}

static void enters_later_behind_what_was_missed(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.rooms_at_login=0");
    nx_session_id alice = offline_talk(host);
    chat_case_say(host, alice, "1");
    chat_case_say(host, alice, "2");
    nx_session_id phone = offline_come(host, "bob", "phone");
    assert_null(offline_hear(host, phone));
    offline_say(host, phone, "c", "3");
    fake_host_advance(host, 20);
    offline_expect(host, phone, "c", 1, 3);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

static void sends_no_more_at_a_time_than_a_slow_client_takes(void **state) {
    (void)state;
    nx_session_id alice;
    struct fake_host *host = with_long_backlog(60, &alice);
    fake_host_hold_engine(host, true);
    nx_session_id phone = offline_come(host, "bob", "phone");
    fake_host_stop_reading(host, phone, true);
    fake_host_hold_engine(host, false);
    fake_host_advance(host, 3000);
    assert_true(fake_host_is_open(host, phone));
    // It holds up nobody else, and hears in the end what was said meanwhile.
    chat_case_say(host, alice, "meanwhile");
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    fake_host_advance(host, 3000);
    offline_expect(host, laptop, "c", 1, 61);
    fake_host_stop_reading(host, phone, false);
    fake_host_advance(host, 3000);
    offline_expect(host, phone, "c", 1, 61);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

// Somebody writes in every turn of the server, also in the one between the last
// page that is read and the room that is entered.
static void misses_nothing_while_it_enters(void **state) {
    (void)state;
    nx_session_id alice;
    struct fake_host *host = with_long_backlog(30, &alice);
    nx_session_id phone = offline_come(host, "bob", "phone");
    for (int i = 0; i < 300; i++) {
        fake_host_send_quietly(host, alice,
                "{\"event_type\":\"chat.message\",\"conversation_id\":\"c\","
                "\"content\":\"x\"}");
        fake_host_advance(host, 3);
    }
    fake_host_advance(host, 1000);
    offline_expect(host, phone, "c", 1, 330);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

static void sends_changes_of_what_it_just_sent(void **state) {
    (void)state;
    nx_session_id alice;
    struct fake_host *host = with_long_backlog(30, &alice);
    nx_session_id phone = offline_come(host, "bob", "phone");
    const struct fake_event *first =
            offline_hear_a(host, phone, "chat.message");
    assert_in_range(fake_host_unread(host, phone), 1, 28);
    chat_case_send(host, alice,
            "{'event_type':'chat.edit','message_id':'%s','content':'new'}",
            fake_event_str(first, "message_id"));
    fake_host_advance(host, 1000);
    offline_expect(host, phone, "c", 2, 30);
    const struct fake_event *edit = offline_hear_a(host, phone, "chat.edit");
    FAKE_ASSERT_STR(edit, "content", "new");
    FAKE_ASSERT_I64(edit, "message_seq", 1);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

static void sends_the_rest_after_a_connection_broke_half_way(void **state) {
    (void)state;
    nx_session_id alice;
    struct fake_host *host = with_long_backlog(30, &alice);
    // The first portion is proved; then the connection breaks.
    nx_session_id phone = offline_come(host, "bob", "phone");
    size_t got = fake_host_unread(host, phone);
    assert_in_range(got, 1, 29);
    offline_expect(host, phone, "c", 1, (int64_t)got);
    fake_host_disconnect(host, phone, 1006);

    phone = offline_come(host, "bob", "phone");
    fake_host_advance(host, 1000);
    offline_expect(host, phone, "c", (int64_t)got + 1, 30);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

static void goes_through_a_reload_in_the_middle(void **state) {
    (void)state;
    nx_session_id alice;
    struct fake_host *host = with_long_backlog(30, &alice);
    nx_session_id phone = offline_come(host, "bob", "phone");
    size_t got = fake_host_unread(host, phone);
    offline_expect(host, phone, "c", 1, (int64_t)got);
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 1000);
    chat_case_say(host, alice, "live");
    offline_expect(host, phone, "c", (int64_t)got + 1, 31);
    assert_null(offline_hear(host, phone));
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            CHAT_TEST(lets_nothing_overtake_the_backlog),
            cmocka_unit_test(enters_later_behind_what_was_missed),
            cmocka_unit_test(sends_no_more_at_a_time_than_a_slow_client_takes),
            cmocka_unit_test(misses_nothing_while_it_enters),
            cmocka_unit_test(sends_changes_of_what_it_just_sent),
            cmocka_unit_test(sends_the_rest_after_a_connection_broke_half_way),
            cmocka_unit_test(goes_through_a_reload_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
