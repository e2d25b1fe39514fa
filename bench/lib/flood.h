/*
 * flood - one more client, which sends as fast as the server reads.
 *
 * Its messages are `pong` events, which are handled and not answered: what it
 * costs the generator is hardly more than the copying of bytes.
 *
 * Owner:   the scenario
 * Thread:  main; it sends in a thread of its own
 * Errors:  a refused or closed connection ends the program
 */
#ifndef BENCH_LIB_FLOOD_H
#define BENCH_LIB_FLOOD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "bench/lib/args.h"
#include "bench/lib/conn.h"

struct flood {
    pthread_t thread;
    struct conn conn;
    struct bytes frames; // many, sent over and over
    size_t frame_size;
    atomic_bool is_stopping;
    atomic_uint_least64_t sent; // bytes
};

void flood_begin(struct flood *flood, const struct args *args);
void flood_end(struct flood *flood);

/* How many messages the server's socket has taken so far. */
uint64_t flood_messages(const struct flood *flood);

#endif
