/*
 * http_answer - the ways to answer an HTTP request that is an op.
 *
 * Each sends the response through the transport. The op stays, without its
 * link; whoever answered removes it. An op without a link was answered
 * before, and nothing is sent.
 *
 * Thread:  logic
 * Errors:  none; the client is told what can be told
 */
#ifndef KERNEL_CORE_HTTP_ANSWER_H
#define KERNEL_CORE_HTTP_ANSWER_H

#include <stdint.h>

#include <nexus/types.h>

struct core;
struct http_link;
struct op;

// A JSON object; the writer is consumed, NULL means no body. INVALID (also a
// status outside 200 to 599), TOO_LARGE, NO_MEMORY: the writer had failed and
// nothing was sent. GONE: it was answered before.
nx_status http_answer_json(struct core *core, struct op *op,
        uint32_t http_status, struct nx_writer *body);

// Bytes of any type, borrowed; no type and no bytes for no body. A type that
// is no header value is sent as application/octet-stream, a status outside
// 200 to 599 as 500.
void http_answer_bytes(struct core *core, struct op *op, uint32_t http_status,
        const char *content_type, struct nx_bytes body);

// problem+json; an absent detail becomes the text of status.
void http_answer_problem(struct core *core, struct op *op, nx_status status,
        struct nx_str detail);

// problem+json for a request that is not an op. allow is the list of methods
// for NX_ERR_METHOD, else NULL.
void http_answer_refuse(struct core *core, struct http_link *link,
        nx_status status, struct nx_str detail, const char *allow);

#endif
