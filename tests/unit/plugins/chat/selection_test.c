#include "plugins/chat/selection.h"

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static void offer(struct selection *selection, int64_t time_ms, size_t place,
        uint64_t seq, uint64_t *dropped) {
    const struct chosen event = {
            .time_ms = time_ms, .place = place, .seq = seq};
    struct chosen gone = {.seq = 0};
    if (selection_wants(selection, &event)) {
        assert_true(selection_add(selection, &event, &gone));
        *dropped = gone.seq;
    } else {
        *dropped = seq;
    }
}

static void drops_the_oldest_when_it_is_full(void **state) {
    (void)state;
    struct selection selection;
    uint64_t dropped;
    selection_init(&selection, 2);
    offer(&selection, 20, 0, 2, &dropped);
    offer(&selection, 30, 0, 3, &dropped);
    assert_int_equal(dropped, 0);
    offer(&selection, 10, 1, 1, &dropped);
    assert_int_equal(dropped, 1);
    offer(&selection, 25, 1, 4, &dropped);
    assert_int_equal(dropped, 2);
    assert_int_equal(selection.count, 2);
    selection_finish(&selection);
}

static void prefers_earlier_places_at_equal_times(void **state) {
    (void)state;
    struct selection selection;
    uint64_t dropped;
    selection_init(&selection, 2);
    offer(&selection, 10, 1, 5, &dropped);
    offer(&selection, 10, 0, 7, &dropped);
    offer(&selection, 10, 0, 6, &dropped);
    assert_int_equal(dropped, 5);
    offer(&selection, 10, 2, 9, &dropped);
    assert_int_equal(dropped, 9);
    selection_finish(&selection);
}

static void holds_nothing_when_nothing_is_allowed(void **state) {
    (void)state;
    struct selection selection;
    uint64_t dropped;
    selection_init(&selection, 0);
    offer(&selection, 10, 0, 1, &dropped);
    assert_int_equal(dropped, 1);
    selection_finish(&selection);
}

static void holds_the_newest_of_many(void **state) {
    (void)state;
    struct selection selection;
    uint64_t random = 7;
    uint64_t dropped;
    selection_init(&selection, 100);
    // Times are the numbers from 0 to 999, in some order.
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t time = i * 387 % 1000;
        offer(&selection, (int64_t)time, prng_below(&random, 9), time + 1,
                &dropped);
    }
    assert_int_equal(selection.count, 100);
    for (size_t i = 0; i < selection.count; i++) {
        assert_in_range(selection.heap[i].time_ms, 900, 999);
    }
    selection_finish(&selection);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(drops_the_oldest_when_it_is_full),
            cmocka_unit_test(prefers_earlier_places_at_equal_times),
            cmocka_unit_test(holds_nothing_when_nothing_is_allowed),
            cmocka_unit_test(holds_the_newest_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
