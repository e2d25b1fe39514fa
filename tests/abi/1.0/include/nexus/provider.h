/*
 * provider - what stands behind nexus.engine.
 *
 * A storage plugin offers one table as service NX_SERVICE_ENGINE; the server
 * then sends it every engine call instead of using its own memory. Results
 * come back through the sink: completions by the cookie of the request, and
 * records that members must see, each after it is as safe as the provider
 * promises. The server keeps nothing of a request but the cookie.
 *
 * Thread:  calls into the provider are [logic]; sink functions are [logic]
 *          too, a provider's own thread comes back through nexus.jobs post()
 * Errors:  a request that returns an error gets no completion
 */
#ifndef NEXUS_PROVIDER_H
#define NEXUS_PROVIDER_H

#include <nexus/engine.h>
#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// Under which a provider offers its table, see nexus.service.
#define NX_SERVICE_ENGINE         "nexus.engine.provider"
#define NX_SERVICE_ENGINE_VERSION 1u

// One append. Strings and bytes are borrowed for the call.
struct nx_provider_publish {
    uint32_t struct_size;
    uint32_t flags;  // NX_PUBLISH_
    uint64_t cookie; // for published()
    struct nx_str room;
    struct nx_str payload;      // the event, a JSON object
    uint32_t keep_count;        // 0: no log
    uint32_t dedupe_ttl_s;      // seconds that dedupe_key is remembered
    uint64_t keep_age_ms;       // 0: no age limit
    uint64_t expect_offset;     // with NX_PUBLISH_EXPECT
    struct nx_bytes dedupe_key; // absent: none
    struct nx_bytes memo;       // kept with the key
    uint64_t tag;               // handed back to deliver() on this node
};

// Where results go. All pointers passed are borrowed for the call.
struct nx_provider_sink {
    uint32_t struct_size;
    uint32_t reserved0;
    void *ctx; // first argument of all functions

    // A record that this node's members of the room must see, in offset
    // order. tag is that of the publish, 0 when it came from another node.
    // Called before published() of the same record, and before a history()
    // that contains it: who joins behind that history misses and doubles none.
    // [logic] R Q. Since 1.0.
    void (*deliver)(void *ctx, struct nx_str room,
            const struct nx_record *record, uint64_t tag);

    // Completions, each with the cookie of its request. [logic] R Q.
    // Since 1.0.
    void (*published)(
            void *ctx, uint64_t cookie, const struct nx_publish_result *result);
    void (*history)(
            void *ctx, uint64_t cookie, const struct nx_history_result *result);
    void (*fact)(
            void *ctx, uint64_t cookie, const struct nx_fact_result *result);

    // The provider stopped or began to work: readiness follows. why is for
    // the log and the operators. [logic] R Q. Since 1.0.
    void (*health)(void *ctx, int32_t working, struct nx_str why);
};

struct nx_engine_provider_v1 {
    NX_INTERFACE_HEAD;
    void *self;       // first argument of all functions
    const char *name; // "store"
    int32_t durable;  // an acknowledged record survives a crash
    uint32_t reserved0;

    // The server is ready to take results; called once, before any request.
    // [logic] R. Since 1.0.
    nx_status (*open)(void *self, const struct nx_provider_sink *sink);

    // The calls of nexus.engine, their arguments checked; space is the plugin
    // a fact belongs to. [logic] R Q. Since 1.0.
    nx_status (*publish)(void *self, const struct nx_provider_publish *publish);
    nx_status (*history)(void *self, uint64_t cookie, struct nx_str room,
            uint32_t direction, uint64_t offset, uint32_t limit);
    nx_status (*put)(void *self, uint64_t cookie, struct nx_str space,
            struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
            uint64_t expect_revision);
    nx_status (*get)(void *self, uint64_t cookie, struct nx_str space,
            struct nx_str key);
    nx_status (*remove)(void *self, uint64_t cookie, struct nx_str space,
            struct nx_str key);
    nx_status (*scan)(void *self, uint64_t cookie, struct nx_str space,
            struct nx_str prefix, struct nx_str after, uint32_t limit);

    // This node has, or no longer has, members in the room. Each may be NULL.
    // [logic] R Q. Since 1.0.
    void (*attach)(void *self, struct nx_str room);
    void (*detach)(void *self, struct nx_str room);
};

#ifdef __cplusplus
}
#endif

#endif
