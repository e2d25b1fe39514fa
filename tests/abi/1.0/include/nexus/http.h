/*
 * http - REST routes on the server's own listener.
 *
 * A route is a method and a path pattern; "{name}" matches one segment and
 * is percent-decoded. Bodies are JSON objects up to limits.http_body_bytes.
 * Each request gets one answer, at once or later. Errors are RFC 9457
 * problem+json with the same code words as `error` events.
 *
 * Interface: "nexus.http" version 1
 * Thread:    [logic]
 */
#ifndef NEXUS_HTTP_H
#define NEXUS_HTTP_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_HTTP "nexus.http"

// One request; borrowed until the handler returns.
struct nx_http_request {
    uint32_t struct_size;
    uint32_t reserved0;
    nx_op_id op;                // for respond() and problem()
    struct nx_str method;       // "GET"
    struct nx_str path;         // "/api/presence/alice", still encoded
    struct nx_str address;      // of the client
    struct nx_str user;         // whom the authentication named, may be absent
    struct nx_str body;         // absent without one
    const struct nx_json *json; // the body when it is a JSON object
    const void *handle;         // for param(), query(), header()
};

// Returns NX_DONE after respond() or problem(), NX_LATER, or a negative
// status, which becomes a problem answer. [logic] R. Since 1.0.
typedef int32_t (*nx_http_fn)(
        void *user, const struct nx_http_request *request);

struct nx_http_v1 {
    NX_INTERFACE_HEAD;

    // Registers a route, e.g. "GET", "/api/presence/{user_id}". EXISTS when
    // taken. Both are copied. [logic] S. Since 1.0.
    nx_status (*route)(const struct nx_host *host, const char *method,
            const char *pattern, nx_http_fn fn, void *user);

    // Segment named in the pattern; argument of the query; header by lower
    // case name, of which these are kept: authorization, content-type, accept,
    // host, origin, x-forwarded-for, idempotency-key. Absent when there is
    // none. Borrowed until the handler returns. [logic] R. Since 1.0.
    struct nx_str (*param)(
            const struct nx_http_request *request, const char *name);
    struct nx_str (*query)(
            const struct nx_http_request *request, const char *name);
    struct nx_str (*header)(
            const struct nx_http_request *request, const char *name);

    // Checks the names of the query's arguments against a NULL-ended list.
    // Others become `warnings` of the answer; under protocol.strict the
    // request is answered with a problem, and the handler returns the status.
    // UNKNOWN_FIELD. [logic] R. Since 1.0.
    nx_status (*expect_query)(const struct nx_host *host,
            const struct nx_http_request *request, const char *const *known);

    // Answers with a JSON object; consumes the writer, NULL for no body.
    // GONE: the client has left or was answered. [logic] R Q. Since 1.0.
    nx_status (*respond)(const struct nx_host *host, nx_op_id op,
            uint32_t http_status, struct nx_writer *body);

    // Answers with bytes of another type. They are copied. [logic] R Q.
    // Since 1.0.
    nx_status (*respond_bytes)(const struct nx_host *host, nx_op_id op,
            uint32_t http_status, const char *content_type,
            struct nx_bytes body);

    // Answers with problem+json: HTTP status, code and title come from
    // status, detail is the sentence for the caller and may be absent.
    // [logic] R Q. Since 1.0.
    nx_status (*problem)(const struct nx_host *host, nx_op_id op,
            nx_status status, struct nx_str detail);
};

#ifdef __cplusplus
}
#endif

#endif
