#include "plugins/notify/rate.h"

#include "tests/support/cmocka.h"

static void allows_a_burst_and_then_so_many_a_second(void **state) {
    (void)state;
    struct rate rate = {0};
    int taken = 0;
    while (rate_take(&rate, 10, 5000)) {
        taken++;
    }
    assert_int_equal(taken, 20);
    assert_false(rate_take(&rate, 10, 5099));
    assert_true(rate_take(&rate, 10, 5100));
    assert_false(rate_take(&rate, 10, 5100));
}

static void gives_no_more_after_a_long_pause(void **state) {
    (void)state;
    struct rate rate = {0};
    int taken = 0;
    assert_true(rate_take(&rate, 3, 1)); // five more would be free
    while (rate_take(&rate, 3, UINT64_MAX)) {
        taken++;
    }
    assert_int_equal(taken, 6);
}

static void allows_everything_without_a_limit(void **state) {
    (void)state;
    struct rate rate = {0};
    for (int i = 0; i < 1000; i++) {
        assert_true(rate_take(&rate, 0, 1));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(allows_a_burst_and_then_so_many_a_second),
            cmocka_unit_test(gives_no_more_after_a_long_pause),
            cmocka_unit_test(allows_everything_without_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
