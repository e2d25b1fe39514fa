/*
 * provider_contract - what every provider of the engine must do.
 *
 * The same tests run against memory and against the store; see
 * provider_case.h for what the includer defines. List them with
 * PROVIDER_CONTRACT(TEST), TEST being the includer's macro.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 * Errors:  a failed assertion
 */
#ifndef TESTS_SUPPORT_PROVIDER_CONTRACT_H
#define TESTS_SUPPORT_PROVIDER_CONTRACT_H

#include "tests/support/provider_case.h"

static void delivers_before_it_completes(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "{\"a\":1}"), NX_OK);

    assert_int_equal(seen.deliver_step, 1);
    assert_int_equal(seen.published_step, 2);
    assert_true(seen.tag == 7 && seen.cookie == 1);
    assert_string_equal(seen.payload, "{\"a\":1}");
    assert_true(seen.record.offset == 1 && seen.record.epoch != 0);
    assert_true(seen.record.time_ms == now_ms());
    assert_true(seen.published.offset == 1);
    assert_true(seen.published.epoch == seen.record.epoch);
    assert_true(seen.published.time_ms == now_ms());
    assert_int_equal(seen.published.duplicate, 0);
}

static void appends_without_telling_when_live_only(void **state) {
    (void)state;
    struct nx_provider_publish quiet = request("quiet");
    quiet.flags = NX_PUBLISH_SILENT;

    assert_int_equal(run(&quiet), NX_OK);

    assert_int_equal(seen.delivered, 0);
    assert_true(seen.published.offset == 1);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:quiet");
}

static void tells_without_appending_when_there_is_no_log(void **state) {
    (void)state;
    struct nx_provider_publish live = request("live");
    live.flags = NX_PUBLISH_NO_LOG;
    assert_int_equal(run(&live), NX_OK);
    assert_string_equal(seen.payload, "live");
    live.flags = 0;
    live.keep_count = 0;
    assert_int_equal(run(&live), NX_OK);

    assert_int_equal(seen.delivered, 2);
    assert_true(seen.record.offset == 0 && seen.record.epoch == 0);
    assert_true(seen.published.offset == 0 && seen.published.epoch == 0);
}

static void appends_only_at_the_expected_offset(void **state) {
    (void)state;
    assert_int_equal(run_expect("1", 1), NX_ERR_CONFLICT);
    assert_true(seen.published.offset == 0);
    assert_int_equal(run_expect("1", 0), NX_OK);
    assert_int_equal(run_expect("2", 0), NX_ERR_CONFLICT);
    assert_true(seen.published.offset == 1);
    assert_true(seen.published.epoch == seen.record.epoch);
    assert_int_equal(run_expect("2", 1), NX_OK);
    assert_int_equal(run_expect("3", 3), NX_ERR_CONFLICT);
    assert_int_equal(seen.delivered, 2);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:1 2:2");
}

static void answers_a_repeated_key_with_the_first_result(void **state) {
    (void)state;
    assert_int_equal(run_dedupe("first", "memo 1"), NX_OK);
    struct nx_publish_result first = seen.published;
    assert_int_equal(first.duplicate, 0);
    assert_string_equal(seen.memo, "memo 1");
    assert_int_equal(run_plain("room", "other"), NX_OK);
    advance_ms(9999);

    assert_int_equal(run_dedupe("second", "memo 2"), NX_OK);

    assert_int_equal(seen.published.duplicate, 1);
    assert_true(seen.published.epoch == first.epoch);
    assert_true(seen.published.offset == first.offset);
    assert_true(seen.published.time_ms == first.time_ms);
    assert_string_equal(seen.memo, "memo 1");
    assert_int_equal(seen.delivered, 2);
    assert_string_equal(
            history("room", NX_HISTORY_AFTER, 0), "1:first 2:other");
}

static void forgets_a_key_at_its_ttl(void **state) {
    (void)state;
    assert_int_equal(run_dedupe("first", "memo 1"), NX_OK);
    advance_ms(10000);

    assert_int_equal(run_dedupe("second", "memo 2"), NX_OK);

    assert_int_equal(seen.published.duplicate, 0);
    assert_string_equal(seen.memo, "memo 2");
    assert_true(seen.published.offset == 2);
}

static void prefers_the_first_result_to_a_conflict(void **state) {
    (void)state;
    struct nx_provider_publish publish = request("edit");
    publish.flags = NX_PUBLISH_EXPECT;
    publish.dedupe_key = (struct nx_bytes){"key", 3};
    publish.dedupe_ttl_s = 10;
    assert_int_equal(run(&publish), NX_OK);
    assert_int_equal(run(&publish), NX_OK);
    assert_int_equal(seen.published.duplicate, 1);
}

