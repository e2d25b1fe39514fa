/*
 * memory_fixture - a memory provider under test, and a sink that remembers.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 */
#ifndef TESTS_MEMORY_FIXTURE_H
#define TESTS_MEMORY_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include <nexus/error.h>

#include "kernel/core/memory.h"
#include "tests/support/cmocka.h"

// --- a sink that remembers the last of everything -------------------------

struct seen {
    size_t steps; // calls of any kind
    size_t deliver_step;
    size_t published_step;
    size_t delivered;
    size_t answers;
    uint64_t cookie; // of the last answer
    uint64_t tag;
    struct nx_record record;
    char payload[64];
    struct nx_publish_result published;
    char memo[64];
    struct nx_history_result history;
    char history_text[256]; // offset:payload of each record
    struct nx_fact_result fact;
    char facts_text[256]; // key=value of each fact
    size_t publish_more;  // publishes made from inside published()
};

static struct clock test_clock;
static struct memory *memory;
static const struct nx_engine_provider_v1 *provider;
static struct seen seen;

static inline struct nx_str str(const char *text) {
    return (struct nx_str){text, text ? strlen(text) : 0};
}

static inline void on_deliver(void *ctx, struct nx_str room,
        const struct nx_record *record, uint64_t tag) {
    struct seen *s = ctx;
    assert_true(room.len > 0);
    s->deliver_step = ++s->steps;
    s->delivered++;
    s->tag = tag;
    s->record = *record;
    (void)snprintf(s->payload, sizeof(s->payload), "%s", record->payload.ptr);
}

static inline nx_status publish(const char *payload);

static inline void on_published(
        void *ctx, uint64_t cookie, const struct nx_publish_result *result) {
    struct seen *s = ctx;
    s->published_step = ++s->steps;
    s->answers++;
    s->cookie = cookie;
    s->published = *result;
    (void)snprintf(s->memo, sizeof(s->memo), "%.*s", (int)result->memo.len,
            result->memo.len > 0 ? (const char *)result->memo.ptr : "");
    if (s->publish_more > 0) {
        s->publish_more--;
        size_t steps = s->steps;
        assert_int_equal(publish("more"), NX_OK);
        assert_true(memory_run(memory));
        assert_int_equal(s->steps, steps);
    }
}

static inline void on_history(
        void *ctx, uint64_t cookie, const struct nx_history_result *result) {
    struct seen *s = ctx;
    size_t used = 0;
    s->steps++;
    s->answers++;
    s->cookie = cookie;
    s->history = *result;
    s->history_text[0] = '\0';
    for (size_t i = 0; i < result->count && i < 16; i++) {
        const struct nx_record *record = &result->records[i];
        used += (size_t)snprintf(s->history_text + used,
                sizeof(s->history_text) - used, "%s%llu:%s", i > 0 ? " " : "",
                (unsigned long long)record->offset, record->payload.ptr);
        assert_true(record->epoch == result->epoch);
    }
}

static inline void on_fact(
        void *ctx, uint64_t cookie, const struct nx_fact_result *result) {
    struct seen *s = ctx;
    size_t used = 0;
    s->steps++;
    s->answers++;
    s->cookie = cookie;
    s->fact = *result;
    s->facts_text[0] = '\0';
    for (size_t i = 0; i < result->count && i < 16; i++) {
        const struct nx_fact *fact = &result->facts[i];
        used += (size_t)snprintf(s->facts_text + used,
                sizeof(s->facts_text) - used, "%s%s=%.*s", i > 0 ? " " : "",
                fact->key.ptr, (int)fact->value.len,
                (const char *)fact->value.ptr);
    }
}

static inline void on_health(void *ctx, int32_t working, struct nx_str why) {
    (void)ctx;
    (void)working;
    (void)why;
}

static const struct nx_provider_sink test_sink = {
        .struct_size = sizeof(test_sink),
        .ctx = &seen,
        .deliver = on_deliver,
        .published = on_published,
        .history = on_history,
        .fact = on_fact,
        .health = on_health,
};

static inline void create(size_t bytes, size_t logs, size_t facts) {
    struct memory_limits limits = {bytes, logs, facts};
    memory_destroy(memory);
    memory = memory_create(&test_clock, &limits);
    assert_non_null(memory);
    provider = memory_provider(memory);
    assert_int_equal(provider->open(provider->self, &test_sink), NX_OK);
}

static inline int set_up(void **state) {
    (void)state;
    clock_init_fake(&test_clock, 1000000);
    seen = (struct seen){0};
    memory = NULL;
    create(1 << 20, 100, 100);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    memory_destroy(memory);
    return 0;
}

// --- requests -------------------------------------------------------------

static inline struct nx_provider_publish request(const char *payload) {
    return (struct nx_provider_publish){
            .struct_size = sizeof(struct nx_provider_publish),
            .cookie = 1,
            .room = {"room", 4},
            .payload = {payload, strlen(payload)},
            .keep_count = 100,
            .tag = 7,
    };
}

static inline nx_status submit(const struct nx_provider_publish *publish) {
    return provider->publish(provider->self, publish);
}

static inline nx_status publish(const char *payload) {
    struct nx_provider_publish plain = request(payload);
    return submit(&plain);
}

// Queues, runs, and returns the status in the result.
static inline nx_status run(const struct nx_provider_publish *publish) {
    assert_int_equal(submit(publish), NX_OK);
    assert_false(memory_run(memory));
    return seen.published.status;
}

static inline nx_status run_plain(const char *room, const char *payload) {
    struct nx_provider_publish plain = request(payload);
    plain.room = str(room);
    return run(&plain);
}

static inline nx_status run_dedupe(const char *payload, const char *memo) {
    struct nx_provider_publish publish = request(payload);
    publish.dedupe_key = (struct nx_bytes){"key", 3};
    publish.memo = (struct nx_bytes){memo, strlen(memo)};
    publish.dedupe_ttl_s = 10;
    return run(&publish);
}

static inline nx_status run_expect(const char *payload, uint64_t offset) {
    struct nx_provider_publish publish = request(payload);
    publish.flags = NX_PUBLISH_EXPECT;
    publish.expect_offset = offset;
    return run(&publish);
}

static inline const char *history(
        const char *room, uint32_t direction, uint64_t offset) {
    assert_int_equal(provider->history(provider->self, 2, str(room), direction,
                             offset, 16),
            NX_OK);
    assert_false(memory_run(memory));
    assert_int_equal(seen.history.status, NX_OK);
    return seen.history_text;
}

static inline nx_status put_if(
        const char *key, const char *value, uint64_t expect) {
    assert_int_equal(
            provider->put(provider->self, 3, str("s"), str(key),
                    (struct nx_bytes){value, strlen(value)}, 0, expect),
            NX_OK);
    assert_false(memory_run(memory));
    return seen.fact.status;
}

static inline struct memory_stats stats(void) {
    struct memory_stats now;
    memory_stats(memory, &now);
    return now;
}

#endif
