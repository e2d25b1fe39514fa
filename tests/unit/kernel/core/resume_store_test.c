#include "tests/unit/kernel/core/resume_fixture.h"

// The engine in memory, posing as one that survives: what a restart forgets
// is everything but that.
static struct nx_engine_provider_v1 durable;
static unsigned writes;
static unsigned removes;
static nx_status refuse; // what put() returns instead

// NOLINTNEXTLINE(readability-function-size): the signature is the ABI's
static nx_status count_put(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
        uint64_t expect_revision) {
    if (refuse != NX_OK) {
        return refuse;
    }
    writes++;
    return memory_provider(c.core->memory)
            ->put(self, cookie, space, key, value, ttl_ms, expect_revision);
}

static nx_status count_remove(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    removes++;
    return memory_provider(c.core->memory)->remove(self, cookie, space, key);
}

static void make_durable(void) {
    durable = *memory_provider(c.core->memory);
    durable.durable = 1;
    durable.put = count_put;
    durable.remove = count_remove;
    writes = 0;
    removes = 0;
    refuse = NX_OK;
    assert_int_equal(engine_use(c.core->engine, &durable), NX_OK);
}

static int set_up(void **state) {
    resume_set_up(state);
    make_durable();
    return 0;
}

// Everything but the engine is lost, as if the process had been killed.
static void restart(void) {
    uint64_t cursor = 0;
    struct session *session;
    turns(3);
    while ((session = sessions_next(c.core->sessions, &cursor)) != NULL) {
        session->resume = NULL;
    }
    resume_destroy(c.core->resume);
    c.core->resume = resume_create(c.core);
    assert_non_null(c.core->resume);
    resume_store_load(c.core->resume, 1000);
}

static void survives_a_restart_while_connected(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    const struct nx_bytes data = {"seen", 4};
    assert_int_equal(
            blobs_set(&session_of(alice)->blobs, "probe", "k", data), NX_OK);
    core_case_advance(&c, 1000);
    publish("log:a", 1, 2);
    take(alice);
    pong(alice);
    core_case_advance(&c, 5000); // the proof is written, too
    publish("log:a", 3, 3);
    restart();
    lose(alice);
    assert_int_equal(resume_away(c.core->resume), 1);
    publish("log:a", 4, 4);

    come_back(alice);
    assert_true(is_in(alice, "log:a"));
    assert_string_equal(values(alice, "n"), "3 4");
    struct nx_bytes kept = blobs_get(&session_of(alice)->blobs, "probe", "k");
    assert_int_equal(kept.len, 4);
    client_destroy(alice);
}

static void survives_a_restart_while_away(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 1);
    take(alice);
    pong(alice);
    lose(alice);
    restart();
    publish("log:a", 2, 2);
    come_back(alice);
    assert_string_equal(values(alice, "n"), "2");

    // The window is not longer for it.
    lose(alice);
    core_case_advance(&c, 60000);
    restart();
    core_case_advance(&c, 60100);
    assert_int_equal(resume_away(c.core->resume), 0);
    client_destroy(alice);
}

static void is_gone_after_a_goodbye(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    turns(2);
    lose_with(alice, 1000);
    restart();
    assert_int_equal(resume_away(c.core->resume), 0);
    client_destroy(alice);
}

static void is_gone_when_its_window_has_passed(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    lose(alice);
    core_case_advance(&c, 121000);
    assert_int_equal(removes, 1);
    restart();
    assert_int_equal(resume_away(c.core->resume), 0);
    client_destroy(alice);
}

static void writes_changes_now_and_then(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    turns(2);
    assert_int_equal(writes, 1);
    for (unsigned i = 0; i < 20; i++) {
        char room[16];
        (void)snprintf(room, sizeof(room), "bare:%u", i);
        join(alice, room);
    }
    assert_int_equal(writes, 1);
    assert_int_equal(resume_store_unwritten(c.core->resume), 1);
    core_case_advance(&c, 250);
    turns(2);
    assert_int_equal(writes, 2);
    assert_int_equal(resume_store_unwritten(c.core->resume), 0);
    core_case_advance(&c, 60000);
    turns(2);
    assert_int_equal(writes, 2);
    client_destroy(alice);
}

