// Retention, ceilings, sweeps, and the life of the instance.

#include "tests/unit/plugins/store/store_fixture.h"

#define SWEEP_MS 10000

static nx_status run_kept(
        const char *room, uint32_t keep_count, uint64_t keep_age_ms) {
    struct nx_provider_publish publish = request("x");
    publish.room = str(room);
    publish.keep_count = keep_count;
    publish.keep_age_ms = keep_age_ms;
    return run(&publish);
}

static int64_t stored(void) {
    return number("SELECT count(*) FROM record");
}

// Advances the clock so that the sweep comes, and waits for it.
static void sweep(int64_t ms) {
    advance_ms(ms);
    assert_int_equal(get("nothing"), NX_ERR_NOT_FOUND);
}

static void deletes_rows_with_the_appends_that_follow(void **state) {
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(run_kept("room", 10, 0), NX_OK);
    }
    assert_true(stored() >= 10 && stored() < 10 + 32);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 195),
            "196:x 197:x 198:x 199:x 200:x");
    assert_true(seen.history.first == 191);
    restart();
    (void)history("room", NX_HISTORY_AFTER, 0);
    assert_true(seen.history.first == 191 && seen.history.count == 10);
}

static void keeps_no_more_after_a_smaller_limit(void **state) {
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(run_kept("room", 100, 0), NX_OK);
    }
    assert_int_equal(run_kept("room", 3, 0), NX_OK);
    assert_string_equal(
            history("room", NX_HISTORY_AFTER, 0), "99:x 100:x 101:x");
    assert_int_equal(stored(), 3);
}

static void deletes_what_is_too_old_without_any_traffic(void **state) {
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(run_kept("aged", 100, 60000), NX_OK);
    }
    assert_int_equal(run_kept("kept", 100, 0), NX_OK);
    uint64_t epoch = seen.published.epoch;
    sweep(SWEEP_MS);
    assert_int_equal(stored(), 6);
    sweep(60000 + SWEEP_MS);
    assert_int_equal(stored(), 1);

    restart();
    assert_int_equal(run_kept("aged", 100, 60000), NX_OK);
    assert_true(seen.published.offset == 6);
    assert_true(seen.published.epoch == epoch);
}

static void deletes_facts_and_keys_past_their_time(void **state) {
    (void)state;
    assert_int_equal(put_for("short", "v", 5000), NX_OK);
    assert_int_equal(put_for("long", "v", 500000), NX_OK);
    assert_int_equal(put_for("ever", "v", 0), NX_OK);
    assert_int_equal(run_dedupe("x", "memo"), NX_OK);
    sweep(20000);

    assert_int_equal(number("SELECT count(*) FROM fact"), 2);
    assert_int_equal(number("SELECT count(*) FROM dedupe"), 0);
    assert_int_equal(number("SELECT value FROM meta WHERE key = 'facts'"), 2);
    assert_int_equal(
            number("SELECT value FROM meta WHERE key = 'dedupe_keys'"), 0);
    sweep(500000);
    assert_int_equal(number("SELECT count(*) FROM fact"), 1);
}

static void revisions_never_come_again(void **state) {
    (void)state;
    assert_int_equal(put_if("k", "v", NX_PUT_ANY), NX_OK);
    uint64_t revision = seen.fact.revision;
    assert_int_equal(remove_key("k"), NX_OK);
    restart();
    assert_int_equal(put_if("k", "v", NX_PUT_NEW), NX_OK);
    assert_true(seen.fact.revision > revision);
}

static void a_lost_file_is_another_epoch(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    uint64_t epoch = seen.published.epoch;
    restart();
    assert_int_equal(run_plain("room", "2"), NX_OK);
    assert_true(seen.published.epoch == epoch);

    fake_host_destroy(host);
    assert_int_equal(unlink(file_path("store.db")), 0);
    make_host();
    assert_true(try_start());
    assert_int_equal(run_plain("room", "1"), NX_OK);
    assert_true(seen.published.epoch != epoch);
    assert_true(seen.published.offset == 1);
}

// --- ceilings -------------------------------------------------------------

