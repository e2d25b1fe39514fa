#include "kernel/core/memory.h"

#include <stdio.h>
#include <string.h>

#include <nexus/error.h>

#include "kernel/core/engine.h"
#include "tests/support/cmocka.h"
#include "tests/unit/kernel/core/memory_fixture.h"

static void does_nothing_before_it_runs(void **state) {
    (void)state;
    struct nx_bytes value = {"v", 1};
    void *self = provider->self;
    assert_int_equal(publish("{}"), NX_OK);
    assert_int_equal(provider->history(self, 2, str("room"), 0, 0, 1), NX_OK);
    assert_int_equal(
            provider->put(self, 3, str("s"), str("k"), value, 0, NX_PUT_ANY),
            NX_OK);
    assert_int_equal(provider->get(self, 4, str("s"), str("k")), NX_OK);
    assert_int_equal(provider->remove(self, 5, str("s"), str("k")), NX_OK);
    assert_int_equal(
            provider->scan(self, 6, str("s"), str(NULL), str(NULL), 1), NX_OK);

    assert_int_equal(seen.steps, 0);
    assert_int_equal(stats().queued, 6);
    assert_true(memory_waiting(memory));
    assert_false(memory_run(memory));
    assert_int_equal(seen.answers, 6);
    assert_int_equal(stats().queued, 0);
    assert_false(memory_waiting(memory));
    assert_int_equal(stats().queued_bytes, 0);
    assert_false(memory_run(memory));
    assert_int_equal(seen.answers, 6);
}

static void refuses_requests_that_make_no_sense(void **state) {
    (void)state;
    struct nx_provider_publish bad = request("x");
    bad.room.len = 0;
    assert_int_equal(submit(&bad), NX_ERR_INVALID);
    bad = request("");
    assert_int_equal(submit(&bad), NX_ERR_INVALID);
    bad = request("x");
    bad.flags = 1u << 9;
    assert_int_equal(submit(&bad), NX_ERR_INVALID);
    bad.flags = NX_PUBLISH_EXPECT | NX_PUBLISH_NO_LOG;
    assert_int_equal(submit(&bad), NX_ERR_INVALID);
    bad = request("x");
    bad.memo.len = 3;
    assert_int_equal(submit(&bad), NX_ERR_INVALID);
    void *self = provider->self;
    assert_int_equal(
            provider->history(self, 1, str("r"), 2, 0, 1), NX_ERR_INVALID);
    assert_int_equal(
            provider->history(self, 1, str("r"), 0, 0, 1001), NX_ERR_INVALID);
    assert_int_equal(provider->get(self, 1, str("s"), str("")), NX_ERR_INVALID);
    assert_int_equal(provider->scan(self, 1, str("s"), str(""), str(""), 0),
            NX_ERR_INVALID);
    assert_int_equal(stats().queued, 0);
}

static void refuses_requests_before_it_is_open(void **state) {
    (void)state;
    struct memory_limits limits = {1 << 20, 10, 10};
    struct memory *closed = memory_create(&test_clock, &limits);
    struct nx_provider_publish plain = request("x");
    provider = memory_provider(closed);
    assert_int_equal(submit(&plain), NX_ERR_STATE);
    memory_destroy(closed);
}

static void drops_its_queue_when_it_is_opened_again(void **state) {
    (void)state;
    assert_int_equal(publish("old"), NX_OK);
    assert_int_equal(provider->open(provider->self, &test_sink), NX_OK);
    assert_false(memory_run(memory));
    assert_int_equal(seen.steps, 0);
}

static void refuses_when_too_many_requests_wait(void **state) {
    (void)state;
    for (size_t i = 0; i < MEMORY_QUEUE_REQUESTS; i++) {
        assert_int_equal(publish("x"), NX_OK);
    }
    assert_int_equal(publish("x"), NX_ERR_ENGINE_BUSY);
    assert_true(memory_run(memory));
    assert_int_equal(seen.answers, MEMORY_RUN_MAX);
    assert_int_equal(publish("x"), NX_OK);
    size_t runs = 2;
    while (memory_run(memory)) {
        runs++;
    }
    assert_int_equal(runs, MEMORY_QUEUE_REQUESTS / MEMORY_RUN_MAX + 1);
    assert_int_equal(seen.answers, MEMORY_QUEUE_REQUESTS + 1);
}

static void refuses_when_too_many_bytes_wait(void **state) {
    (void)state;
    static char mebibyte[1 << 20];
    size_t accepted = 0;
    struct nx_bytes value = {mebibyte, sizeof(mebibyte)};
    nx_status status = NX_OK;
    while (status == NX_OK && accepted < 100) {
        status = provider->put(
                provider->self, 1, str("s"), str("k"), value, 0, NX_PUT_ANY);
        accepted += status == NX_OK ? 1 : 0;
    }
    assert_int_equal(status, NX_ERR_ENGINE_BUSY);
    assert_int_equal(accepted, 63);
    assert_true(stats().queued_bytes <= MEMORY_QUEUE_BYTES);
}

static void executes_what_answers_queue_but_not_for_ever(void **state) {
    (void)state;
    seen.publish_more = 10;
    assert_int_equal(publish("x"), NX_OK);
    assert_false(memory_run(memory));
    assert_int_equal(seen.answers, 11);

    seen.publish_more = SIZE_MAX;
    assert_int_equal(publish("x"), NX_OK);
    assert_true(memory_run(memory));
    assert_int_equal(seen.answers, 11 + MEMORY_RUN_MAX);
    seen.publish_more = 0;
}

// --- behind the engine ----------------------------------------------------

static uint32_t told_by_engine;
static struct nx_publish_result engine_result;

static uint32_t engine_deliver(void *ctx, struct nx_str room,
        const struct nx_record *record, uint32_t cls, nx_session_id except) {
    assert_string_equal(record->payload.ptr, "{}");
    return ++told_by_engine;
}

static void engine_done(void *user, const struct nx_publish_result *result) {
    engine_result = *result;
}

static void serves_the_engine(void **state) {
    (void)state;
    struct engine_hooks hooks = {.deliver = engine_deliver};
    struct engine *engine = engine_create(&test_clock, &hooks, 10);
    struct engine_publish request = {
            .owner = &hooks,
            .room = {"room", 4},
            .payload = {"{}", 2},
            .keep_count = 5,
            .done = engine_done,
    };
    told_by_engine = 0;
    assert_int_equal(engine_use(engine, provider), NX_OK);
    assert_string_equal(engine_name(engine), "memory");
    assert_false(engine_durable(engine));

    assert_int_equal(engine_publish(engine, &request), NX_OK);
    assert_int_equal(told_by_engine, 0);
    assert_int_equal(engine_pending(engine, NULL), 1);
    assert_false(memory_run(memory));

    assert_int_equal(engine_result.status, NX_OK);
    assert_int_equal(engine_result.delivered, 1);
    assert_true(engine_result.offset == 1);
    assert_int_equal(engine_pending(engine, NULL), 0);
    engine_destroy(engine);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(does_nothing_before_it_runs),
            TEST(refuses_requests_that_make_no_sense),
            TEST(refuses_requests_before_it_is_open),
            TEST(drops_its_queue_when_it_is_opened_again),
            TEST(refuses_when_too_many_requests_wait),
            TEST(refuses_when_too_many_bytes_wait),
            TEST(executes_what_answers_queue_but_not_for_ever),
            TEST(serves_the_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
