/*
 * memory_fixture - a memory provider under test.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 */
#ifndef TESTS_MEMORY_FIXTURE_H
#define TESTS_MEMORY_FIXTURE_H

#include "kernel/core/memory.h"
#include "tests/support/provider_case.h"

static struct clock test_clock;
static struct memory *memory;

static void settle(void) {
    assert_false(memory_run(memory));
}

static inline void advance_ms(int64_t ms) {
    clock_advance(&test_clock, ms);
}

static inline int64_t now_ms(void) {
    return clock_wall_ms(&test_clock);
}

// Nothing is executed inside an answer.
static inline void run_inside(void) {
    assert_true(memory_run(memory));
}

static inline void create(size_t bytes, size_t logs, size_t facts) {
    struct memory_limits limits = {bytes, logs, facts};
    memory_destroy(memory);
    memory = memory_create(&test_clock, &limits);
    assert_non_null(memory);
    provider = memory_provider(memory);
    assert_int_equal(provider->open(provider->self, &test_sink), NX_OK);
}

static inline int set_up(void **state) {
    (void)state;
    clock_init_fake(&test_clock, 1000000);
    seen = (struct seen){.published_more = run_inside};
    memory = NULL;
    create(1 << 20, 100, 100);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    memory_destroy(memory);
    return 0;
}

static inline struct memory_stats stats(void) {
    struct memory_stats now;
    memory_stats(memory, &now);
    return now;
}

#endif
