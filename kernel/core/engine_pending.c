#include "kernel/core/engine_pending.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

bool engine_pending_init(struct engine_pending *pending,
        const struct clock *clock, const struct engine_hooks *hooks,
        size_t max) {
    pending->clock = clock;
    pending->hooks = hooks;
    pending->max = max;
    pending->requests = idmap_create(max);
    return pending->requests != NULL;
}

void engine_pending_finish(struct engine_pending *pending) {
    uint64_t cursor = 0;
    struct engine_request *request = NULL;
    while ((request = idmap_next(pending->requests, &cursor))) {
        free(request);
    }
    idmap_destroy(pending->requests);
    pending->requests = NULL;
}

nx_status engine_pending_add(struct engine_pending *pending,
        const struct engine_request *request, uint64_t *cookie) {
    if (idmap_count(pending->requests) >= pending->max) {
        return NX_ERR_ENGINE_BUSY;
    }
    struct engine_request *copy = malloc(sizeof(*copy));
    if (!copy) {
        return NX_ERR_NO_MEMORY;
    }
    *copy = *request;
    copy->since_ms = clock_now_ms(pending->clock);
    *cookie = idmap_add(pending->requests, copy);
    if (*cookie == 0) {
        free(copy);
        return NX_ERR_NO_MEMORY;
    }
    return NX_OK;
}

struct engine_request *engine_pending_get(
        const struct engine_pending *pending, uint64_t cookie) {
    return idmap_get(pending->requests, cookie);
}

void engine_pending_drop(struct engine_pending *pending, uint64_t cookie) {
    free(idmap_remove(pending->requests, cookie));
}

// Takes the request out of the map, which makes the answer the only one, and
// copies it, so that its end does not matter to the answer.
static struct engine_request take(struct engine_pending *pending,
        uint64_t cookie, enum engine_request_kind kind) {
    struct engine_request *request = idmap_remove(pending->requests, cookie);
    assert(request && request->kind == kind);
    struct engine_request copy = *request;
    free(request);
    return copy;
}

static void enter(const struct engine_pending *pending, void *owner) {
    if (pending->hooks->before) {
        pending->hooks->before(pending->hooks->ctx, owner);
    }
}

static void leave(const struct engine_pending *pending, void *owner) {
    if (pending->hooks->after) {
        pending->hooks->after(pending->hooks->ctx, owner);
    }
}

void engine_pending_published(struct engine_pending *pending, uint64_t cookie,
        const struct nx_publish_result *result) {
    struct engine_request request =
            take(pending, cookie, ENGINE_REQUEST_PUBLISH);
    if (!request.done.published) {
        return;
    }
    struct nx_publish_result complete = *result;
    complete.struct_size = sizeof(complete);
    complete.delivered = request.delivered;
    enter(pending, request.owner);
    request.done.published(request.user, &complete);
    leave(pending, request.owner);
}

void engine_pending_history(struct engine_pending *pending, uint64_t cookie,
        const struct nx_history_result *result) {
    struct engine_request request =
            take(pending, cookie, ENGINE_REQUEST_HISTORY);
    if (request.done.history) {
        enter(pending, request.owner);
        request.done.history(request.user, result);
        leave(pending, request.owner);
    }
}

void engine_pending_fact(struct engine_pending *pending, uint64_t cookie,
        const struct nx_fact_result *result) {
    struct engine_request request = take(pending, cookie, ENGINE_REQUEST_FACT);
    if (request.done.fact) {
        enter(pending, request.owner);
        request.done.fact(request.user, result);
        leave(pending, request.owner);
    }
}

static void fail(struct engine_pending *pending, uint64_t cookie,
        enum engine_request_kind kind, nx_status status) {
    struct nx_publish_result published = {
            .struct_size = sizeof(published), .status = status};
    struct nx_history_result history = {
            .struct_size = sizeof(history), .status = status};
    struct nx_fact_result fact = {
            .struct_size = sizeof(fact), .status = status};
    switch (kind) {
    case ENGINE_REQUEST_PUBLISH:
        engine_pending_published(pending, cookie, &published);
        break;
    case ENGINE_REQUEST_HISTORY:
        engine_pending_history(pending, cookie, &history);
        break;
    case ENGINE_REQUEST_FACT:
        engine_pending_fact(pending, cookie, &fact);
        break;
    }
}

void engine_pending_fail(
        struct engine_pending *pending, const void *link, nx_status status) {
    uint64_t cursor = 0;
    const struct engine_request *request = NULL;
    while ((request = idmap_next(pending->requests, &cursor))) {
        if (request->link == link) {
            fail(pending, cursor, request->kind, status);
        }
    }
}

size_t engine_pending_count(
        const struct engine_pending *pending, const void *owner) {
    if (!owner) {
        return idmap_count(pending->requests);
    }
    size_t count = 0;
    uint64_t cursor = 0;
    const struct engine_request *request = NULL;
    while ((request = idmap_next(pending->requests, &cursor))) {
        count += request->owner == owner ? 1 : 0;
    }
    return count;
}

void engine_pending_cancel(struct engine_pending *pending, const void *owner) {
    uint64_t cursor = 0;
    struct engine_request *request = NULL;
    while ((request = idmap_next(pending->requests, &cursor))) {
        if (request->owner == owner) {
            // It stays, for the class and the exception of its record.
            request->owner = NULL;
            memset(&request->done, 0, sizeof(request->done));
        }
    }
}

int64_t engine_pending_oldest_ms(const struct engine_pending *pending) {
    uint64_t cursor = 0;
    const struct engine_request *request =
            idmap_next(pending->requests, &cursor);
    return request ? clock_now_ms(pending->clock) - request->since_ms : 0;
}