static int set_up_tight(void **state) {
    (void)set_up_folder(state);
    set("rooms", "2");
    set("facts", "2");
    set("dedupe_keys", "1000");
    set("rooms_cached", "100");
    assert_true(try_start());
    return 0;
}

static void refuses_more_rooms_than_it_may_have(void **state) {
    (void)state;
    assert_int_equal(run_plain("a", "1"), NX_OK);
    assert_int_equal(run_plain("b", "1"), NX_OK);
    assert_int_equal(run_plain("c", "1"), NX_ERR_LIMIT);
    assert_true(seen.published.offset == 0);
    size_t delivered = seen.delivered;
    assert_int_equal(run_plain("a", "2"), NX_OK);
    assert_int_equal(seen.delivered, delivered + 1);
    restart();
    assert_int_equal(run_plain("c", "1"), NX_ERR_LIMIT);
}

static void refuses_more_facts_than_it_may_have(void **state) {
    (void)state;
    assert_int_equal(put_if("a", "1", NX_PUT_ANY), NX_OK);
    assert_int_equal(put_if("b", "1", NX_PUT_ANY), NX_OK);
    assert_int_equal(put_if("c", "1", NX_PUT_ANY), NX_ERR_LIMIT);
    assert_int_equal(put_if("a", "2", NX_PUT_ANY), NX_OK);
    assert_int_equal(remove_key("b"), NX_OK);
    assert_int_equal(put_if("c", "1", NX_PUT_ANY), NX_OK);
}

static void forgets_the_oldest_keys_at_their_ceiling(void **state) {
    (void)state;
    char key[16];
    for (unsigned i = 0; i < 1500; i++) {
        struct nx_provider_publish publish = request("x");
        (void)snprintf(key, sizeof(key), "%u", i);
        publish.dedupe_key = (struct nx_bytes){key, strlen(key)};
        publish.dedupe_ttl_s = 3600;
        fake_host_advance(host, 1);
        assert_int_equal(submit(&publish), NX_OK);
    }
    settle();
    assert_int_equal(number("SELECT count(*) FROM dedupe"), 1000);
    struct nx_provider_publish last = request("x");
    last.dedupe_key = (struct nx_bytes){"1499", 4};
    assert_int_equal(run(&last), NX_OK);
    assert_int_equal(seen.published.duplicate, 1);
    last.dedupe_key = (struct nx_bytes){"0", 1};
    last.dedupe_ttl_s = 3600;
    assert_int_equal(run(&last), NX_OK);
    assert_int_equal(seen.published.duplicate, 0);
}

static int set_up_many(void **state) {
    (void)set_up_folder(state);
    set("rooms_cached", "100");
    assert_true(try_start());
    return 0;
}

static void serves_more_rooms_than_it_keeps_in_memory(void **state) {
    (void)state;
    char room[16];
    for (unsigned i = 0; i < 1500; i++) {
        struct nx_provider_publish publish = request("x");
        (void)snprintf(room, sizeof(room), "r%u", i % 500);
        publish.room = str(room);
        assert_int_equal(submit(&publish), NX_OK);
    }
    settle();
    for (unsigned i = 0; i < 500; i++) {
        (void)snprintf(room, sizeof(room), "r%u", i);
        assert_string_equal(history(room, NX_HISTORY_AFTER, 0), "1:x 2:x 3:x");
    }
}

// --- large answers --------------------------------------------------------

static void cuts_a_history_that_is_too_large(void **state) {
    (void)state;
    const size_t len = (size_t)12 << 20;
    char *payload = malloc(len + 1);
    memset(payload, 'x', len);
    payload[len] = '\0';
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run_plain("room", payload), NX_OK);
    }
    free(payload);
    assert_int_equal(accepted(provider->history(provider->self, 2, str("room"),
                             NX_HISTORY_AFTER, 0, 10)),
            NX_OK);
    settle();
    assert_int_equal(seen.history.count, 2);
    assert_true(seen.history.last == 4);
    assert_int_equal(put_if("k", "v", NX_PUT_ANY), NX_OK);
}

