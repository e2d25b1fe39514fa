#include "kernel/core/memory_expiry.h"

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static void says_what_ends_first(void **state) {
    (void)state;
    struct memory_expiry expiry;
    struct memory_expiry_item items[3] = {{0}};
    memory_expiry_init(&expiry);
    assert_true(memory_expiry_set(&expiry, &items[0], 30));
    assert_true(memory_expiry_set(&expiry, &items[1], 10));
    assert_true(memory_expiry_set(&expiry, &items[2], 20));

    assert_null(memory_expiry_due(&expiry, 9));
    assert_ptr_equal(memory_expiry_due(&expiry, 10), &items[1]);
    memory_expiry_remove(&expiry, &items[1]);
    memory_expiry_remove(&expiry, &items[1]);
    assert_null(memory_expiry_due(&expiry, 19));
    assert_ptr_equal(memory_expiry_due(&expiry, 99), &items[2]);
    memory_expiry_finish(&expiry);
}

static void moves_an_item_that_is_set_again(void **state) {
    (void)state;
    struct memory_expiry expiry;
    struct memory_expiry_item items[2] = {{0}};
    memory_expiry_init(&expiry);
    assert_true(memory_expiry_set(&expiry, &items[0], 10));
    assert_true(memory_expiry_set(&expiry, &items[1], 20));

    assert_true(memory_expiry_set(&expiry, &items[0], 30));
    assert_ptr_equal(memory_expiry_due(&expiry, 99), &items[1]);
    assert_true(memory_expiry_set(&expiry, &items[0], 5));
    assert_ptr_equal(memory_expiry_due(&expiry, 99), &items[0]);
    assert_int_equal(expiry.count, 2);
    memory_expiry_finish(&expiry);
}

static void never_overflows(void **state) {
    (void)state;
    assert_true(memory_expiry_at(5, 10) == 15);
    assert_true(memory_expiry_at(5, UINT64_MAX) == INT64_MAX);
    assert_true(memory_expiry_at(INT64_MAX, 1) == INT64_MAX);
}

#define ITEMS 300

// The items in the heap that end before the given time.
static size_t count_before(
        const struct memory_expiry_item *items, int64_t at_ms) {
    size_t count = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        count += items[i].position > 0 && items[i].at_ms < at_ms ? 1 : 0;
    }
    return count;
}

static void change(struct memory_expiry *expiry,
        struct memory_expiry_item *items, uint64_t *random) {
    struct memory_expiry_item *item = &items[prng_below(random, ITEMS)];
    if (prng_below(random, 3) > 0) {
        int64_t at_ms = (int64_t)prng_below(random, 1000);
        assert_true(memory_expiry_set(expiry, item, at_ms));
    } else {
        memory_expiry_remove(expiry, item);
    }
}

static void behaves_like_a_search_of_all(void **state) {
    (void)state;
    struct memory_expiry expiry;
    struct memory_expiry_item items[ITEMS] = {{0}};
    struct memory_expiry_item *due = NULL;
    uint64_t random = 7;
    memory_expiry_init(&expiry);

    for (size_t round = 0; round < 100; round++) {
        for (size_t step = 0; step < 500; step++) {
            change(&expiry, items, &random);
        }
        while ((due = memory_expiry_due(&expiry, INT64_MAX))) {
            assert_int_equal(count_before(items, due->at_ms), 0);
            memory_expiry_remove(&expiry, due);
        }
        assert_int_equal(count_before(items, INT64_MAX), 0);
        assert_true(expiry.cap <= ITEMS / 8);
    }
    memory_expiry_finish(&expiry);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(says_what_ends_first),
            cmocka_unit_test(moves_an_item_that_is_set_again),
            cmocka_unit_test(never_overflows),
            cmocka_unit_test(behaves_like_a_search_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
