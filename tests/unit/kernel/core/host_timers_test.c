#include "tests/unit/kernel/core/host_fixture.h"

static uint32_t fired;
static int64_t fired_at;

static void on_timer(void *user, nx_timer_id timer) {
    fired++;
    fired_at = probe.sdk.timers->wall_ms(probe.host);
}

static nx_status set_while_starting(void) {
    return probe.sdk.timers->set(probe.host, 50, 0, on_timer, NULL, NULL);
}

static int setup(void **state) {
    fired = 0;
    return probe_setup(state);
}

static void fires_when_time_has_come(void **state) {
    nx_timer_id timer = 0;
    assert_int_equal(
            probe.sdk.timers->set(probe.host, 1000, 0, on_timer, NULL, &timer),
            NX_OK);
    assert_int_not_equal(timer, 0);
    fake_host_advance(probe.fake, 990);
    assert_int_equal(fired, 0);
    fake_host_advance(probe.fake, 10);
    assert_int_equal(fired, 1);
    assert_int_equal(fired_at, FAKE_HOST_START_MS + 1000);
    fake_host_advance(probe.fake, 5000);
    assert_int_equal(fired, 1);
}

static void repeats_until_cancelled(void **state) {
    nx_timer_id timer = 0;
    probe.sdk.timers->set(probe.host, 100, 100, on_timer, NULL, &timer);
    fake_host_advance(probe.fake, 1000);
    assert_int_equal(fired, 10);
    probe.sdk.timers->cancel(probe.host, timer);
    probe.sdk.timers->cancel(probe.host, 0);
    fake_host_advance(probe.fake, 1000);
    assert_int_equal(fired, 10);
}

static void needs_a_function(void **state) {
    assert_int_equal(probe.sdk.timers->set(probe.host, 1, 0, NULL, NULL, NULL),
            NX_ERR_INVALID);
}

static void knows_the_time(void **state) {
    uint64_t before = probe.sdk.timers->now_ms(probe.host);
    fake_host_advance(probe.fake, 1234);
    assert_int_equal(probe.sdk.timers->now_ms(probe.host) - before, 1234);
    assert_int_equal(
            probe.sdk.timers->wall_ms(probe.host), FAKE_HOST_START_MS + 1234);
    assert_int_equal(fake_host_now_ms(probe.fake), FAKE_HOST_START_MS + 1234);
}

static void runs_timers_set_while_starting(void **state) {
    fired = 0;
    probe_load();
    probe.on_start = set_while_starting;
    probe_run();
    fake_host_advance(probe.fake, 100);
    assert_int_equal(fired, 1);
    fake_host_destroy(probe.fake);
}

// A successor writes its own host over that of the fixture.
static const struct nx_host *first;

static nx_status set_while_quiesced(void) {
    return probe.sdk.timers->set(first, 50, 0, on_timer, NULL, NULL);
}

static nx_status refuse(void) {
    return NX_ERR_INTERNAL;
}

static void runs_timers_set_while_quiesced_when_it_is_resumed(void **state) {
    first = probe.host;
    probe.on_quiesce = set_while_quiesced;
    probe.on_start = refuse;
    assert_false(fake_host_reload(probe.fake));
    assert_int_equal(fired, 0);
    probe.host = first;
    fake_host_advance(probe.fake, 100);
    assert_int_equal(fired, 1);
    probe.on_quiesce = NULL;
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(fires_when_time_has_come),
            TEST(repeats_until_cancelled),
            TEST(needs_a_function),
            TEST(knows_the_time),
            cmocka_unit_test(runs_timers_set_while_starting),
            TEST(runs_timers_set_while_quiesced_when_it_is_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
