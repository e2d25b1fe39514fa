/*
 * http - REST: from a request to the plugin that owns the route, and back.
 *
 * The transport hands over whole requests; the answer leaves through
 * transport respond(), at once or later, exactly once. Bodies must be JSON
 * objects. Errors are problem+json.
 *
 * Thread:  logic
 * Errors:  answered to the client
 */
#ifndef KERNEL_CORE_HTTP_H
#define KERNEL_CORE_HTTP_H

#include <nexus/http.h>
#include <nexus/types.h>

struct core;
struct http_link;

// Borrowed until http_serve() returns.
struct http_request {
    struct nx_str method; // "GET"
    struct nx_str path;   // still encoded, without query
    struct nx_str query;  // still encoded, may be absent
    struct nx_str address;
    struct nx_str body; // absent without one
    // Header by lower-case name; absent when there is none.
    struct nx_str (*header)(void *ctx, const char *name);
    void *ctx;
};

// Handles one request; the response follows through the transport.
void http_serve(struct core *core, struct http_link *link,
        const struct http_request *request);

// Serves a request that had to wait, unless its client has left.
void http_continue(
        struct core *core, nx_op_id id, const struct http_request *request);

// Refuses a request that was not even read whole (413, 405, 400 …).
void http_refuse(struct core *core, struct http_link *link, nx_status status,
        const char *detail);

// The client of a request that waits for its answer has left.
void http_gone(struct core *core, struct http_link *link);

#endif
