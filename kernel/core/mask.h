/*
 * mask - JSON for people to read: on one line, and without its secrets.
 *
 * The texts of members that are named like a token or a password, at any
 * depth, become "***". A name that is written with escapes counts as one of
 * them, so that no spelling gets through.
 *
 * Thread:  any (pure functions)
 * Errors:  false when the buffer takes no more; it may end in a piece then
 */
#ifndef KERNEL_CORE_MASK_H
#define KERNEL_CORE_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>

// json is valid JSON.
bool mask_append(struct nx_buf *out, struct nx_str json);

// The most that mask_append makes of so many bytes.
size_t mask_bytes_max(size_t len);

#endif
