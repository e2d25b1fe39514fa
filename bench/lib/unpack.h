/*
 * unpack - compressed messages of the server, decompressed once.
 *
 * A broadcast reaches every client in the same bytes. The latest messages are
 * kept as they came and as they read, so that all receivers but the first cost
 * one memcmp; what none of them is, is decompressed.
 *
 * Owner:   the swarm, which embeds it
 * Thread:  main
 * Errors:  what cannot be decompressed ends the program
 */
#ifndef BENCH_LIB_UNPACK_H
#define BENCH_LIB_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "bench/lib/bytes.h"

enum {
    UNPACK_SLOTS = 1024
};

struct unpack_slot {
    struct bytes packed;
    struct bytes text;
};

struct unpack {
    struct unpack_slot *slots;
    void *stream; // of zlib; NULL until the first message
};

void unpack_init(struct unpack *unpack);
void unpack_finish(struct unpack *unpack);

/* The text of a message, borrowed until the next call. */
const char *unpack_text(struct unpack *unpack, const uint8_t *packed,
        size_t length, size_t *text_length);

#endif
