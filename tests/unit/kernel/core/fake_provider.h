/*
 * fake_provider - an engine provider that does nothing but remember.
 *
 * The test gives its answers, through the sink that it got.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 */
#ifndef TESTS_FAKE_PROVIDER_H
#define TESTS_FAKE_PROVIDER_H

#include <stdbool.h>
#include <string.h>

#include <nexus/provider.h>

struct fake {
    struct nx_engine_provider_v1 table;
    struct nx_provider_sink sink;
    nx_status open_status;
    nx_status status;    // what requests return
    bool broken;         // says so while it opens
    bool answer_at_once; // breaks its word
    size_t opens;
    size_t requests;
    size_t attached;
    // The last request.
    uint64_t cookie;
    struct nx_provider_publish publish;
    struct nx_str space;
    uint32_t direction;
    uint32_t limit;
    uint64_t offset;
    uint64_t ttl_ms;
    uint64_t expect_revision;
};

static inline nx_status fake_open(
        void *self, const struct nx_provider_sink *sink) {
    struct fake *fake = self;
    fake->opens++;
    if (fake->open_status != NX_OK) {
        return fake->open_status;
    }
    fake->sink = *sink;
    if (fake->broken) {
        sink->health(sink->ctx, 0, (struct nx_str){"broken", 6});
    }
    return NX_OK;
}

static inline nx_status fake_request(struct fake *fake, uint64_t cookie) {
    fake->cookie = cookie;
    fake->requests++;
    return fake->status;
}

static inline nx_status fake_publish(
        void *self, const struct nx_provider_publish *publish) {
    struct fake *fake = self;
    fake->publish = *publish;
    if (fake->answer_at_once) {
        struct nx_publish_result result = {.struct_size = sizeof(result)};
        fake->sink.published(fake->sink.ctx, publish->cookie, &result);
    }
    return fake_request(fake, publish->cookie);
}

static inline nx_status fake_history(void *self, uint64_t cookie,
        struct nx_str room, uint32_t direction, uint64_t offset,
        uint32_t limit) {
    struct fake *fake = self;
    (void)room;
    fake->direction = direction;
    fake->offset = offset;
    fake->limit = limit;
    return fake_request(fake, cookie);
}

// NOLINTNEXTLINE(readability-function-size): the signature is the ABI's
static inline nx_status fake_put(void *self, uint64_t cookie,
        struct nx_str space, struct nx_str key, struct nx_bytes value,
        uint64_t ttl_ms, uint64_t expect_revision) {
    struct fake *fake = self;
    (void)key;
    (void)value;
    fake->space = space;
    fake->ttl_ms = ttl_ms;
    fake->expect_revision = expect_revision;
    return fake_request(fake, cookie);
}

static inline nx_status fake_key(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    struct fake *fake = self;
    (void)key;
    fake->space = space;
    return fake_request(fake, cookie);
}

static inline nx_status fake_scan(void *self, uint64_t cookie,
        struct nx_str space, struct nx_str prefix, struct nx_str after,
        uint32_t limit) {
    struct fake *fake = self;
    (void)prefix;
    (void)after;
    fake->space = space;
    fake->limit = limit;
    return fake_request(fake, cookie);
}

static inline void fake_attach(void *self, struct nx_str room) {
    struct fake *fake = self;
    (void)room;
    fake->attached++;
}

static inline void fake_detach(void *self, struct nx_str room) {
    struct fake *fake = self;
    (void)room;
    fake->attached--;
}

static inline void fake_init(struct fake *fake, const char *name) {
    memset(fake, 0, sizeof(*fake));
    fake->table = (struct nx_engine_provider_v1){
            .struct_size = sizeof(fake->table),
            .version = NX_SERVICE_ENGINE_VERSION,
            .self = fake,
            .name = name,
            .open = fake_open,
            .publish = fake_publish,
            .history = fake_history,
            .put = fake_put,
            .get = fake_key,
            .remove = fake_key,
            .scan = fake_scan,
            .attach = fake_attach,
            .detach = fake_detach,
    };
}

#endif
