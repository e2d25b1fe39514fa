// What the store does when the disk fails, is full, or is somebody else's.

#include "tests/unit/plugins/store/failing_vfs.h"
#include "tests/unit/plugins/store/store_fixture.h"

static int set_up_failing(void **state) {
    failing_vfs_register();
    return set_up(state);
}

static int tear_down_healed(void **state) {
    failing_vfs_heal();
    return tear_down(state);
}

static void await_health(int32_t working) {
    for (size_t i = 0; seen.working != working; i++) {
        assert_true(i < SETTLE_TURNS);
        turn();
    }
}

static void answers_only_after_a_sync(void **state) {
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        int before = atomic_load(&syncs_seen);
        assert_int_equal(run_plain("room", "x"), NX_OK);
        assert_true(atomic_load(&syncs_seen) > before);
    }
    int before = atomic_load(&syncs_seen);
    (void)history("room", NX_HISTORY_AFTER, 0);
    assert_int_equal(atomic_load(&syncs_seen), before);
}

static void commits_together_what_waits_together(void **state) {
    (void)state;
    int before = atomic_load(&syncs_seen);
    for (size_t i = 0; i < 2000; i++) {
        assert_int_equal(publish("x"), NX_OK);
    }
    settle();
    assert_true(seen.published.offset == 2000);
    assert_in_range(atomic_load(&syncs_seen) - before, 1, 200);
}

static size_t told; // records members had seen before

static void expect_nothing_stored(void) {
    assert_int_equal(seen.published.status, NX_ERR_ENGINE_UNAVAILABLE);
    assert_true(seen.published.offset == 0 && seen.published.epoch == 0);
    assert_int_equal(seen.delivered, told);
}

static void fails_what_waits_when_a_sync_fails(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    told = seen.delivered;
    atomic_store(&failing_log_syncs, -1);
    atomic_store(&failing_database_syncs, -1);

    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(publish("lost"), NX_OK);
        settle();
        expect_nothing_stored();
    }

    assert_int_equal(seen.working, 0);
    assert_non_null(strstr(seen.why, "store.db"));
    assert_non_null(strstr(seen.why, "disk I/O error"));
}

static void opens_the_file_again_after_a_failed_sync(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    uint64_t epoch = seen.published.epoch;
    told = seen.delivered;
    atomic_store(&failing_log_syncs, 1);
    assert_int_equal(run_plain("room", "lost"), NX_ERR_ENGINE_UNAVAILABLE);
    expect_nothing_stored();
    await_health(0);

    await_health(1);

    assert_int_equal(run_plain("room", "2"), NX_OK);
    assert_true(seen.published.epoch == epoch);
    assert_true(seen.published.offset == 2);
    restart();
    // Its sync failed, but all of it was in the log ahead.
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:1 2:2");
}

static void never_writes_on_through_a_handle_that_failed(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    int opens = atomic_load(&log_opens_seen);
    int removals = atomic_load(&log_removals_seen);
    atomic_store(&failing_log_syncs, 1);
    atomic_store(&failing_database_syncs, 1); // and the log stays
    assert_int_equal(run_plain("room", "lost"), NX_ERR_ENGINE_UNAVAILABLE);
    await_health(0);
    await_health(1);

    // The file was opened again, and the log ahead, of which nobody knows
    // what is on the disk, was moved into it.
    assert_true(atomic_load(&log_opens_seen) > opens);
    assert_true(atomic_load(&log_removals_seen) > removals);
    assert_int_equal(run_plain("room", "2"), NX_OK);
    restart();
    (void)history("room", NX_HISTORY_AFTER, 0);
    assert_non_null(strstr(seen.history_text, ":2"));
}

static void a_retry_after_a_failure_is_one_message(void **state) {
    (void)state;
    atomic_store(&failing_log_syncs, 1);
    assert_int_equal(run_dedupe("hello", "memo"), NX_ERR_ENGINE_UNAVAILABLE);
    await_health(1);

    assert_int_equal(run_dedupe("hello", "memo"), NX_OK);
    assert_int_equal(run_dedupe("hello", "memo"), NX_OK);

    assert_int_equal(seen.published.duplicate, 1);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:hello");
}

static void keeps_reading_while_the_disk_is_full(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    assert_int_equal(put_if("k", "v", NX_PUT_ANY), NX_OK);
    told = seen.delivered;
    atomic_store(&failing_writes, true);
    assert_int_equal(run_plain("room", "2"), NX_ERR_ENGINE_UNAVAILABLE);
    expect_nothing_stored();
    await_health(0);
    assert_non_null(strstr(seen.why, "full"));

    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:1");
    assert_int_equal(get("k"), NX_OK);
    assert_int_equal(put_if("k", "w", NX_PUT_ANY), NX_ERR_ENGINE_UNAVAILABLE);

    atomic_store(&failing_writes, false);
    await_health(1);
    assert_int_equal(run_plain("room", "2"), NX_OK);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:1 2:2");
}

static void passes_live_events_on_while_nothing_can_be_stored(void **state) {
    (void)state;
    atomic_store(&failing_writes, true);
    assert_int_equal(run_plain("room", "1"), NX_ERR_ENGINE_UNAVAILABLE);
    await_health(0);

    struct nx_provider_publish live = request("typing");
    live.flags = NX_PUBLISH_NO_LOG;
    assert_int_equal(run(&live), NX_OK);
    assert_string_equal(seen.payload, "typing");
}

