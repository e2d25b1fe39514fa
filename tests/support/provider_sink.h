/*
 * provider_sink - where a provider under test puts its results.
 *
 * Remembers the last of everything, and counts.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 * Errors:  a failed assertion
 */
#ifndef TESTS_SUPPORT_PROVIDER_SINK_H
#define TESTS_SUPPORT_PROVIDER_SINK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <nexus/error.h>
#include <nexus/provider.h>

#include "tests/support/cmocka.h"

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
    char payloads[256]; // of all records, while there is room
    struct nx_publish_result published;
    char memo[64];
    struct nx_history_result history;
    char history_text[512];       // offset:payload of each record
    struct nx_fact_result fact;   // facts are gone when it returned
    uint64_t fact_revision;       // of the first of them
    char facts_text[512];         // key=value of each fact
    size_t accepted;              // requests that are to be answered
    size_t publish_more;          // publishes made from inside published()
    void (*published_more)(void); // after each of those, may be NULL
    int32_t working;              // what health said last, -1: nothing
    char why[256];
};

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
    size_t used = strlen(s->payloads);
    (void)snprintf(s->payloads + used, sizeof(s->payloads) - used, "%.9s ",
            record->payload.ptr);
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
        if (s->published_more) {
            s->published_more();
        }
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
                sizeof(s->history_text) - used, "%s%llu:%.9s", i > 0 ? " " : "",
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
    s->fact_revision = result->count > 0 ? result->facts[0].revision : 0;
    for (size_t i = 0; i < result->count && i < 16; i++) {
        const struct nx_fact *fact = &result->facts[i];
        used += (size_t)snprintf(s->facts_text + used,
                sizeof(s->facts_text) - used, "%s%.15s=%.*s", i > 0 ? " " : "",
                fact->key.ptr, (int)(fact->value.len < 9 ? fact->value.len : 9),
                (const char *)fact->value.ptr);
    }
}

static inline void on_health(void *ctx, int32_t working, struct nx_str why) {
    struct seen *s = ctx;
    s->working = working;
    (void)snprintf(s->why, sizeof(s->why), "%.*s", (int)why.len,
            why.len > 0 ? why.ptr : "");
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

#endif
