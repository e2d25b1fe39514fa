#include "kernel/core/histogram.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static struct histogram histogram; // too large for many stacks

static int set_up(void **state) {
    (void)state;
    histogram = (struct histogram){0};
    return 0;
}

static void has_no_quantiles_without_values(void **state) {
    (void)state;
    assert_true(histogram_quantile(&histogram, 0.99) == 0);
    assert_int_equal(histogram_count(&histogram), 0);
}

static void knows_each_value_within_a_twentieth(void **state) {
    (void)state;
    for (uint64_t value = 1; value < HISTOGRAM_MAX; value += 1 + value / 37) {
        histogram = (struct histogram){0};
        histogram_add(&histogram, value);
        double said = histogram_quantile(&histogram, 0.5);
        assert_true(fabs(said - (double)value) <= 0.05 * (double)value);
    }
}

static void knows_small_values_exactly(void **state) {
    (void)state;
    for (uint64_t value = 1; value <= 100; value++) {
        histogram = (struct histogram){0};
        histogram_add(&histogram, value);
        assert_true(histogram_quantile(&histogram, 1) == (double)value);
    }
}

static void counts_a_bound_among_what_lies_below_it(void **state) {
    (void)state;
    for (uint64_t decade = 1; decade <= HISTOGRAM_MAX / 10; decade *= 10) {
        const uint64_t bounds[] = {1 * decade, 2 * decade, 5 * decade};
        uint64_t counts[3];
        for (size_t i = 0; i < 3; i++) {
            histogram = (struct histogram){0};
            histogram_add(&histogram, bounds[i] - 1);
            histogram_add(&histogram, bounds[i]);
            histogram_add(&histogram, bounds[i] + 1);
            histogram_cumulate(&histogram, bounds, 3, counts);
            assert_int_equal(counts[i], 2);
        }
    }
}

static void adds_up_from_bound_to_bound(void **state) {
    (void)state;
    const uint64_t bounds[] = {1, 10, 100, 1000};
    uint64_t counts[4];
    for (uint64_t value = 1; value <= 2000; value++) {
        histogram_add(&histogram, value);
    }
    histogram_cumulate(&histogram, bounds, 4, counts);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(counts[i], bounds[i]);
    }
    assert_int_equal(histogram_count(&histogram), 2000);
    assert_int_equal(histogram.sum, 2000 * 2001 / 2);
}

static void keeps_what_is_too_large_in_its_last_bucket(void **state) {
    (void)state;
    histogram_add(&histogram, 0);
    histogram_add(&histogram, HISTOGRAM_MAX + 1);
    histogram_add(&histogram, UINT64_MAX / 2);
    assert_int_equal(histogram_count(&histogram), 3);
    assert_int_equal(histogram.buckets[0], 1);
    assert_int_equal(histogram.buckets[HISTOGRAM_BUCKETS - 1], 2);
    assert_true(
            histogram_quantile(&histogram, 1) >= 0.95 * (double)HISTOGRAM_MAX);
}

static void separates_the_many_from_the_few(void **state) {
    (void)state;
    for (int i = 0; i < 99; i++) {
        histogram_add(&histogram, 1000);
    }
    histogram_add(&histogram, 1000000);
    assert_true(histogram_quantile(&histogram, 0) < 1001);
    assert_true(histogram_quantile(&histogram, 0.99) < 1001);
    assert_true(histogram_quantile(&histogram, 0.991) > 900000);
}

static int compare(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void agrees_with_sorting_all_values(void **state) {
    (void)state;
    enum {
        VALUES = 1000
    };
    static uint64_t values[VALUES];
    uint64_t seed = 7;
    for (int i = 0; i < VALUES; i++) {
        values[i] = (prng_next(&seed) >> (30 + prng_below(&seed, 30))) + 1;
        histogram_add(&histogram, values[i]);
    }
    qsort(values, VALUES, sizeof(values[0]), compare);
    for (int percent = 1; percent <= 100; percent++) {
        int rank = VALUES * percent / 100;
        double exact = (double)values[rank - 1];
        double said = histogram_quantile(&histogram, percent / 100.0);
        assert_true(fabs(said - exact) <= 0.05 * exact);
    }
}

static void takes_away_what_it_was_before(void **state) {
    (void)state;
    static struct histogram earlier;
    static struct histogram sum;
    histogram_add(&histogram, 5);
    histogram_add(&histogram, 5000);
    earlier = histogram;
    histogram_add(&histogram, 70);

    sum = histogram;
    histogram_subtract(&sum, &earlier);
    assert_int_equal(histogram_count(&sum), 1);
    assert_int_equal(sum.sum, 70);
    assert_true(histogram_quantile(&sum, 0.5) == 70);

    histogram_merge(&sum, &earlier);
    assert_memory_equal(&sum, &histogram, sizeof(sum));
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(has_no_quantiles_without_values),
            cmocka_unit_test(knows_each_value_within_a_twentieth),
            cmocka_unit_test(knows_small_values_exactly),
            cmocka_unit_test(counts_a_bound_among_what_lies_below_it),
            cmocka_unit_test(adds_up_from_bound_to_bound),
            cmocka_unit_test(keeps_what_is_too_large_in_its_last_bucket),
            cmocka_unit_test(separates_the_many_from_the_few),
            cmocka_unit_test(agrees_with_sorting_all_values),
            cmocka_unit_test(takes_away_what_it_was_before),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
