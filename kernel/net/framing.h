/*
 * framing - whether a request has a body, and where it ends.
 *
 * Content-Length only. What leaves a doubt is refused: behind a proxy that
 * reads it differently, the rest would count as another request.
 *
 * Thread:  any (pure functions)
 * Errors:  the flaw, a sentence for the client
 */
#ifndef KERNEL_NET_FRAMING_H
#define KERNEL_NET_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

struct head;

// Returns NULL and *length, 0 without a body; or what is wrong.
const char *framing_read(const struct head *head, size_t *length);

// Whether libwebsockets would look for a body, however malformed its length.
bool framing_expects_body(const struct head *head);

#endif
