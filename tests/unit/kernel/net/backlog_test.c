#include "kernel/net/backlog.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void add(struct backlog *backlog, const char *text, bool binary) {
    const struct backlog_message message = {
            text, strlen(text), binary, !binary};
    assert_true(backlog_add(backlog, &message));
}

static void expect(struct backlog *backlog, const char *text, bool binary) {
    struct backlog_message message;
    assert_true(backlog_next(backlog, &message));
    assert_int_equal(message.len, strlen(text));
    assert_memory_equal(message.data, text, message.len);
    assert_int_equal(message.binary, binary);
    assert_int_equal(message.packed, !binary);
}

static void gives_messages_back_in_their_order(void **state) {
    (void)state;
    struct backlog_message message;
    struct backlog *backlog = backlog_create();
    assert_non_null(backlog);
    assert_true(backlog_empty(backlog));
    add(backlog, "one", false);
    add(backlog, "", false);
    add(backlog, "\1\2", true);
    expect(backlog, "one", false);
    add(backlog, "four", false);
    expect(backlog, "", false);
    expect(backlog, "\1\2", true);
    assert_false(backlog_empty(backlog));
    expect(backlog, "four", false);
    assert_true(backlog_empty(backlog));
    assert_false(backlog_next(backlog, &message));
    backlog_destroy(backlog);
}

static void keeps_many(void **state) {
    (void)state;
    char text[32];
    struct backlog *backlog = backlog_create();
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(text, sizeof(text), "message %d", i);
        add(backlog, text, i % 2 == 0);
    }
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(text, sizeof(text), "message %d", i);
        expect(backlog, text, i % 2 == 0);
    }
    backlog_destroy(backlog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_messages_back_in_their_order),
            cmocka_unit_test(keeps_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
