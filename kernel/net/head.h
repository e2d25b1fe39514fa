/*
 * head - method, target and headers of one HTTP request, copied.
 *
 * libwebsockets forgets a request's headers when it pleases, so what core may
 * ask for is copied into one buffer at the start. Only the headers listed
 * here are kept. Every string is followed by a NUL.
 *
 * Owner:   whoever embeds it; head_finish frees the memory
 * Thread:  logic
 * Errors:  enum head_result; after an error only head_finish may follow
 */
#ifndef KERNEL_NET_HEAD_H
#define KERNEL_NET_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>

// Bytes of the encoded query; also the ceiling for the path.
#define HEAD_QUERY_MAX 2048

struct lws;

enum head_result {
    HEAD_OK,
    HEAD_TOO_LONG,  // path or query
    HEAD_MALFORMED, // no method we know, or no HTTP version
    HEAD_NO_MEMORY,
};

// X(NAME, name, libwebsockets' token; NONE: asked for by name)
#define HEAD_FIELDS_TABLE(X) \
    X(AUTHORIZATION, "authorization", HTTP_AUTHORIZATION) \
    X(CONTENT_TYPE, "content-type", HTTP_CONTENT_TYPE) \
    X(CONTENT_LENGTH, "content-length", HTTP_CONTENT_LENGTH) \
    X(TRANSFER_ENCODING, "transfer-encoding", HTTP_TRANSFER_ENCODING) \
    X(CONNECTION, "connection", CONNECTION) \
    X(EXPECT, "expect", HTTP_EXPECT) \
    X(HOST, "host", HOST) \
    X(ACCEPT, "accept", HTTP_ACCEPT) \
    X(ORIGIN, "origin", ORIGIN) \
    X(FORWARDED_FOR, "x-forwarded-for", X_FORWARDED_FOR) \
    X(IDEMPOTENCY_KEY, "idempotency-key", NONE)

enum head_field {
#define HEAD_FIELD_ENUM_(name, text, token) HEAD_##name,
    HEAD_FIELDS_TABLE(HEAD_FIELD_ENUM_)
#undef HEAD_FIELD_ENUM_
    HEAD_FIELDS,
};

// A part of head::text; absent when present is false.
struct head_part {
    size_t start;
    size_t len;
    bool present;
};

struct head {
    struct nx_buf text;
    const char *method; // "GET", a literal; "" when we do not know it
    bool http11;        // else 1.0
    int host_count;     // Host headers
    struct head_part path;
    struct head_part query;
    struct head_part fields[HEAD_FIELDS];
};

// The method of that name, as a literal; NULL when we do not know it.
const char *head_method(struct nx_str name);

// While wsi still has its headers: during the callbacks of the handshake and
// of a new request.
enum head_result head_read(struct head *head, struct lws *wsi);
void head_finish(struct head *head);

// Borrowed until head_finish(). Absent: {NULL, 0}.
struct nx_str head_path(const struct head *head);
struct nx_str head_query(const struct head *head);
struct nx_str head_field(const struct head *head, enum head_field field);
struct nx_str head_field_by_name(const struct head *head, const char *name);

// True when the header is a comma-separated list with that word in it,
// whatever its case.
bool head_field_has(
        const struct head *head, enum head_field field, const char *word);

#endif
