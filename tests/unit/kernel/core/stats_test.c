#include "kernel/core/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static struct clock clock_of_test;
static struct timers timers;
static struct stats *stats;

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&clock_of_test, 1000);
    timers_init(&timers, &clock_of_test);
    stats = stats_create(&timers, 1000);
    return stats ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    stats_destroy(stats);
    timers_finish(&timers);
    return 0;
}

static void pass_second(void) {
    clock_advance(&clock_of_test, 1000 + TIMERS_TICK_MS);
    timers_advance(&timers);
}

static void handle(const char *prefix, int64_t ns) {
    stats_arrived(stats, 10);
    if (prefix) {
        stats_serve(stats, nx_str_c(prefix));
    }
    stats_handled(stats, ns);
}

static uint64_t recent_count(void) {
    static struct histogram recent;
    stats_recent_events(stats, &recent);
    return histogram_count(&recent);
}

static void smooths_rates_over_seconds(void **state) {
    (void)state;
    for (int second = 0; second < 100; second++) {
        stats->events_in += 50;
        stats->events_out += 500;
        stats->errors += 5;
        pass_second();
        assert_true(stats->events_in_rate <= 50);
    }
    assert_true(fabs(stats->events_in_rate - 50) < 1);
    assert_true(fabs(stats->events_out_rate - 500) < 10);
    assert_true(fabs(stats->errors_rate - 5) < 0.1);
}

// A server that stalled for ten seconds has not done ten times the work.
static void divides_by_the_time_that_has_passed(void **state) {
    (void)state;
    stats->events_in += 1000;
    clock_advance(&clock_of_test, 10000);
    timers_advance(&timers);
    assert_true(fabs(stats->events_in_rate - 10) < 0.01); // a tenth of 100
}

static void counts_events_by_the_prefix_that_serves_them(void **state) {
    (void)state;
    size_t cursor = 0;
    handle("chat.", 1000);
    handle("chat.", 1000);
    handle("ping", 1000);
    handle(NULL, 1000);

    const struct stats_prefix *chat = stats_next_prefix(stats, &cursor);
    const struct stats_prefix *ping = stats_next_prefix(stats, &cursor);
    assert_string_equal(chat->name, "chat.");
    assert_int_equal(histogram_count(&chat->spent), 2);
    assert_string_equal(ping->name, "ping");
    assert_null(stats_next_prefix(stats, &cursor));
    assert_int_equal(histogram_count(&stats->unknown.spent), 1);
    assert_int_equal(stats->events_in, 4);
    assert_int_equal(stats->bytes_in, 40);
    assert_int_equal(recent_count(), 4);
}

static void counts_events_of_too_many_prefixes_together(void **state) {
    (void)state;
    for (unsigned i = 0; i < STATS_PREFIXES_MAX + 3; i++) {
        char prefix[16];
        (void)snprintf(prefix, sizeof(prefix), "p%u.", i);
        handle(prefix, 1);
    }
    assert_int_equal(histogram_count(&stats->other.spent), 3);
    assert_int_equal(recent_count(), STATS_PREFIXES_MAX + 3);
}

