/*
 * engine - the one way to storage, whoever provides it.
 *
 * Checks every request, remembers who asked, hands it to the provider in use
 * and passes results on: a record to the kernel's fan-out, an answer to the
 * asker. Answers come exactly once and never before the call returns, even
 * from a provider that does not keep its word. Strings are borrowed.
 *
 * Owner:   the kernel; providers stay their makers'
 * Thread:  logic
 * Errors:  nx_status; after an error no answer comes. INVALID, TOO_LARGE,
 *          ENGINE_BUSY (too many wait), ENGINE_UNAVAILABLE (no provider),
 *          NO_MEMORY, and what the provider says
 */
#ifndef KERNEL_CORE_ENGINE_H
#define KERNEL_CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/engine.h>
#include <nexus/provider.h>

#include "kernel/base/clock.h"

#define ENGINE_ROOM_MAX     512
#define ENGINE_SPACE_MAX    128
#define ENGINE_PAYLOAD_MAX  ((size_t)16 << 20)
#define ENGINE_DEDUPE_MAX   256 // bytes of a dedupe key, and of a memo
#define ENGINE_KEY_MAX      512
#define ENGINE_VALUE_MAX    ((size_t)1 << 20)
#define ENGINE_LIMIT_MAX    1000  // records or facts in one answer
#define ENGINE_DEDUPE_TTL_S 86400 // where a dedupe key comes without a ttl

struct engine;

struct engine_hooks {
    void *ctx; // first argument of all of them

    // Gives a record to this node's members of the room, but not to session
    // except (0: to all). Returns how many sessions were sent it. cls is
    // NX_CLASS_. A record from another node has NORMAL and 0.
    uint32_t (*deliver)(void *ctx, struct nx_str room,
            const struct nx_record *record, uint32_t cls, nx_session_id except);

    // The provider in use stopped or began to work. May be NULL.
    void (*health)(void *ctx, bool working, struct nx_str why);

    // Around each answer given to a request of owner. Both may be NULL.
    void (*before)(void *ctx, void *owner);
    void (*after)(void *ctx, void *owner);
};

// One publish. keep_count and keep_age_ms are the rules of the room's kind.
struct engine_publish {
    void *owner; // any pointer that names the asker, not NULL
    struct nx_str room;
    struct nx_str payload;
    uint32_t keep_count;
    uint64_t keep_age_ms;
    const struct nx_publish_opts *opts; // may be NULL
    nx_published_fn done;               // may be NULL
    void *user;
};

struct engine_history {
    void *owner;
    struct nx_str room;
    uint32_t direction; // NX_HISTORY_
    uint32_t limit;     // 0: the position only
    uint64_t offset;
    nx_history_fn done;
    void *user;
};

// Who asks about facts, in which space, and where the answer goes.
struct engine_asker {
    void *owner;
    struct nx_str space; // the plugin's id
    nx_fact_fn done;     // may be NULL for put and remove
    void *user;
};

// hooks are copied. max_pending is at most 2^30. NULL without memory.
struct engine *engine_create(const struct clock *clock,
        const struct engine_hooks *hooks, size_t max_pending);

// Forgets what is pending without an answer. The provider must not call its
// sink any more. Accepts NULL.
void engine_destroy(struct engine *engine);

// Opens the provider and sends it all requests from now on. What the former
// one has not answered is answered ENGINE_UNAVAILABLE, and what it says from
// now on is ignored. The new one knows of no attached room. NULL: none is in
// use any more. On error (VERSION, INVALID, what open says) nothing changes.
nx_status engine_use(
        struct engine *engine, const struct nx_engine_provider_v1 *provider);

nx_status engine_publish(
        struct engine *engine, const struct engine_publish *publish);
nx_status engine_history(
        struct engine *engine, const struct engine_history *history);

nx_status engine_put(struct engine *engine, const struct engine_asker *asker,
        struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
        uint64_t expect_revision);
nx_status engine_get(struct engine *engine, const struct engine_asker *asker,
        struct nx_str key);
nx_status engine_remove(struct engine *engine, const struct engine_asker *asker,
        struct nx_str key);
nx_status engine_scan(struct engine *engine, const struct engine_asker *asker,
        struct nx_str prefix, struct nx_str after, uint32_t limit);

// This node has, or no longer has, members in the room.
void engine_attach(struct engine *engine, struct nx_str room);
void engine_detach(struct engine *engine, struct nx_str room);

// Whether an acknowledged record survives a crash.
bool engine_durable(const struct engine *engine);

// Whether there is a provider, and it says that it works.
bool engine_working(const struct engine *engine);

// The name of the provider in use, "none" without one. Borrowed from it.
const char *engine_name(const struct engine *engine);

// Requests of owner that wait for their answer; NULL: of everybody.
size_t engine_pending(const struct engine *engine, const void *owner);

// How long the request that waits longest has waited, 0 when none does.
int64_t engine_oldest_ms(const struct engine *engine);

// From now on no request of owner is answered. Their records are still
// delivered.
void engine_cancel_owner(struct engine *engine, const void *owner);

#endif
