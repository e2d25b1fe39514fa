/*
 * http_request - what a handler may ask of the request it is given.
 *
 * Decoded values stand in one buffer, each at the place it has in the path or
 * in the query, where it fits because decoding never lengthens. So asking
 * costs no memory, and asking twice gives the same text.
 *
 * Owner:   http.c, for one call of a handler; what is found is borrowed until
 *          that handler returns
 * Thread:  logic
 * Errors:  as said
 */
#ifndef KERNEL_CORE_HTTP_REQUEST_H
#define KERNEL_CORE_HTTP_REQUEST_H

#include <nexus/error.h>
#include <nexus/types.h>

#include "kernel/core/http.h"

#define HTTP_REQUEST_TARGET_MAX 8192 // bytes of path and query, each encoded

// Behind struct nx_http_request::handle.
struct http_request_handle {
    const struct http_request *request;
    const char *pattern; // of the route, which the path matches
    char *text;          // owned
};

// request and pattern are borrowed until http_request_close(). TOO_LARGE,
// BAD_REQUEST (the URL is not properly encoded), NO_MEMORY: only to be closed.
enum nx_err http_request_open(struct http_request_handle *handle,
        const struct http_request *request, const char *pattern);
void http_request_close(struct http_request_handle *handle);

// The functions of "nexus.http". handle is a struct http_request_handle. Each
// is absent when there is none; values of the path and query are decoded and
// end in a NUL.
struct nx_str http_request_param(const void *handle, const char *name);
struct nx_str http_request_query(const void *handle, const char *name);
struct nx_str http_request_header(const void *handle, const char *name);

// The token of an Authorization header "Bearer <token>", absent for anything
// else.
struct nx_str http_request_bearer(struct nx_str authorization);

// The headers a copy keeps; the transport keeps no others for handlers.
#define HTTP_REQUEST_HEADERS(X) \
    X("authorization") \
    X("content-type") \
    X("accept") \
    X("host") \
    X("origin") \
    X("x-forwarded-for") \
    X("idempotency-key")

// A request that outlives http_serve(), while its authentication is decided.
// One block: whoever owns it frees it with free().
struct http_request_copy {
    nx_op_id op;                 // the OP_HTTP that waits for the answer
    struct http_request request; // points into this block
    struct nx_str *headers;      // in the order of the list above
};

// NULL without memory.
struct http_request_copy *http_request_copy(
        const struct http_request *request, nx_op_id op);

#endif
