/*
 * rest - what the kernel's own REST routes have in common.
 *
 * A route opens the request with the arguments it knows, writes one body, and
 * closes. Arguments nobody knows are named in `warnings` of the body, or
 * refused under protocol.strict.
 *
 * Owner:   the route's function, on its stack
 * Thread:  logic
 * Errors:  answered to the client
 */
#ifndef KERNEL_CORE_REST_H
#define KERNEL_CORE_REST_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/http.h>

#include "kernel/core/fields.h"

struct core;

struct rest {
    struct core *core;
    const struct nx_http_request *request;
    struct fields_unknown unknown; // arguments
};

// known ends with NULL. False: the request was refused and the route is done.
bool rest_open(struct rest *rest, struct core *core,
        const struct nx_http_request *request, const char *const *known);

// The arguments of the query that are not among those known.
void rest_find_unknown(struct core *core, const struct nx_http_request *request,
        const char *const *known, struct fields_unknown *unknown);

// An empty body; NULL without memory, which rest_close() accepts.
struct nx_writer *rest_body(const struct rest *rest);

// Answers 200 with the body, which is consumed. What the route returns.
int32_t rest_close(struct rest *rest, struct nx_writer *body);

// Answers with a problem instead; detail may be NULL. Returns NX_DONE.
int32_t rest_refuse(struct rest *rest, nx_status status, const char *detail);

// ---- routes with a file of their own; user is the core ----

// GET /api/ws/stats
int32_t rest_stats(void *user, const struct nx_http_request *request);

// GET /metrics
int32_t rest_metrics(void *user, const struct nx_http_request *request);

// GET /api/ws/online
int32_t rest_online(void *user, const struct nx_http_request *request);

#endif
