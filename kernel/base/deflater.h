/*
 * deflater - compresses and decompresses single messages for RFC 7692.
 *
 * Raw deflate, each message by itself: none refers to an earlier one, so one
 * pair of streams serves every connection and no connection has any of its
 * own. The 4 bytes that RFC 7692 has the sender leave out, 00 00 FF FF, are
 * left out and put back here. Streams are made when first used.
 *
 * Owner:   core's packer
 * Thread:  that of the owner
 * Errors:  deflater_create: NULL without memory; else enum deflater_result
 */
#ifndef KERNEL_BASE_DEFLATER_H
#define KERNEL_BASE_DEFLATER_H

#include <stddef.h>

#include <nexus/types.h>

enum deflater_result {
    DEFLATER_OK,
    DEFLATER_FUTILE,   // pack: the result would be no smaller
    DEFLATER_TOO_LONG, // unpack: more than limit bytes come out
    DEFLATER_BROKEN,   // unpack: not deflate, or its end is missing
    DEFLATER_NO_MEMORY,
};

struct deflater;

// level: 1 (fast) to 9 (small); window_bits: 9 to 15, how far back, as a power
// of two, what is packed refers within its message.
struct deflater *deflater_create(int level, int window_bits);

// Accepts NULL.
void deflater_destroy(struct deflater *deflater);

// *out is borrowed until the next deflater_pack().
enum deflater_result deflater_pack(struct deflater *deflater, const void *data,
        size_t len, struct nx_bytes *out);

// Stops at limit bytes, whatever is left. *out is borrowed until the next
// deflater_unpack(), and never NULL when DEFLATER_OK.
enum deflater_result deflater_unpack(struct deflater *deflater,
        const void *data, size_t len, size_t limit, struct nx_bytes *out);

#endif
