/*
 * refusal - an HTTP answer that says no, in problem+json, and ends the
 * connection.
 *
 * For what is refused before core is asked; counted as an answered request.
 *
 * Owner:   plain data; the texts are literals
 * Thread:  logic
 * Errors:  false: out of memory, the buffer is failed
 */
#ifndef KERNEL_NET_REFUSAL_H
#define KERNEL_NET_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>

struct core;
struct nx_buf;

#define REFUSAL_MAX ((size_t)2048) // bytes of any of them

struct refusal {
    uint32_t status;    // 0: none
    const char *code;   // a wire word of <nexus/error.h>
    const char *detail; // needs no escaping
    const char *extra;  // header lines, each with its CRLF, or NULL
};

// One with the status and the word of an error.
struct refusal refusal_of(nx_status status, const char *detail);

// no_body: answers HEAD.
bool refusal_append(const struct refusal *refusal, const struct core *core,
        bool no_body, struct nx_buf *out);

// Writes it to a socket as far as that takes it at once, which is whole for
// any that nothing was written to before.
void refusal_send(const struct refusal *refusal, const struct core *core,
        bool no_body, int fd);

#endif