static void writes_nothing_for_events_but_proofs_now_and_then(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    core_case_advance(&c, 6000);
    turns(2);
    unsigned before = writes;
    for (unsigned n = 1; n <= 100; n++) { // 10 s
        publish("log:a", n, n);
        take(alice);
        if (alice->pings > 0) {
            pong(alice);
        }
        core_case_advance(&c, 100);
    }
    assert_in_range(writes - before, 1, 3);
    client_destroy(alice);
}

static void does_not_write_to_an_engine_that_forgets(void **state) {
    (void)state;
    durable.durable = 0;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    core_case_advance(&c, 121000);
    assert_int_equal(writes + removes, 0);
    client_destroy(alice);
}

static void tries_again_what_storage_did_not_take(void **state) {
    (void)state;
    refuse = NX_ERR_ENGINE_BUSY;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    turns(2);
    assert_int_equal(writes, 0);
    assert_true(c.core->stats->resume_write_errors > 0);
    refuse = NX_OK;
    core_case_advance(&c, 1000);
    turns(2);
    assert_int_equal(writes, 1);
    restart();
    assert_int_equal(resume_away(c.core->resume), 1);
    client_destroy(alice);
}

static void is_idle_when_all_is_written(void **state) {
    (void)state;
    struct client *clients[4];
    for (size_t i = 0; i < 4; i++) {
        clients[i] = client_create("alice");
    }
    turns(2);
    assert_true(resume_store_idle(c.core->resume));
    core_drain(c.core);
    sessions_flush(c.core->sessions);
    for (size_t i = 0; i < 4; i++) {
        session_io_closed(c.core, clients[i]->link.session, 4512);
    }
    assert_false(resume_store_idle(c.core->resume));
    assert_false(core_drained(c.core));
    turns(3);
    assert_true(core_drained(c.core));
    for (size_t i = 0; i < 4; i++) {
        client_destroy(clients[i]);
    }
}

static void drops_what_it_does_not_understand(void **state) {
    (void)state;
    static const struct nx_bytes values[] = {
            {"", 0}, {"\2", 1}, {"\1\0short", 7}};
    const struct engine_asker asker = {
            .owner = c.core, .space = core_case_str("nexus/resume")};
    for (size_t i = 0; i < 3; i++) {
        char key[] = "s-0-0";
        key[4] = (char)('0' + i);
        assert_int_equal(engine_put(c.core->engine, &asker, core_case_str(key),
                                 values[i], 0, NX_PUT_ANY),
                NX_OK);
    }
    struct client *alice = client_create("alice");
    restart();
    assert_int_equal(resume_away(c.core->resume), 1);
    assert_int_equal(removes, 3);
    client_destroy(alice);
}

static void keeps_no_copy_that_is_out_of_date(void **state) {
    (void)state;
    static const char bytes[65536];
    const struct nx_bytes data = {bytes, sizeof(bytes)};
    struct client *alice = client_create("alice");
    turns(2);
    assert_int_equal(writes, 1);
    assert_int_equal(
            blobs_set(&session_of(alice)->blobs, "probe", "k", data), NX_OK);
    resume_changed(session_of(alice));
    core_case_advance(&c, 1000);
    assert_int_equal(removes, 1);
    restart();
    assert_int_equal(resume_away(c.core->resume), 0);
    client_destroy(alice);
}

#define STORE_TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, resume_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            STORE_TEST(survives_a_restart_while_connected),
            STORE_TEST(survives_a_restart_while_away),
            STORE_TEST(is_gone_after_a_goodbye),
            STORE_TEST(is_gone_when_its_window_has_passed),
            STORE_TEST(writes_changes_now_and_then),
            STORE_TEST(writes_nothing_for_events_but_proofs_now_and_then),
            STORE_TEST(does_not_write_to_an_engine_that_forgets),
            STORE_TEST(tries_again_what_storage_did_not_take),
            STORE_TEST(is_idle_when_all_is_written),
            STORE_TEST(drops_what_it_does_not_understand),
            STORE_TEST(keeps_no_copy_that_is_out_of_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
