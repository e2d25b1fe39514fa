#include "kernel/core/memory_dedupe.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static struct clock test_clock;
static struct memory_dedupe *dedupe;

static struct memory_dedupe_key key_of(const char *room, const char *key) {
    return (struct memory_dedupe_key){{room, strlen(room)}, {key, strlen(key)}};
}

static bool put(
        const char *room, const char *key, uint64_t offset, uint64_t ttl_ms) {
    struct memory_dedupe_key name = key_of(room, key);
    struct memory_first first = {
            .epoch = 9,
            .offset = offset,
            .time_ms = 77,
            .memo = {"memo", 4},
    };
    return memory_dedupe_put(dedupe, &name, ttl_ms, &first);
}

// The offset remembered, 0: unknown.
static uint64_t find(const char *room, const char *key) {
    struct memory_dedupe_key name = key_of(room, key);
    const struct memory_first *first = memory_dedupe_find(dedupe, &name);
    if (!first) {
        return 0;
    }
    assert_true(first->epoch == 9 && first->time_ms == 77);
    assert_int_equal(first->memo.len, 4);
    assert_memory_equal(first->memo.ptr, "memo", 4);
    return first->offset;
}

static int create(size_t max_keys, size_t max_bytes) {
    memory_dedupe_destroy(dedupe);
    clock_init_fake(&test_clock, 5000);
    dedupe = memory_dedupe_create(&test_clock, max_keys, max_bytes);
    return dedupe ? 0 : -1;
}

static int set_up(void **state) {
    (void)state;
    return create(100, 1 << 20);
}

static int tear_down(void **state) {
    (void)state;
    memory_dedupe_destroy(dedupe);
    dedupe = NULL;
    return 0;
}

static void remembers_the_first_result(void **state) {
    (void)state;
    assert_true(find("chat:1", "k") == 0);
    assert_true(put("chat:1", "k", 4, 1000));
    assert_true(find("chat:1", "k") == 4);
    assert_int_equal(memory_dedupe_count(dedupe), 1);
}

static void keeps_rooms_apart(void **state) {
    (void)state;
    assert_true(put("chat:1", "1k", 4, 1000));
    assert_true(find("chat:2", "1k") == 0);
    assert_true(find("chat:11", "k") == 0);
}

static void forgets_at_the_ttl(void **state) {
    (void)state;
    assert_true(put("r", "k", 4, 1000));
    clock_advance(&test_clock, 999);
    assert_true(find("r", "k") == 4);
    clock_advance(&test_clock, 1);
    assert_true(find("r", "k") == 0);
    assert_int_equal(memory_dedupe_count(dedupe), 0);
    assert_int_equal(memory_dedupe_bytes(dedupe), 0);
    assert_true(memory_dedupe_forgotten(dedupe) == 0);
    assert_true(put("r", "k", 5, 1000));
    assert_true(find("r", "k") == 5);
}

static void sweeps_no_more_than_asked(void **state) {
    (void)state;
    assert_true(put("r", "a", 1, 10));
    assert_true(put("r", "b", 2, 10));
    assert_true(put("r", "c", 3, 10));
    assert_true(put("r", "d", 4, 99));
    assert_int_equal(memory_dedupe_sweep(dedupe, 9), 0);
    clock_advance(&test_clock, 10);
    assert_int_equal(memory_dedupe_sweep(dedupe, 2), 2);
    assert_int_equal(memory_dedupe_count(dedupe), 2);
    assert_int_equal(memory_dedupe_sweep(dedupe, 9), 1);
    assert_true(find("r", "d") == 4);
}

static void forgets_the_oldest_at_the_ceiling(void **state) {
    (void)state;
    assert_int_equal(create(3, 1 << 20), 0);
    assert_true(put("r", "a", 1, 9000));
    assert_true(put("r", "b", 2, 1000));
    assert_true(put("r", "c", 3, 9000));

    assert_true(put("r", "d", 4, 9000));

    assert_true(find("r", "a") == 0);
    assert_true(find("r", "b") == 2);
    assert_true(memory_dedupe_forgotten(dedupe) == 1);
}

static void ends_what_is_past_its_ttl_before_it_forgets(void **state) {
    (void)state;
    assert_int_equal(create(3, 1 << 20), 0);
    assert_true(put("r", "a", 1, 9000));
    assert_true(put("r", "b", 2, 1000));
    assert_true(put("r", "c", 3, 9000));
    clock_advance(&test_clock, 1000);

    assert_true(put("r", "d", 4, 9000));

    assert_true(find("r", "a") == 1);
    assert_true(memory_dedupe_forgotten(dedupe) == 0);
}

static void stays_below_its_ceiling_of_bytes(void **state) {
    (void)state;
    assert_int_equal(create(100, 2000), 0);
    for (uint64_t i = 1; i <= 100; i++) {
        char key[8];
        (void)snprintf(key, sizeof(key), "%u", (unsigned)i);
        assert_true(put("r", key, i, 1000));
        assert_true(memory_dedupe_bytes(dedupe) <= 2000);
        assert_true(find("r", key) == i);
    }
    assert_true(memory_dedupe_count(dedupe) > 2);
    assert_true(memory_dedupe_count(dedupe) + memory_dedupe_forgotten(dedupe)
            == 100);
}

static void refuses_what_alone_is_too_large(void **state) {
    (void)state;
    assert_int_equal(create(100, 100), 0);
    assert_false(put("r", "k", 1, 1000));
    assert_int_equal(memory_dedupe_count(dedupe), 0);
}

#define KEYS 40

static void behaves_like_a_table_of_all_keys(void **state) {
    (void)state;
    struct {
        uint64_t offset; // 0: not there
        int64_t ends_ms;
    } model[KEYS] = {{0}};
    uint64_t random = 3;
    for (uint64_t step = 1; step < 20000; step++) {
        char key[8];
        size_t i = prng_below(&random, KEYS);
        (void)snprintf(key, sizeof(key), "%u", (unsigned)i);
        clock_advance(&test_clock, (int64_t)prng_below(&random, 10));
        if (model[i].ends_ms <= clock_now_ms(&test_clock)) {
            model[i].offset = 0;
        }
        assert_true(find("r", key) == model[i].offset);
        if (model[i].offset == 0) {
            uint64_t ttl = 1 + prng_below(&random, 300);
            assert_true(put("r", key, step, ttl));
            model[i].offset = step;
            model[i].ends_ms = clock_now_ms(&test_clock) + (int64_t)ttl;
        }
        (void)memory_dedupe_sweep(dedupe, prng_below(&random, 2));
    }
    assert_true(memory_dedupe_forgotten(dedupe) == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(remembers_the_first_result),
            TEST(keeps_rooms_apart),
            TEST(forgets_at_the_ttl),
            TEST(sweeps_no_more_than_asked),
            TEST(forgets_the_oldest_at_the_ceiling),
            TEST(ends_what_is_past_its_ttl_before_it_forgets),
            TEST(stays_below_its_ceiling_of_bytes),
            TEST(refuses_what_alone_is_too_large),
            TEST(behaves_like_a_table_of_all_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
