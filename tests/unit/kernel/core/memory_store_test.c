#include "kernel/core/memory_store.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

#include "tests/support/cmocka.h"
#include "tests/support/provider_contract.h"
#include "tests/support/provider_facts.h"
#include "tests/support/provider_model.h"
#include "tests/unit/kernel/core/memory_fixture.h"

static void frees_facts_past_their_ttl_as_it_runs(void **state) {
    (void)state;
    struct nx_bytes value = {"v", 1};
    assert_int_equal(provider->put(provider->self, 3, str("s"), str("k"), value,
                             100, NX_PUT_ANY),
            NX_OK);
    assert_int_equal(run_dedupe("x", ""), NX_OK);
    clock_advance(&test_clock, 10000);

    assert_false(memory_run(memory));

    assert_int_equal(stats().facts, 0);
    assert_int_equal(stats().dedupe_keys, 0);
}

static void stays_below_its_ceiling_of_bytes(void **state) {
    (void)state;
    static char payload[3001];
    memset(payload, 'x', sizeof(payload) - 1);
    create(100000, 1000, 100);
    for (unsigned i = 0; i < 2000; i++) {
        char room[16];
        (void)snprintf(room, sizeof(room), "r%u", i % 7 == 0 ? i : i % 5);
        assert_int_equal(run_plain(room, payload), NX_OK);
        assert_true(stats().bytes <= 100000);
    }
    assert_true(stats().records >= 15);
    assert_true(stats().records_evicted > 1000);
}

static void evicts_records_to_make_room_for_facts(void **state) {
    (void)state;
    static char value[30001];
    memset(value, 'x', sizeof(value) - 1);
    create(100000, 1000, 100);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(run_plain("room", value), NX_OK);
    }
    assert_int_equal(stats().records, 3);

    assert_int_equal(put_if("k", value, NX_PUT_ANY), NX_OK);
    assert_int_equal(stats().records, 2);
    assert_int_equal(put_if("l", value, NX_PUT_ANY), NX_ERR_LIMIT);
    assert_int_equal(stats().facts, 1);
    assert_true(stats().bytes <= 100000);
}

static void accepts_a_record_that_no_ceiling_keeps(void **state) {
    (void)state;
    char *payload = malloc(200001);
    memset(payload, 'x', 200000);
    payload[200000] = '\0';
    create(MEMORY_BYTES_SMALLEST, 10, 10);

    assert_int_equal(run_plain("room", payload), NX_OK);

    assert_true(seen.published.offset == 1);
    assert_int_equal(seen.record.payload.len, 200000);
    assert_int_equal(stats().records, 0);
    free(payload);
}

static void changes_the_epoch_of_a_log_it_has_dropped(void **state) {
    (void)state;
    create(1 << 20, 2, 10);
    assert_int_equal(run_plain("a", "1"), NX_OK);
    uint64_t epoch = seen.published.epoch;
    assert_int_equal(run_plain("b", "1"), NX_OK);
    assert_int_equal(run_plain("c", "1"), NX_OK);
    assert_int_equal(stats().logs, 2);
    assert_true(stats().logs_dropped == 1);

    assert_int_equal(run_plain("a", "1"), NX_OK);

    assert_true(seen.published.epoch != epoch);
    assert_true(seen.published.offset == 1);
}

static void behaves_like_a_list_of_everything(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        uint64_t random = seed;
        create(64 << 20, ROOMS, 10);
        start_model(&random);
        for (size_t step = 0; step < MOST; step++) {
            random_step(&random);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            PROVIDER_CONTRACT(TEST),
            PROVIDER_FACTS(TEST),
            TEST(frees_facts_past_their_ttl_as_it_runs),
            TEST(stays_below_its_ceiling_of_bytes),
            TEST(evicts_records_to_make_room_for_facts),
            TEST(accepts_a_record_that_no_ceiling_keeps),
            TEST(changes_the_epoch_of_a_log_it_has_dropped),
            TEST(behaves_like_a_list_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