static void remembers_no_key_of_a_conflict(void **state) {
    (void)state;
    struct nx_provider_publish publish = request("edit");
    publish.flags = NX_PUBLISH_EXPECT;
    publish.expect_offset = 5;
    publish.dedupe_key = (struct nx_bytes){"key", 3};
    publish.dedupe_ttl_s = 10;
    assert_int_equal(run(&publish), NX_ERR_CONFLICT);
    publish.expect_offset = 0;
    assert_int_equal(run(&publish), NX_OK);
    assert_int_equal(seen.published.duplicate, 0);
}

static void reads_a_log_both_ways(void **state) {
    (void)state;
    const char *payloads[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run_plain("room", payloads[i]), NX_OK);
    }
    assert_string_equal(history("room", NX_HISTORY_AFTER, 2), "3:c 4:d");
    assert_string_equal(
            history("room", NX_HISTORY_BEFORE, 0), "4:d 3:c 2:b 1:a");
    assert_string_equal(history("room", NX_HISTORY_BEFORE, 2), "1:a");
    assert_true(seen.history.first == 1 && seen.history.last == 4);
    assert_true(seen.history.epoch == seen.record.epoch);

    assert_int_equal(accepted(provider->history(
                             provider->self, 9, str("room"), 0, 0, 0)),
            NX_OK);
    settle();
    assert_int_equal(seen.history.count, 0);
    assert_true(seen.history.last == 4 && seen.cookie == 9);
}

static void knows_the_epoch_a_log_will_have(void **state) {
    (void)state;
    assert_string_equal(history("nowhere", NX_HISTORY_AFTER, 0), "");
    assert_true(seen.history.epoch != 0 && seen.history.last == 0);
    assert_true(seen.history.first == 0);
    uint64_t promised = seen.history.epoch;

    assert_int_equal(run_plain("nowhere", "{}"), NX_OK);
    assert_true(seen.published.epoch == promised);
}

static void shows_the_end_of_a_log_whose_records_are_too_old(void **state) {
    (void)state;
    struct nx_provider_publish aged = request("old");
    aged.keep_age_ms = 1000;
    assert_int_equal(run(&aged), NX_OK);
    advance_ms(1001);

    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "");
    assert_true(seen.history.first == 0 && seen.history.last == 1);
    assert_true(seen.history.epoch == seen.published.epoch);
}

static void answers_in_the_order_it_was_asked(void **state) {
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(publish("x"), NX_OK);
    }
    // Of a log read in the middle, exactly what was delivered before.
    assert_int_equal(accepted(provider->history(provider->self, 2, str("room"),
                             NX_HISTORY_AFTER, 0, 16)),
            NX_OK);
    struct nx_provider_publish live = request("live");
    live.flags = NX_PUBLISH_NO_LOG;
    assert_int_equal(submit(&live), NX_OK);
    assert_int_equal(publish("y"), NX_OK);
    settle();

    assert_string_equal(seen.history_text, "1:x 2:x 3:x 4:x 5:x");
    assert_string_equal(seen.payloads, "x x x x x live y ");
}

static void remembers_keys_without_a_log(void **state) {
    (void)state;
    struct nx_provider_publish live = request("live");
    live.flags = NX_PUBLISH_NO_LOG;
    live.dedupe_key = (struct nx_bytes){"key", 3};
    live.dedupe_ttl_s = 10;
    assert_int_equal(run(&live), NX_OK);
    assert_int_equal(run(&live), NX_OK);
    assert_int_equal(seen.published.duplicate, 1);
    assert_int_equal(seen.delivered, 1);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "");
    assert_true(seen.history.last == 0);
}

#define PROVIDER_CONTRACT(TEST) \
    TEST(delivers_before_it_completes), \
            TEST(appends_without_telling_when_live_only), \
            TEST(tells_without_appending_when_there_is_no_log), \
            TEST(appends_only_at_the_expected_offset), \
            TEST(answers_a_repeated_key_with_the_first_result), \
            TEST(forgets_a_key_at_its_ttl), \
            TEST(prefers_the_first_result_to_a_conflict), \
            TEST(remembers_no_key_of_a_conflict), TEST(reads_a_log_both_ways), \
            TEST(knows_the_epoch_a_log_will_have), \
            TEST(shows_the_end_of_a_log_whose_records_are_too_old), \
            TEST(answers_in_the_order_it_was_asked), \
            TEST(remembers_keys_without_a_log)

#endif
