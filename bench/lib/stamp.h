/*
 * stamp - a client frame built and masked once; only its numbers change.
 *
 * The message is {<fields>,"n":<counter>,"t":<time>,"pad":"…"}, the padding words. Counter and
 * time have a fixed number of digits, so a copy is one memcpy and the digits.
 *
 * Owner:   the scenario that embeds it
 * Thread:  main
 * Errors:  a size too small for the fields ends the program
 */
#ifndef BENCH_LIB_STAMP_H
#define BENCH_LIB_STAMP_H

#include <stddef.h>
#include <stdint.h>

#include "bench/lib/bytes.h"

/* Counters start here so that all have 13 digits, and stay below 2^53. */
#define STAMP_FIRST ((uint64_t)1000000000000)

struct stamp {
    struct bytes frame;
    size_t head;
    size_t n_at; // of the digits, inside the payload
    size_t t_at;
    uint64_t epoch; // moment_ns() that counts as time 0
};

/* fields: JSON members without braces. size: bytes of the whole message. */
void stamp_init(struct stamp *stamp, const char *fields, size_t size);
void stamp_finish(struct stamp *stamp);

/* Appends one frame with this counter and time (moment_ns) to out. */
void stamp_print(
        struct stamp *stamp, uint64_t n, uint64_t ns, struct bytes *out);

#endif
