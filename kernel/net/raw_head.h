/*
 * raw_head - the head of an HTTP/1 request as its bytes came: where it ends,
 * whether it is well-formed, and what libwebsockets is given in its place.
 *
 * RFC 9112 leaves a reader some leniency; here is none, since a proxy in front
 * may have made something else of what is lenient. What is rewritten means
 * the same, without what nobody here asks for and in the only spelling that
 * libwebsockets understands.
 *
 * Thread:  any (pure functions)
 * Errors:  a refusal for the client
 */
#ifndef KERNEL_NET_RAW_HEAD_H
#define KERNEL_NET_RAW_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/net/refusal.h"

struct nx_buf;

// What a rewritten head may be longer than the one that came.
#define RAW_HEAD_GROWTH 64

enum raw_head_state {
    RAW_HEAD_PARTIAL,
    RAW_HEAD_WHOLE,
    RAW_HEAD_WRONG, // no request begins like this
};

// Looks for the end. The bytes before `seen` were looked at before. When it
// is whole, *end is behind its empty line.
enum raw_head_state raw_head_find(
        const char *text, size_t len, size_t seen, size_t *end);

// For bytes that are wrong: what is.
struct refusal raw_head_objection(const char *text, size_t len);

// For bytes without an end that are too many: of what there are too many.
struct refusal raw_head_excess(const char *text, size_t len);

// Whether the answer must have no body.
bool raw_head_is_head(const char *text, size_t len);

// Appends a whole head, as libwebsockets is to read it; *upgrade: it asks for
// a WebSocket. status 0: it did.
struct refusal raw_head_rewrite(
        const char *text, size_t len, struct nx_buf *out, bool *upgrade);

#endif
