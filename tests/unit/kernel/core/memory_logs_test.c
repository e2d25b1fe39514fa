#include "kernel/core/memory_logs.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static struct clock test_clock;
static struct memory_logs *logs;

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&test_clock, 5000);
    logs = memory_logs_create(&test_clock, 3);
    return logs ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    memory_logs_destroy(logs);
    return 0;
}

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

// Appends a record of len bytes and returns the epoch of its log.
static uint64_t append(const char *room, size_t len, uint64_t age_ms) {
    static char bytes[1000];
    struct memory_keep keep = {100, age_ms};
    struct memory_log *log = memory_logs_prepare(logs, str(room));
    assert_non_null(log);
    uint64_t epoch = log->epoch;
    struct nx_str payload = {bytes, len};
    memory_logs_append(logs, log, memory_record_create(payload), &keep);
    return epoch;
}

static size_t records_of(const char *room) {
    const struct memory_log *log = memory_logs_find(logs, str(room));
    return log ? log->count : 0;
}

static void finds_what_was_appended(void **state) {
    (void)state;
    assert_null(memory_logs_find(logs, str("a")));
    uint64_t epoch = append("a", 10, 0);
    assert_true(append("a", 10, 0) == epoch);
    const struct memory_log *log = memory_logs_find(logs, str("a"));
    assert_true(log->epoch == epoch && log->last == 2);
    assert_int_equal(memory_logs_count(logs), 1);
    assert_int_equal(memory_logs_records(logs), 2);
}

static void drops_what_is_too_old_when_it_is_read(void **state) {
    (void)state;
    (void)append("a", 10, 100);
    clock_advance(&test_clock, 101);
    assert_int_equal(records_of("a"), 0);
    assert_int_equal(memory_logs_records(logs), 0);
    assert_true(memory_logs_find(logs, str("a"))->last == 1);
    assert_true(memory_logs_evicted(logs) == 0);
}

static void drops_the_log_written_longest_ago_at_its_ceiling(void **state) {
    (void)state;
    uint64_t first = append("a", 10, 0);
    (void)append("b", 10, 0);
    (void)append("c", 10, 0);
    uint64_t second = append("a", 10, 0);
    (void)append("d", 10, 0);

    assert_true(first == second);
    assert_null(memory_logs_find(logs, str("b")));
    assert_int_equal(records_of("a"), 2);
    assert_int_equal(memory_logs_count(logs), 3);
    assert_true(memory_logs_dropped(logs) == 1);
}

static void gives_a_dropped_log_another_epoch(void **state) {
    (void)state;
    uint64_t epoch = append("a", 10, 0);
    (void)append("b", 10, 0);
    (void)append("c", 10, 0);
    (void)append("d", 10, 0);

    assert_true(append("a", 10, 0) != epoch);
    assert_true(memory_logs_find(logs, str("a"))->last == 1);
}

static void evicts_the_oldest_of_the_log_written_longest_ago(void **state) {
    (void)state;
    (void)append("a", 500, 0);
    (void)append("a", 500, 0);
    (void)append("b", 500, 0);
    (void)append("a", 500, 0); // b is now the one

    memory_logs_shrink(logs, memory_logs_bytes(logs) - 1);
    assert_int_equal(records_of("b"), 0);
    assert_int_equal(records_of("a"), 3);
    memory_logs_shrink(logs, memory_logs_bytes(logs) - 1);
    assert_int_equal(records_of("a"), 2);
    assert_true(memory_log_first(memory_logs_find(logs, str("a"))) == 2);
    assert_true(memory_logs_find(logs, str("b"))->last == 1);
    assert_true(memory_logs_evicted(logs) == 2);
}

static void keeps_the_end_of_a_log_without_records(void **state) {
    (void)state;
    uint64_t epoch = append("a", 500, 0);
    for (size_t i = 0; i < 20; i++) {
        (void)append("b", 500, 0);
    }

    memory_logs_shrink(logs, memory_logs_bytes(logs) - 2000);

    const struct memory_log *log = memory_logs_find(logs, str("a"));
    assert_non_null(log);
    assert_true(log->epoch == epoch && log->last == 1 && log->count == 0);
    assert_true(records_of("b") > 15);
}

static void drops_empty_logs_when_they_take_too_much(void **state) {
    (void)state;
    memory_logs_destroy(logs);
    logs = memory_logs_create(&test_clock, 200);
    for (unsigned i = 0; i < 200; i++) {
        char room[8];
        (void)snprintf(room, sizeof(room), "r%u", i);
        (void)append(room, 500, 0);
    }

    memory_logs_shrink(logs, 20000);

    assert_null(memory_logs_find(logs, str("r0")));
    assert_int_equal(records_of("r199"), 1);
    assert_true(memory_logs_records(logs) > 20);
    assert_true(memory_logs_bytes(logs) <= 20000);
}

static void drops_all_logs_when_there_is_no_room(void **state) {
    (void)state;
    (void)append("a", 500, 0);
    (void)append("b", 500, 0);

    memory_logs_shrink(logs, 0);

    assert_int_equal(memory_logs_count(logs), 0);
    assert_int_equal(memory_logs_bytes(logs), 0);
}

static void adds_up_what_its_logs_hold(void **state) {
    (void)state;
    memory_logs_destroy(logs);
    logs = memory_logs_create(&test_clock, 20);
    uint64_t random = 5;
    for (size_t step = 0; step < 20000; step++) {
        char room[8];
        (void)snprintf(
                room, sizeof(room), "r%02u", (unsigned)prng_below(&random, 30));
        (void)append(
                room, 1 + prng_below(&random, 900), prng_below(&random, 200));
        clock_advance(&test_clock, (int64_t)prng_below(&random, 9));
        size_t most = 5000 + prng_below(&random, 60000);
        memory_logs_shrink(logs, most);
        assert_true(memory_logs_bytes(logs) <= most);
    }

    size_t records = 0;
    for (unsigned i = 0; i < 30; i++) {
        char room[8];
        (void)snprintf(room, sizeof(room), "r%02u", i);
        records += records_of(room);
    }
    assert_int_equal(memory_logs_records(logs), records);
    assert_true(memory_logs_count(logs) <= 20);
    memory_logs_shrink(logs, 0);
    assert_int_equal(memory_logs_bytes(logs), 0);
    assert_int_equal(memory_logs_records(logs), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(finds_what_was_appended),
            TEST(drops_what_is_too_old_when_it_is_read),
            TEST(drops_the_log_written_longest_ago_at_its_ceiling),
            TEST(gives_a_dropped_log_another_epoch),
            TEST(evicts_the_oldest_of_the_log_written_longest_ago),
            TEST(keeps_the_end_of_a_log_without_records),
            TEST(drops_empty_logs_when_they_take_too_much),
            TEST(drops_all_logs_when_there_is_no_room),
            TEST(adds_up_what_its_logs_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
