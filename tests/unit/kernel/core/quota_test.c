#include "kernel/core/quota.h"

#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static const struct quota_limits messages = {.messages_per_second = 10,
        .burst = 3,
        .violations = 3};
static const struct quota_limits bytes = {.bytes_per_second = 1000};

static struct quota full(const struct quota_limits *limits) {
    struct quota quota;
    quota_init(&quota, limits, 0);
    return quota;
}

// How many messages of len bytes are accepted at this time.
static int take_all(struct quota *quota, const struct quota_limits *limits,
        size_t len, int64_t now_ms) {
    int taken = 0;
    while (taken < 100000 && quota_take(quota, limits, len, now_ms) == 0) {
        taken++;
    }
    return taken;
}

static void takes_a_burst_and_then_the_rate(void **state) {
    (void)state;
    struct quota quota = full(&messages);

    assert_int_equal(take_all(&quota, &messages, 1, 0), 3);
    assert_int_equal(take_all(&quota, &messages, 1, 100), 1);
    assert_int_equal(take_all(&quota, &messages, 1, 350), 2);
    assert_int_equal(take_all(&quota, &messages, 1, 400), 1);
}

static void never_saves_more_than_a_burst(void **state) {
    (void)state;
    struct quota quota = full(&messages);
    take_all(&quota, &messages, 1, 0);

    assert_int_equal(
            take_all(&quota, &messages, 1, INT64_C(1000) * 86400 * 365), 3);
}

static void says_how_long_to_wait(void **state) {
    (void)state;
    struct quota quota = full(&messages);
    take_all(&quota, &messages, 1, 0);

    assert_int_equal(quota_take(&quota, &messages, 1, 30), 70);
    assert_int_equal(quota_take(&quota, &messages, 1, 99), 1);
    assert_int_equal(quota_take(&quota, &messages, 1, 100), 0);

    quota = full(&bytes);
    assert_int_equal(quota_take(&quota, &bytes, 3900, 0), 0);
    assert_int_equal(quota_take(&quota, &bytes, 600, 0), 500);
    assert_int_equal(quota_take(&quota, &bytes, 600, 499), 1);
    assert_int_equal(quota_take(&quota, &bytes, 600, 500), 0);
}

static void takes_nothing_from_one_bucket_when_the_other_refuses(void **state) {
    (void)state;
    const struct quota_limits both = {
            .messages_per_second = 1, .burst = 2, .bytes_per_second = 1000};
    struct quota quota = full(&both);

    assert_int_equal(quota_take(&quota, &both, 4000, 0), 0);
    assert_true(quota_take(&quota, &both, 4000, 0) > 0);
    assert_true(quota_take(&quota, &both, 1, 0) > 0);
    assert_int_equal(quota_take(&quota, &both, 1, 1), 0);
}

static void lets_a_message_larger_than_the_bucket_through_once(void **state) {
    (void)state;
    struct quota quota = full(&bytes);

    assert_int_equal(quota_take(&quota, &bytes, 10000, 0), 0);
    assert_int_equal(quota_take(&quota, &bytes, 1, 0), 6001);
    assert_int_equal(quota_take(&quota, &bytes, 1, 6001), 0);
    assert_int_equal(quota_take(&quota, &bytes, 10000, 6001), 4000);
}

// Guards against a bucket that loses what a short time brings.
static void refills_in_many_small_steps_as_in_one(void **state) {
    (void)state;
    const struct quota_limits slow = {.bytes_per_second = 300};
    struct quota quota = full(&slow);
    int taken = take_all(&quota, &slow, 1, 0);

    for (int64_t now = 1; now <= 10000; now++) {
        taken += take_all(&quota, &slow, 1, now);
    }

    assert_int_equal(taken, 4 * 300 + 10 * 300);
}

static void has_no_limit_where_it_is_zero(void **state) {
    (void)state;
    const struct quota_limits nothing = {0};
    struct quota quota = full(&nothing);

    assert_int_equal(take_all(&quota, &nothing, 1 << 20, 0), 100000);
    assert_int_equal(take_all(&quota, &bytes, 1, 0), 0);
    assert_int_equal(take_all(&quota, &bytes, 1, 5), 5);
}

static void calls_many_refusals_in_ten_seconds_abuse(void **state) {
    (void)state;
    struct quota quota = full(&messages);
    take_all(&quota, &messages, 1, 0); // refused once
    assert_false(quota_abused(&quota, &messages));

    quota_take(&quota, &messages, 1, 50);
    assert_false(quota_abused(&quota, &messages));
    quota_take(&quota, &messages, 1, 60);
    assert_true(quota_abused(&quota, &messages));

    struct quota_limits patient = messages;
    patient.violations = 0;
    assert_false(quota_abused(&quota, &patient));
}

static void forgets_refusals_after_ten_seconds(void **state) {
    (void)state;
    struct quota quota = full(&messages);
    for (int64_t now = 0; now < 60000; now += 6000) {
        take_all(&quota, &messages, 1, now);
        assert_false(quota_abused(&quota, &messages));
    }
}

static void ignores_a_clock_that_goes_back(void **state) {
    (void)state;
    struct quota quota = full(&messages);
    assert_int_equal(quota_take(&quota, &messages, 1, 1000), 0);
    assert_int_equal(take_all(&quota, &messages, 1, 0), 2);
    assert_int_equal(take_all(&quota, &messages, 1, 1100), 1);
}

// Over any span of time: no more than a burst and what the rate brings, and
// whoever waits as told is accepted.
static void keeps_its_promise_for_any_traffic(void **state) {
    (void)state;
    uint64_t seed = 1;
    struct quota_limits limits = {
            .messages_per_second = 7, .burst = 5, .bytes_per_second = 999};
    struct quota quota = full(&limits);
    int64_t now = 0;
    int64_t taken = 0;
    int64_t volume = 0;
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)prng_below(&seed, 800);
        now += (int64_t)prng_below(&seed, 300);
        int64_t wait = quota_take(&quota, &limits, len, now);
        if (wait > 0) {
            now += wait;
            assert_int_equal(quota_take(&quota, &limits, 0, now), 0);
        } else {
            volume += (int64_t)len;
        }
        taken++;
        assert_true(taken * 1000 <= INT64_C(5) * 1000 + now * 7);
        assert_true(volume * 1000 <= INT64_C(4) * 999 * 1000 + now * 999);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(takes_a_burst_and_then_the_rate),
            cmocka_unit_test(never_saves_more_than_a_burst),
            cmocka_unit_test(says_how_long_to_wait),
            cmocka_unit_test(
                    takes_nothing_from_one_bucket_when_the_other_refuses),
            cmocka_unit_test(
                    lets_a_message_larger_than_the_bucket_through_once),
            cmocka_unit_test(refills_in_many_small_steps_as_in_one),
            cmocka_unit_test(has_no_limit_where_it_is_zero),
            cmocka_unit_test(calls_many_refusals_in_ten_seconds_abuse),
            cmocka_unit_test(forgets_refusals_after_ten_seconds),
            cmocka_unit_test(ignores_a_clock_that_goes_back),
            cmocka_unit_test(keeps_its_promise_for_any_traffic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
