#include "kernel/core/stats.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static void has_no_quantiles_without_values(void **state) {
    (void)state;
    struct stats_latency latency = {0};
    assert_true(stats_latency_quantile(&latency, 0.99) == 0);
}

static void bounds_each_value_within_a_factor_of_two(void **state) {
    (void)state;
    for (int64_t ns = 1; ns < INT64_C(1) << 38; ns = ns * 3 / 2 + 1) {
        struct stats_latency latency = {0};
        stats_latency_add(&latency, ns);
        double bound = stats_latency_quantile(&latency, 0.5) * 1e9;
        assert_true(bound > (double)ns);
        assert_true(bound <= 2 * (double)ns * (1 + 1e-9));
    }
}

static void separates_the_many_from_the_few(void **state) {
    (void)state;
    struct stats_latency latency = {0};
    for (int i = 0; i < 99; i++) {
        stats_latency_add(&latency, 1000);
    }
    stats_latency_add(&latency, 1000000);

    assert_true(stats_latency_quantile(&latency, 0.5) < 3e-6);
    assert_true(stats_latency_quantile(&latency, 0.99) < 3e-6);
    assert_true(stats_latency_quantile(&latency, 1) > 1e-3);
    assert_int_equal(latency.count, 100);
    assert_int_equal(latency.sum_ns, 99 * 1000 + 1000000);
}

static void counts_what_cannot_be_measured_at_either_end(void **state) {
    (void)state;
    struct stats_latency latency = {0};
    stats_latency_add(&latency, -5);
    stats_latency_add(&latency, 0);
    assert_int_equal(latency.sum_ns, 0);
    assert_true(stats_latency_quantile(&latency, 1) > 0);

    stats_latency_add(&latency, INT64_MAX);
    assert_int_equal(latency.buckets[STATS_LATENCY_BUCKETS - 1], 1);
    assert_true(stats_latency_quantile(&latency, 1) > 500);
}

static int compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void agrees_with_sorting_all_values(void **state) {
    (void)state;
    enum {
        VALUES = 1000
    };
    static int64_t values[VALUES];
    struct stats_latency latency = {0};
    uint64_t seed = 7;
    for (int i = 0; i < VALUES; i++) {
        values[i] = (int64_t)(prng_next(&seed) >> (30 + prng_below(&seed, 30)));
        stats_latency_add(&latency, values[i]);
    }
    qsort(values, VALUES, sizeof(values[0]), compare);

    for (int percent = 1; percent <= 100; percent++) {
        int64_t exact = values[VALUES * percent / 100 - 1];
        double bound = stats_latency_quantile(&latency, percent / 100.0) * 1e9;
        assert_true(bound >= (double)exact);
        assert_true(bound <= 2 * (double)exact + 1);
    }
}

static void smooths_rates_over_seconds(void **state) {
    (void)state;
    struct clock clock;
    struct timers timers;
    clock_init_fake(&clock, 1000);
    timers_init(&timers, &clock);
    struct stats *stats = stats_create(&timers, 1000);
    assert_non_null(stats);

    for (int second = 0; second < 100; second++) {
        stats->events_in += 50;
        stats->events_out += 500;
        clock_advance(&clock, 1000 + TIMERS_TICK_MS);
        timers_advance(&timers);
        assert_true(stats->events_in_rate <= 50);
    }

    assert_true(fabs(stats->events_in_rate - 50) < 1);
    assert_true(fabs(stats->events_out_rate - 500) < 10);
    stats_destroy(stats);
    timers_finish(&timers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(has_no_quantiles_without_values),
            cmocka_unit_test(bounds_each_value_within_a_factor_of_two),
            cmocka_unit_test(separates_the_many_from_the_few),
            cmocka_unit_test(counts_what_cannot_be_measured_at_either_end),
            cmocka_unit_test(agrees_with_sorting_all_values),
            cmocka_unit_test(smooths_rates_over_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