// Guards the short way to a prefix: many share one place.
static void takes_no_prefix_for_another(void **state) {
    (void)state;
    char name[16];
    for (unsigned i = 0; i < 3 * 200; i++) {
        (void)snprintf(name, sizeof(name), "p%u.", i % 200);
        handle(name, 1 + i % 200);
    }
    // Begins like p1. and is 32 longer.
    handle("p1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1000);
    handle("p1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1000);
    handle("p1.", 2);
    size_t cursor = 0;
    for (unsigned i = 0; i < 200; i++) {
        const struct stats_prefix *prefix = stats_next_prefix(stats, &cursor);
        (void)snprintf(name, sizeof(name), "p%u.", i);
        assert_string_equal(prefix->name, name);
        unsigned times = i == 1 ? 4 : 3;
        assert_int_equal(histogram_count(&prefix->spent), times);
        assert_int_equal(prefix->spent.sum, times * (1 + i));
    }
}

static void counts_a_time_that_ran_backwards_as_none(void **state) {
    (void)state;
    stats_handled(stats, -5);
    assert_int_equal(histogram_count(&stats->unknown.spent), 1);
    assert_int_equal(stats->unknown.spent.sum, 0);
    stats_turn_ends(stats, 90);
    stats_turn_begins(stats, 100);
    stats_turn_ends(stats, 50);
    assert_int_equal(histogram_count(&stats->turns), 1);
    assert_int_equal(stats->turns.sum, 0);
}

static void forgets_in_its_windows_what_is_two_minutes_old(void **state) {
    (void)state;
    handle("chat.", 1000);
    for (int second = 0; second < 119; second++) {
        pass_second();
    }
    assert_int_equal(recent_count(), 1);
    pass_second();
    assert_int_equal(recent_count(), 0);
    handle("chat.", 1000);
    assert_int_equal(recent_count(), 1);
}

static void counts_every_turn_but_the_first(void **state) {
    (void)state;
    static struct histogram recent;
    stats_turn_begins(stats, 10);
    stats_turn_ends(stats, 100);
    assert_int_equal(histogram_count(&stats->turns), 0);
    stats_turn_begins(stats, 1000);
    stats_turn_ends(stats, 1040);
    stats_turn_ends(stats, 2000);
    assert_int_equal(histogram_count(&stats->turns), 1);
    assert_int_equal(stats->turns.sum, 40);
    stats_recent_turns(stats, &recent);
    assert_int_equal(histogram_count(&recent), 1);
}

static void takes_the_limit_from_the_sentence_that_names_it(void **state) {
    (void)state;
    stats_refused_as(stats, "the server is full (limits.connections)");
    stats_refused_as(stats, "limits.connections_per_user is reached");
    stats_refused_as(stats, "longer than limits.http_body_bytes.");
    stats_refused_as(stats, "not an HTTP/1.1 request");
    stats_refused_as(stats, NULL);
    assert_int_equal(stats->refused[LIMIT_CONNECTIONS], 1);
    assert_int_equal(stats->refused[LIMIT_CONNECTIONS_PER_USER], 1);
    assert_int_equal(stats->refused[LIMIT_HTTP_BODY_BYTES], 1);
    uint64_t all = 0;
    for (enum limit limit = 0; limit < LIMIT_COUNT; limit++) {
        all += stats->refused[limit];
    }
    assert_int_equal(all, 3);
}

static void counts_errors_by_the_word_the_client_reads(void **state) {
    (void)state;
    stats_error(stats, NX_ERR_BAD_JSON, NULL);
    stats_error(stats, -63, NULL);
    stats_error(stats, INT32_MIN, NULL);
    stats_error(stats, NX_ERR_LIMIT, "too_many_connections");
    stats_error(stats, NX_ERR_FORBIDDEN, "poll_closed");
    assert_int_equal(stats->errors, 5);
    assert_int_equal(stats->errors_by[-NX_ERR_BAD_JSON], 1);
    assert_int_equal(stats->errors_by[-NX_ERR_INTERNAL], 2);
    assert_int_equal(stats->errors_by[-NX_ERR_LIMIT], 0);
    assert_int_equal(stats->errors_replaced, 1);
    assert_int_equal(stats->errors_plugin, 1);
}

static void does_not_believe_peers_that_use_our_close_codes(void **state) {
    (void)state;
    stats_closed(stats, CLOSE_SLOW_CONSUMER, false);
    stats_closed(stats, CLOSE_SLOW_CONSUMER, true);
    stats_closed(stats, CLOSE_GOING_AWAY, true);
    stats_closed(stats, 1005, true);
    stats_closed(stats, 1006, true);
    stats_closed(stats, 3999, false);
    stats_closed(stats, 0, false);
    assert_int_equal(stats->closed[STATS_CLOSE_SLOW_CONSUMER], 1);
    assert_int_equal(stats->closed[STATS_CLOSE_GOING_AWAY], 1);
    assert_int_equal(stats->closed[STATS_CLOSE_NO_STATUS], 1);
    assert_int_equal(stats->closed[STATS_CLOSE_LOST], 1);
    assert_int_equal(stats->closed[STATS_CLOSE_OTHER], 3);
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(smooths_rates_over_seconds),
            cmocka_unit_test(divides_by_the_time_that_has_passed),
            cmocka_unit_test(counts_events_by_the_prefix_that_serves_them),
            cmocka_unit_test(counts_events_of_too_many_prefixes_together),
            cmocka_unit_test(takes_no_prefix_for_another),
            cmocka_unit_test(counts_a_time_that_ran_backwards_as_none),
            cmocka_unit_test(forgets_in_its_windows_what_is_two_minutes_old),
            cmocka_unit_test(counts_every_turn_but_the_first),
            cmocka_unit_test(takes_the_limit_from_the_sentence_that_names_it),
            cmocka_unit_test(counts_errors_by_the_word_the_client_reads),
            cmocka_unit_test(does_not_believe_peers_that_use_our_close_codes),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
