/*
 * engine_pending - requests to the engine that wait for their one answer.
 *
 * Each is known to the provider by its cookie and to nobody else. Answering
 * takes it out first, so an answer that comes twice finds nothing.
 *
 * Owner:   struct engine embeds it
 * Thread:  logic
 * Errors:  ENGINE_BUSY at the ceiling, NO_MEMORY; nothing was added
 */
#ifndef KERNEL_CORE_ENGINE_PENDING_H
#define KERNEL_CORE_ENGINE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/engine.h>

#include "kernel/base/clock.h"
#include "kernel/base/idmap.h"
#include "kernel/core/engine.h"

enum engine_request_kind {
    ENGINE_REQUEST_PUBLISH,
    ENGINE_REQUEST_HISTORY,
    ENGINE_REQUEST_FACT,
};

struct engine_request {
    enum engine_request_kind kind;
    const void *link; // names the provider that has it
    void *owner;      // NULL once cancelled
    union {
        nx_published_fn published;
        nx_history_fn history;
        nx_fact_fn fact;
    } done; // NULL: nobody wants the answer
    void *user;
    int64_t since_ms;
    bool submitted;       // the provider has returned from the call
    uint32_t cls;         // publish
    uint32_t delivered;   // publish, sessions so far
    nx_session_id except; // publish
};

struct engine_pending {
    const struct clock *clock;
    const struct engine_hooks *hooks;
    struct idmap *requests; // struct engine_request
    size_t max;
};

// hooks and clock are borrowed as long as pending lives. False without memory.
bool engine_pending_init(struct engine_pending *pending,
        const struct clock *clock, const struct engine_hooks *hooks,
        size_t max);

// Forgets all requests without an answer.
void engine_pending_finish(struct engine_pending *pending);

// Adds a copy of the request. The cookie is never 0.
nx_status engine_pending_add(struct engine_pending *pending,
        const struct engine_request *request, uint64_t *cookie);

// The request, or NULL. Borrowed until something is answered.
struct engine_request *engine_pending_get(
        const struct engine_pending *pending, uint64_t cookie);

// Forgets the request without an answer.
void engine_pending_drop(struct engine_pending *pending, uint64_t cookie);

// Give a request its answer; it must exist and be of that kind.
void engine_pending_published(struct engine_pending *pending, uint64_t cookie,
        const struct nx_publish_result *result);
void engine_pending_history(struct engine_pending *pending, uint64_t cookie,
        const struct nx_history_result *result);
void engine_pending_fact(struct engine_pending *pending, uint64_t cookie,
        const struct nx_fact_result *result);

// Answers all requests of that link with a status and nothing else. Those the
// answers add are of another link.
void engine_pending_fail(
        struct engine_pending *pending, const void *link, nx_status status);

// Requests of owner; NULL: all.
size_t engine_pending_count(
        const struct engine_pending *pending, const void *owner);

// Nobody wants the answers to what owner asked any more.
void engine_pending_cancel(struct engine_pending *pending, const void *owner);

// How long the oldest request has waited, 0 without one.
int64_t engine_pending_oldest_ms(const struct engine_pending *pending);

#endif