static void refuses_a_scan_that_is_too_large(void **state) {
    (void)state;
    const size_t len = (size_t)20 << 20;
    char *value = calloc(1, len);
    for (size_t i = 0; i < 3; i++) {
        char key = "abc"[i];
        assert_int_equal(accepted(provider->put(provider->self, 3, str("s"),
                                 (struct nx_str){&key, 1},
                                 (struct nx_bytes){value, len}, 0, NX_PUT_ANY)),
                NX_OK);
    }
    free(value);
    assert_int_equal(accepted(provider->scan(provider->self, 5, str("s"),
                             str(""), str(""), 10)),
            NX_OK);
    settle();
    assert_int_equal(seen.fact.status, NX_ERR_TOO_LARGE);
    assert_int_equal(seen.fact.count, 0);
}

static void keeps_the_memory_of_many_answers_bounded(void **state) {
    (void)state;
    const size_t len = (size_t)12 << 20;
    char *payload = calloc(1, len + 1);
    memset(payload, 'x', len);
    assert_int_equal(run_plain("room", payload), NX_OK);
    free(payload);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(accepted(provider->history(provider->self, i,
                                 str("room"), NX_HISTORY_AFTER, 0, 10)),
                NX_OK);
    }
    settle();
    assert_int_equal(seen.history.count, 1);
    assert_true(seen.cookie == 39);
}

// --- life -----------------------------------------------------------------

static void answers_everything_before_it_stops(void **state) {
    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        assert_int_equal(publish("x"), NX_OK);
    }
    size_t accepted = seen.accepted;
    assert_true(fake_host_restart(host));
    assert_int_equal(seen.answers, accepted);
    assert_true(seen.published.offset == 3000);
    take_provider();
    assert_int_equal(number("SELECT last FROM room WHERE name = 'room'"), 3000);
}

static void survives_a_reload(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    uint64_t epoch = seen.published.epoch;
    assert_true(fake_host_reload(host));
    take_provider();
    assert_int_equal(run_plain("room", "2"), NX_OK);
    assert_true(seen.published.offset == 2 && seen.published.epoch == epoch);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:1 2:2");
}

static void resumes_after_a_reload_that_failed(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "1"), NX_OK);
    sqlite3 *db = open_file();
    // The new instance finds a file it must not touch; the old one, too.
    execute(db, "PRAGMA user_version = 99");
    fake_host_keep_log(host);
    assert_false(fake_host_reload(host));
    assert_true(fake_host_logged(host, "schema version 99"));
    assert_int_equal(run_plain("room", "2"), NX_ERR_ENGINE_UNAVAILABLE);
    execute(db, "PRAGMA user_version = 1");
    (void)sqlite3_close(db);
    for (size_t i = 0; seen.working != 1; i++) {
        assert_true(i < SETTLE_TURNS);
        turn();
    }
    assert_int_equal(run_plain("room", "2"), NX_OK);
    assert_true(seen.published.offset == 2);
}

#define TEST_IN(name, set_up) \
    cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST(name) TEST_IN(name, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(deletes_rows_with_the_appends_that_follow),
            TEST(keeps_no_more_after_a_smaller_limit),
            TEST(deletes_what_is_too_old_without_any_traffic),
            TEST(deletes_facts_and_keys_past_their_time),
            TEST(revisions_never_come_again),
            TEST(a_lost_file_is_another_epoch),
            TEST_IN(refuses_more_rooms_than_it_may_have, set_up_tight),
            TEST_IN(refuses_more_facts_than_it_may_have, set_up_tight),
            TEST_IN(forgets_the_oldest_keys_at_their_ceiling, set_up_tight),
            TEST_IN(serves_more_rooms_than_it_keeps_in_memory, set_up_many),
            TEST(cuts_a_history_that_is_too_large),
            TEST(refuses_a_scan_that_is_too_large),
            TEST(keeps_the_memory_of_many_answers_bounded),
            TEST(answers_everything_before_it_stops),
            TEST(survives_a_reload),
            TEST(resumes_after_a_reload_that_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