static void forgets_what_a_failed_transaction_changed(void **state) {
    (void)state;
    assert_int_equal(put_if("k", "v", NX_PUT_ANY), NX_OK);
    uint64_t revision = seen.fact.revision;
    atomic_store(&failing_writes, true);
    assert_int_equal(put_if("k", "w", NX_PUT_ANY), NX_ERR_ENGINE_UNAVAILABLE);
    assert_int_equal(run_plain("new", "1"), NX_ERR_ENGINE_UNAVAILABLE);
    atomic_store(&failing_writes, false);
    await_health(1);

    assert_int_equal(get("k"), NX_OK);
    assert_string_equal(seen.facts_text, "k=v");
    assert_true(seen.fact.revision == revision);
    assert_int_equal(run_plain("new", "2"), NX_OK);
    assert_true(seen.published.offset == 1);
    assert_int_equal(number("SELECT value FROM meta WHERE key = 'rooms'"), 1);
    assert_int_equal(number("SELECT count(*) FROM room"), 1);
}

static void notices_a_failure_while_it_moves_the_log_ahead(void **state) {
    (void)state;
    char payload[3000];
    memset(payload, 'x', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = '\0';
    atomic_store(&failing_database_syncs, 1);
    for (size_t i = 0; i < 200 && seen.working != 0; i++) {
        (void)run_plain("room", payload);
    }
    assert_int_equal(seen.working, 0);
    uint64_t last = (uint64_t)number("SELECT max(seq) FROM record");
    await_health(1);
    assert_int_equal(run_plain("room", "next"), NX_OK);
    assert_true(seen.published.offset == last + 1);
}

static void notices_that_its_file_was_removed(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    uint64_t epoch = seen.published.epoch;
    assert_int_equal(unlink(file_path("store.db")), 0);
    for (size_t i = 0; seen.working != 0; i++) {
        assert_true(i < SETTLE_TURNS);
        (void)run_plain("room", "into the void");
    }
    assert_non_null(strstr(seen.why, "was removed or replaced"));
    await_health(1);
    assert_int_equal(run_plain("room", "1"), NX_OK);
    assert_true(seen.published.epoch != epoch);
    assert_int_equal(number("SELECT count(*) FROM record"), 1);
}

// --- a database locked by somebody else -----------------------------------

static void refuses_more_when_the_queue_is_full(void **state) {
    (void)state;
    sqlite3 *other = open_file();
    execute(other, "BEGIN IMMEDIATE");
    size_t taken = 0;
    nx_status status = NX_OK;
    while (status == NX_OK && taken < 100) {
        status = publish("x");
        taken += status == NX_OK ? 1 : 0;
    }
    assert_int_equal(status, NX_ERR_ENGINE_BUSY);
    assert_int_equal(taken, 8);
    assert_int_equal(seen.answers, 0);

    execute(other, "ROLLBACK");
    (void)sqlite3_close(other);
    settle();
    assert_int_equal(seen.answers, 8);
    assert_true(seen.published.offset == 8);
    assert_int_equal(publish("y"), NX_OK);
    settle();
    assert_int_equal(seen.working, -1);
}

static int set_up_small(void **state) {
    (void)set_up_folder(state);
    set("queue_requests", "8");
    set("busy_timeout_ms", "60000");
    assert_true(try_start());
    return 0;
}

static void fails_after_the_busy_timeout_and_recovers(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    told = seen.delivered;
    sqlite3 *other = open_file();
    execute(other, "BEGIN IMMEDIATE");
    assert_int_equal(run_plain("room", "lost"), NX_ERR_ENGINE_UNAVAILABLE);
    expect_nothing_stored();
    await_health(0);
    assert_non_null(strstr(seen.why, "locked"));
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:1");

    execute(other, "ROLLBACK");
    (void)sqlite3_close(other);
    await_health(1);
    assert_int_equal(run_plain("room", "2"), NX_OK);
    assert_true(seen.published.offset == 2);
}

static int set_up_hasty(void **state) {
    failing_vfs_register();
    (void)set_up_folder(state);
    set("busy_timeout_ms", "20");
    set("wal_pages", "64");
    assert_true(try_start());
    return 0;
}

static void gives_up_a_locked_database_when_it_is_destroyed(void **state) {
    (void)state;
    sqlite3 *other = open_file();
    execute(other, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(publish("x"), NX_OK);
    }
    fake_host_destroy(host);
    make_host();
    (void)sqlite3_close(other);
}

static int set_up_impatient(void **state) {
    (void)set_up_folder(state);
    set("busy_timeout_ms", "60000");
    assert_true(try_start());
    return 0;
}

#define TEST_IN(name, set_up) \
    cmocka_unit_test_setup_teardown(name, set_up, tear_down_healed)
#define TEST(name) TEST_IN(name, set_up_failing)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(answers_only_after_a_sync),
            TEST(commits_together_what_waits_together),
            TEST(fails_what_waits_when_a_sync_fails),
            TEST(opens_the_file_again_after_a_failed_sync),
            TEST(never_writes_on_through_a_handle_that_failed),
            TEST(a_retry_after_a_failure_is_one_message),
            TEST(keeps_reading_while_the_disk_is_full),
            TEST(passes_live_events_on_while_nothing_can_be_stored),
            TEST(forgets_what_a_failed_transaction_changed),
            TEST_IN(notices_a_failure_while_it_moves_the_log_ahead,
                    set_up_hasty),
            TEST(notices_that_its_file_was_removed),
            TEST_IN(refuses_more_when_the_queue_is_full, set_up_small),
            TEST_IN(fails_after_the_busy_timeout_and_recovers, set_up_hasty),
            TEST_IN(gives_up_a_locked_database_when_it_is_destroyed,
                    set_up_impatient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
