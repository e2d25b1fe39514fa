/*
 * provider_case - a provider under test, and requests to it.
 *
 * The includer makes the provider, sets `provider`, and defines three hooks:
 * settle() until every accepted request has its answer, advance_ms() of the
 * provider's clock, and now_ms() of it.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 * Errors:  a failed assertion
 */
#ifndef TESTS_SUPPORT_PROVIDER_CASE_H
#define TESTS_SUPPORT_PROVIDER_CASE_H

#include "tests/support/provider_sink.h"

static void settle(void);
static void advance_ms(int64_t ms);
static int64_t now_ms(void);

// --- requests -------------------------------------------------------------

// Counts a request that the provider took.
static inline nx_status accepted(nx_status status) {
    seen.accepted += status == NX_OK ? 1 : 0;
    return status;
}

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
    return accepted(provider->publish(provider->self, publish));
}

static inline nx_status publish(const char *payload) {
    struct nx_provider_publish plain = request(payload);
    return submit(&plain);
}

// Queues, runs, and returns the status in the result.
static inline nx_status run(const struct nx_provider_publish *publish) {
    assert_int_equal(submit(publish), NX_OK);
    settle();
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
    assert_int_equal(accepted(provider->history(provider->self, 2, str(room),
                             direction, offset, 16)),
            NX_OK);
    settle();
    assert_int_equal(seen.history.status, NX_OK);
    return seen.history_text;
}

static inline nx_status put_if(
        const char *key, const char *value, uint64_t expect) {
    assert_int_equal(
            accepted(provider->put(provider->self, 3, str("s"), str(key),
                    (struct nx_bytes){value, strlen(value)}, 0, expect)),
            NX_OK);
    settle();
    return seen.fact.status;
}

static inline nx_status put_for(
        const char *key, const char *value, uint64_t ttl_ms) {
    assert_int_equal(accepted(provider->put(provider->self, 3, str("s"),
                             str(key), (struct nx_bytes){value, strlen(value)},
                             ttl_ms, NX_PUT_ANY)),
            NX_OK);
    settle();
    return seen.fact.status;
}

static inline nx_status get(const char *key) {
    assert_int_equal(
            accepted(provider->get(provider->self, 4, str("s"), str(key))),
            NX_OK);
    settle();
    return seen.fact.status;
}

static inline nx_status remove_key(const char *key) {
    assert_int_equal(
            accepted(provider->remove(provider->self, 6, str("s"), str(key))),
            NX_OK);
    settle();
    return seen.fact.status;
}

static inline const char *scan(
        const char *prefix, const char *after, uint32_t limit) {
    assert_int_equal(accepted(provider->scan(provider->self, 5, str("s"),
                             str(prefix), str(after), limit)),
            NX_OK);
    settle();
    assert_int_equal(seen.fact.status, NX_OK);
    return seen.facts_text;
}

#endif
