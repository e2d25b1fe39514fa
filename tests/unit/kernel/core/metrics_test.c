#include "kernel/core/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"

#define THREADS 4
#define ROUNDS  10000

static nx_metric_id define(
        struct metrics *metrics, uint32_t kind, const char *name) {
    nx_metric_id id = 0;
    assert_int_equal(metrics_define(metrics, kind, name, "Help.", &id), NX_OK);
    assert_true(id > 0);
    return id;
}

static double value_of(struct metrics *metrics, size_t i) {
    struct metrics_view view;
    metrics_read(metrics, i, &view);
    return view.value;
}

static void counts_upwards_only(void **state) {
    struct metrics *metrics = metrics_create();
    nx_metric_id id = define(metrics, NX_METRIC_COUNTER, "messages_total");
    metrics_add(metrics, id, 1);
    metrics_add(metrics, id, 2.5);
    metrics_add(metrics, id, -1);
    metrics_add(metrics, id, (double)NAN);
    metrics_add(metrics, id, (double)INFINITY);
    metrics_set(metrics, id, 100);
    assert_true(value_of(metrics, 0) == 3.5);
    metrics_destroy(metrics);
}

static void a_gauge_goes_both_ways(void **state) {
    struct metrics *metrics = metrics_create();
    nx_metric_id id = define(metrics, NX_METRIC_GAUGE, "rooms");
    metrics_set(metrics, id, 10);
    metrics_add(metrics, id, -4);
    assert_true(value_of(metrics, 0) == 6);
    metrics_destroy(metrics);
}

static void a_histogram_sorts_into_buckets(void **state) {
    struct metrics *metrics = metrics_create();
    nx_metric_id seconds = define(metrics, NX_METRIC_HISTOGRAM, "wait_seconds");
    nx_metric_id size = define(metrics, NX_METRIC_HISTOGRAM, "size_bytes");
    metrics_add(metrics, seconds, 0.001); // a bound belongs to its bucket
    metrics_add(metrics, seconds, 0.3);
    metrics_add(metrics, seconds, 1000);
    metrics_add(metrics, size, 1000);
    struct metrics_view view;
    metrics_read(metrics, 0, &view);
    assert_int_equal(view.count, 3);
    assert_true(fabs(view.sum - 1000.301) < 1e-9);
    assert_int_equal(view.buckets[0], 1);
    assert_int_equal(view.buckets[8], 1); // up to 0.5
    assert_true(view.bounds[8] == 0.5);
    assert_int_equal(view.buckets[METRICS_BUCKETS], 1);
    metrics_read(metrics, 1, &view);
    assert_int_equal(view.buckets[2], 1); // up to 1024
    assert_true(view.bounds[2] == 1024);
    metrics_destroy(metrics);
}

static void refuses_what_cannot_be_shown(void **state) {
    struct metrics *metrics = metrics_create();
    nx_metric_id id = 77;
    char longer[METRICS_HELP_MAX + 2];
    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    static const char *const bad[] = {"", "Upper", "a-b", "a b", "ä", "a\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
                metrics_define(metrics, NX_METRIC_GAUGE, bad[i], NULL, &id),
                NX_ERR_INVALID);
    }
    assert_int_equal(
            metrics_define(metrics, NX_METRIC_GAUGE, longer, NULL, &id),
            NX_ERR_INVALID);
    assert_int_equal(metrics_define(metrics, NX_METRIC_GAUGE, "a", longer, &id),
            NX_ERR_INVALID);
    assert_int_equal(
            metrics_define(metrics, NX_METRIC_GAUGE, "a", "two\nlines", &id),
            NX_ERR_INVALID);
    assert_int_equal(
            metrics_define(metrics, 0, "a", NULL, &id), NX_ERR_INVALID);
    assert_int_equal(
            metrics_define(metrics, 4, "a", NULL, &id), NX_ERR_INVALID);
    assert_int_equal(id, 77);
    assert_int_equal(metrics_count(metrics), 0);
    metrics_destroy(metrics);
}

static void refuses_a_name_twice_and_more_than_its_limit(void **state) {
    struct metrics *metrics = metrics_create();
    char name[16];
    nx_metric_id id;
    for (unsigned i = 0; i < METRICS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "m%u", i);
        assert_int_equal(define(metrics, NX_METRIC_GAUGE, name), i + 1);
    }
    assert_int_equal(
            metrics_define(metrics, NX_METRIC_COUNTER, "m3", NULL, &id),
            NX_ERR_EXISTS);
    assert_int_equal(
            metrics_define(metrics, NX_METRIC_COUNTER, "new", NULL, &id),
            NX_ERR_LIMIT);
    assert_int_equal(metrics_count(metrics), METRICS_MAX);
    metrics_destroy(metrics);
}

static void ignores_ids_it_did_not_give(void **state) {
    struct metrics *metrics = metrics_create();
    (void)define(metrics, NX_METRIC_GAUGE, "rooms");
    metrics_add(metrics, 0, 1);
    metrics_add(metrics, 2, 1);
    metrics_set(metrics, METRICS_MAX, 1);
    metrics_set(metrics, METRICS_MAX + 1, 1);
    metrics_set(metrics, UINT64_MAX, 1);
    assert_true(value_of(metrics, 0) == 0);
    metrics_destroy(metrics);
}

static void *count_much(void *arg) {
    struct metrics *metrics = arg;
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(metrics, 1, 1);
        metrics_add(metrics, 2, 0.002);
        metrics_add(metrics, 3, 1); // may not be defined yet
    }
    return NULL;
}

static void counts_from_any_thread(void **state) {
    struct metrics *metrics = metrics_create();
    (void)define(metrics, NX_METRIC_COUNTER, "a_total");
    (void)define(metrics, NX_METRIC_HISTOGRAM, "b_seconds");
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(
                pthread_create(&threads[i], NULL, count_much, metrics), 0);
    }
    (void)define(metrics, NX_METRIC_COUNTER, "c_total");
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_true(value_of(metrics, 0) == THREADS * ROUNDS);
    struct metrics_view view;
    metrics_read(metrics, 1, &view);
    assert_int_equal(view.count, THREADS * ROUNDS);
    assert_int_equal(view.buckets[1], THREADS * ROUNDS);
    metrics_destroy(metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_upwards_only),
            cmocka_unit_test(a_gauge_goes_both_ways),
            cmocka_unit_test(a_histogram_sorts_into_buckets),
            cmocka_unit_test(refuses_what_cannot_be_shown),
            cmocka_unit_test(refuses_a_name_twice_and_more_than_its_limit),
            cmocka_unit_test(ignores_ids_it_did_not_give),
            cmocka_unit_test(counts_from_any_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
