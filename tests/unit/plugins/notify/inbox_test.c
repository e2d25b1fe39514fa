#include "plugins/notify/inbox.h"

#include <stdio.h>
#include <string.h>

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static const struct inbox_limits wide = {.count = 100, .bytes = 100000};

struct left {
    size_t count;
    char last[8];
};

static void leave(void *user, const struct entry *entry) {
    struct left *left = user;
    left->count++;
    memcpy(left->last, entry->text, entry->id_len);
    left->last[entry->id_len] = '\0';
}

static enum inbox_added add(struct inbox *inbox,
        const struct inbox_limits *limits, const char *id,
        enum priority priority, int64_t expires_ms, struct left *left) {
    const struct arriving arriving = {
            .id = nx_str_c(id),
            .body = nx_str_c("{}"),
            .priority = priority,
            .expires_ms = expires_ms,
    };
    uint64_t seq = 0;
    enum inbox_added what =
            inbox_add(inbox, &arriving, limits, &seq, leave, left);
    assert_true(what == INBOX_DROPPED || seq > 0);
    return what;
}

static void numbers_what_comes(void **state) {
    (void)state;
    struct inbox inbox;
    struct left left = {0};
    inbox_init(&inbox);
    assert_int_equal(
            add(&inbox, &wide, "a", PRIORITY_LOW, 0, &left), INBOX_ADDED);
    assert_int_equal(
            add(&inbox, &wide, "b", PRIORITY_LOW, 0, &left), INBOX_ADDED);
    assert_int_equal(
            add(&inbox, &wide, "a", PRIORITY_HIGH, 0, &left), INBOX_DUPLICATE);
    assert_int_equal(inbox.count, 2);
    inbox_remove(&inbox, inbox_find(&inbox, nx_str_c("b")));
    add(&inbox, &wide, "c", PRIORITY_LOW, 0, &left);
    assert_int_equal(inbox_find(&inbox, nx_str_c("c"))->seq, 3);
    assert_null(inbox_find(&inbox, nx_str_c("b")));
    assert_null(inbox_find_seq(&inbox, 2));
    assert_memory_equal(inbox_find_seq(&inbox, 3)->text, "c{}", 3);
    assert_int_equal(inbox_above(&inbox, 0), 0);
    assert_int_equal(inbox_above(&inbox, 1), 1);
    assert_int_equal(inbox_above(&inbox, 2), 1);
    assert_int_equal(inbox_above(&inbox, UINT64_MAX), 2);
    assert_int_equal(left.count, 0);
    inbox_finish(&inbox);
}

static void loses_the_oldest_of_the_lowest_priority(void **state) {
    (void)state;
    const struct inbox_limits limits = {.count = 4, .bytes = 100000};
    struct inbox inbox;
    struct left left = {0};
    inbox_init(&inbox);
    add(&inbox, &limits, "n1", PRIORITY_NORMAL, 0, &left);
    add(&inbox, &limits, "u1", PRIORITY_URGENT, 0, &left);
    add(&inbox, &limits, "l1", PRIORITY_LOW, 0, &left);
    add(&inbox, &limits, "l2", PRIORITY_LOW, 0, &left);
    static const struct {
        const char *id;
        enum priority priority;
        const char *leaves;
    } steps[] = {
            {"h1", PRIORITY_HIGH, "l1"},
            {"l3", PRIORITY_LOW, "l2"},
            {"n2", PRIORITY_NORMAL, "l3"},
            {"n3", PRIORITY_NORMAL, "n1"},
            {"u2", PRIORITY_URGENT, "n2"},
            {"u3", PRIORITY_URGENT, "n3"},
            {"u4", PRIORITY_URGENT, "h1"},
            {"u5", PRIORITY_URGENT, "u1"},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(
                add(&inbox, &limits, steps[i].id, steps[i].priority, 0, &left),
                INBOX_ADDED);
        assert_string_equal(left.last, steps[i].leaves);
        assert_int_equal(left.count, i + 1);
        assert_int_equal(inbox.count, 4);
    }
    assert_int_equal(
            add(&inbox, &limits, "h2", PRIORITY_HIGH, 0, &left), INBOX_DROPPED);
    assert_int_equal(left.count, sizeof(steps) / sizeof(steps[0]));
    inbox_finish(&inbox);
}

static void keeps_within_its_bytes(void **state) {
    (void)state;
    struct inbox inbox;
    struct left left = {0};
    inbox_init(&inbox);
    add(&inbox, &wide, "x", PRIORITY_NORMAL, 0, &left);
    const struct inbox_limits limits = {
            .count = 100, .bytes = 2 * inbox.bytes + 1};
    add(&inbox, &limits, "y", PRIORITY_NORMAL, 0, &left);
    assert_int_equal(left.count, 0);
    add(&inbox, &limits, "z", PRIORITY_NORMAL, 0, &left);
    assert_string_equal(left.last, "x");
    const struct inbox_limits tiny = {.count = 100, .bytes = 10};
    assert_int_equal(
            add(&inbox, &tiny, "w", PRIORITY_URGENT, 0, &left), INBOX_DROPPED);
    assert_int_equal(inbox.count, 2);
    inbox_finish(&inbox);
}

static void counts_nothing_that_has_expired(void **state) {
    (void)state;
    struct inbox inbox;
    struct left left = {0};
    inbox_init(&inbox);
    add(&inbox, &wide, "a", PRIORITY_NORMAL, 50, &left);
    add(&inbox, &wide, "b", PRIORITY_NORMAL, 40, &left);
    add(&inbox, &wide, "c", PRIORITY_NORMAL, 0, &left);
    inbox_find(&inbox, nx_str_c("c"))->read_ms = 1;
    assert_int_equal(inbox_next_expiry(&inbox), 40);
    assert_int_equal(inbox_unread(&inbox, 39), 2);
    assert_int_equal(inbox_total(&inbox, 39), 3);
    assert_int_equal(inbox_unread(&inbox, 40), 1);
    assert_int_equal(inbox_total(&inbox, 40), 2);
    assert_int_equal(inbox_expire(&inbox, 40, leave, &left), 1);
    assert_string_equal(left.last, "b");
    assert_int_equal(inbox_next_expiry(&inbox), 50);
    assert_int_equal(inbox_expire(&inbox, 1000, leave, &left), 1);
    assert_int_equal(inbox_next_expiry(&inbox), 0);
    assert_int_equal(inbox.count, 1);
    inbox_finish(&inbox);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(numbers_what_comes),
            cmocka_unit_test(loses_the_oldest_of_the_lowest_priority),
            cmocka_unit_test(keeps_within_its_bytes),
            cmocka_unit_test(counts_nothing_that_has_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
