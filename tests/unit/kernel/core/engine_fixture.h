/*
 * engine_fixture - an engine under test, on a provider that is a fake.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 */
#ifndef TESTS_ENGINE_FIXTURE_H
#define TESTS_ENGINE_FIXTURE_H

#include <string.h>

#include <nexus/error.h>

#include "kernel/core/engine.h"
#include "tests/support/cmocka.h"
#include "tests/unit/kernel/core/fake_provider.h"

static struct clock test_clock;
static struct engine *engine;
static struct fake fake;
static struct fake other;

// Names of two askers.
static char alice = 'a';
static char bob = 'b';

// What the hooks and answers saw.
static struct {
    uint32_t delivered;
    uint32_t cls;
    nx_session_id except;
    uint32_t members;           // what deliver returns
    const void *during_deliver; // cancels this owner meanwhile
    const void *inside;         // the owner between before and after
    size_t befores;
    size_t healths;
    bool working;
    size_t answers;
    const void *answered_inside;
    void *user;
    struct nx_publish_result published;
    struct nx_history_result history;
    struct nx_fact_result fact;
    bool ask_again; // publish from inside the answer
    nx_status asked_again;
} seen;

static inline struct nx_str str(const char *text) {
    return (struct nx_str){text, text ? strlen(text) : 0};
}

static inline uint32_t on_deliver(void *ctx, struct nx_str room,
        const struct nx_record *record, uint32_t cls, nx_session_id except) {
    (void)record;
    assert_ptr_equal(ctx, &seen);
    assert_memory_equal(room.ptr, "room", 4);
    seen.delivered++;
    seen.cls = cls;
    seen.except = except;
    if (seen.during_deliver) {
        engine_cancel_owner(engine, seen.during_deliver);
    }
    return seen.members;
}

static inline void on_health(void *ctx, bool working, struct nx_str why) {
    (void)ctx;
    (void)why;
    seen.healths++;
    seen.working = working;
}

static inline void on_before(void *ctx, void *owner) {
    (void)ctx;
    assert_null(seen.inside);
    seen.inside = owner;
    seen.befores++;
}

static inline void on_after(void *ctx, void *owner) {
    (void)ctx;
    assert_ptr_equal(seen.inside, owner);
    seen.inside = NULL;
}

static inline nx_status publish_as(char *owner, struct nx_publish_opts *opts);

static inline void on_published(
        void *user, const struct nx_publish_result *result) {
    seen.answers++;
    seen.answered_inside = seen.inside;
    seen.user = user;
    seen.published = *result;
    if (seen.ask_again) {
        seen.ask_again = false;
        seen.asked_again = publish_as(&bob, NULL);
    }
}

static inline void on_history(
        void *user, const struct nx_history_result *result) {
    seen.answers++;
    seen.answered_inside = seen.inside;
    seen.user = user;
    seen.history = *result;
}

static inline void on_fact(void *user, const struct nx_fact_result *result) {
    seen.answers++;
    seen.answered_inside = seen.inside;
    seen.user = user;
    seen.fact = *result;
}

static inline int set_up(void **state) {
    (void)state;
    const struct engine_hooks hooks = {
            .ctx = &seen,
            .deliver = on_deliver,
            .health = on_health,
            .before = on_before,
            .after = on_after,
    };
    memset(&seen, 0, sizeof(seen));
    clock_init_fake(&test_clock, 1000);
    fake_init(&fake, "fake");
    fake_init(&other, "other");
    engine = engine_create(&test_clock, &hooks, 4);
    return engine && engine_use(engine, &fake.table) == NX_OK ? 0 : -1;
}

static inline int tear_down(void **state) {
    (void)state;
    engine_destroy(engine);
    return 0;
}

// --- requests and what the provider says to them --------------------------

static inline struct engine_publish publish_request(char *owner) {
    return (struct engine_publish){
            .owner = owner,
            .room = {"room", 4},
            .payload = {"{}", 2},
            .keep_count = 10,
            .keep_age_ms = 20,
            .done = on_published,
            .user = &seen,
    };
}

static inline nx_status publish_as(char *owner, struct nx_publish_opts *opts) {
    struct engine_publish request = publish_request(owner);
    request.opts = opts;
    return engine_publish(engine, &request);
}

static inline struct nx_publish_opts options(void) {
    return (struct nx_publish_opts){
            .struct_size = sizeof(struct nx_publish_opts)};
}

static inline struct engine_history history_request(void) {
    return (struct engine_history){
            .owner = &alice,
            .room = {"room", 4},
            .direction = NX_HISTORY_BEFORE,
            .limit = 5,
            .offset = 9,
            .done = on_history,
            .user = &seen,
    };
}

static inline struct engine_asker asker(void) {
    return (struct engine_asker){
            .owner = &alice,
            .space = {"chat", 4},
            .done = on_fact,
            .user = &seen,
    };
}

static inline void answer_publish(struct fake *from, nx_status status) {
    struct nx_publish_result result = {
            .struct_size = sizeof(result),
            .status = status,
            .epoch = 3,
            .offset = 4,
            .delivered = 99, // not the provider's to say
    };
    from->sink.published(from->sink.ctx, from->cookie, &result);
}

static inline void answer_fact(struct fake *from, uint64_t cookie) {
    struct nx_fact_result result = {
            .struct_size = sizeof(result), .revision = 8};
    from->sink.fact(from->sink.ctx, cookie, &result);
}

static inline void deliver(struct fake *from, uint64_t tag) {
    struct nx_record record = {.struct_size = sizeof(record)};
    from->sink.deliver(from->sink.ctx, str("room"), &record, tag);
}

#endif
