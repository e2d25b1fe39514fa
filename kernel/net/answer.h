/*
 * answer - the bytes of an HTTP/1.1 response.
 *
 * Thread:  any (pure functions)
 * Errors:  as nx_buf_append; false leaves a failed buffer
 */
#ifndef KERNEL_NET_ANSWER_H
#define KERNEL_NET_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct http_response;
struct nx_buf;

struct answer {
    const struct http_response *response;
    const char *extra; // header lines, each ending in CRLF, or NULL
    bool close;        // the connection ends after it
    bool no_body;      // answers HEAD: everything but the body
    int64_t wall_ms;   // for the Date header
};

bool answer_append(struct nx_buf *out, const struct answer *answer);

// What a client sees that was refused before core was asked: problem+json
// with one of the wire words of <nexus/error.h>. detail needs no escaping.
bool answer_append_problem(struct nx_buf *out, const struct answer *answer,
        const char *code, const char *detail);

#endif
