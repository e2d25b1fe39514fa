/*
 * packer - messages for and from clients who agreed on permessage-deflate.
 *
 * A frame is compressed once, at the first session that can take it so, and
 * kept with the frame for all others. Small ones, huge ones, those that do not
 * shrink and those beyond a turn's budget of time go out as they are.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  packer_create: NULL without memory; packing never fails, what
 *          cannot be packed stays plain
 */
#ifndef KERNEL_CORE_PACKER_H
#define KERNEL_CORE_PACKER_H

#include <stddef.h>

#include <nexus/types.h>

#include "kernel/base/deflater.h"

struct payload;
struct settings;
struct stats;

// Both are borrowed as long as the packer lives.
struct packer *packer_create(
        const struct settings *settings, struct stats *stats);

// Accepts NULL.
void packer_destroy(struct packer *packer);

// What to queue for a session that can decompress: the packed twin of payload
// or payload itself. Borrowed as long as payload.
struct payload *packer_choose(struct packer *packer, struct payload *payload);

// The message in the body of a packed frame, of at most limit bytes. *out is
// borrowed until the next call.
enum deflater_result packer_unpack(struct packer *packer, struct nx_bytes body,
        size_t limit, struct nx_bytes *out);

// The most bytes that a packed message of limit bytes may have: whoever
// compresses badly makes it longer.
size_t packer_body_max(size_t limit);

// A turn of the loop is over: the next one has its whole budget.
void packer_turn(struct packer *packer);

#endif
