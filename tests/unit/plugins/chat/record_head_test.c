#include "plugins/chat/record_head.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"
#include "tests/unit/plugins/chat/chat_case.h"

#define RECORD \
    "{\"event_type\":\"chat.message\",\"event_id\":\"5e0c7a1b-9\"," \
    "\"timestamp\":\"2026-01-31T12:00:00.123Z\",\"user_id\":\"alice\"," \
    "\"message_id\":\"m1\",\"conversation_id\":\"c\",\"content\":\"x\"}"

static void reads_what_stands_in_front(void **state) {
    (void)state;
    struct record_head head;

    assert_true(record_head_read(&head, nx_str_c(RECORD)));
    assert_true(nx_str_is(head.type, "chat.message"));
    assert_true(nx_str_is(head.sender, "alice"));
    assert_true(nx_str_is(head.message_id, "m1"));
}

// Not as long as it is the text of a record: its end is not known by a NUL.
static void needs_all_of_it(void **state) {
    (void)state;
    const char *end = strstr(RECORD, ",\"conversation_id\"");
    assert_non_null(end);
    size_t enough = strlen(RECORD) - strlen(end);
    for (size_t len = 0; len <= strlen(RECORD); len++) {
        struct record_head head;
        char *record = malloc(len > 0 ? len : 1); // for the sanitizer
        assert_non_null(record);
        memcpy(record, RECORD, len);
        assert_int_equal(
                record_head_read(&head, nx_str_n(record, len)), len >= enough);
        free(record);
    }
}

static void leaves_to_a_parser_what_is_written_in_another_way(void **state) {
    (void)state;
    static const char *const others[] = {
            "",
            "[]",
            "{}",
            "null",
            "{\"event_type\":\"chat.message\"}",
            "{ \"event_type\":\"t\",\"user_id\":\"a\",\"message_id\":\"m\"}",
            "{\"event_type\" :\"t\",\"user_id\":\"a\",\"message_id\":\"m\"}",
            "{\"event_type\":\"t\",\"user_id\":\"a\\\"\",\"message_id\":\"m\"}",
            "{\"event_type\":\"\\u0074\",\"user_id\":\"a\",\"message_id\":\"\"}",
            "{\"event_type\":\"t\",\"n\":1,\"user_id\":\"a\",\"message_id\":\"\"}",
            "{\"event_type\":\"t\",\"o\":{\"user_id\":\"a\",\"message_id\":\"\"}}",
            "{\"content\":\"\\\"event_type\\\":\\\"t\\\"\",\"user_id\":\"a\"}",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct record_head head;
        assert_false(record_head_read(&head, nx_str_c(others[i])));
    }
}

static void is_enough_for_what_the_server_writes(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    chat_case_send(host, alice,
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'x'}");
    FAKE_EXPECT(message, host, alice, "chat.message");
    struct record_head head;

    assert_true(record_head_read(&head, nx_str_c(fake_event_text(message))));
    assert_true(nx_str_is(head.type, "chat.message"));
    assert_true(nx_str_is(head.sender, "alice"));
    FAKE_ASSERT_I64(message, "version", 1);
    assert_true(
            nx_str_is(head.message_id, fake_event_str(message, "message_id")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_what_stands_in_front),
            cmocka_unit_test(needs_all_of_it),
            cmocka_unit_test(leaves_to_a_parser_what_is_written_in_another_way),
            CHAT_TEST(is_enough_for_what_the_server_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
