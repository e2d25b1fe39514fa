/*
 * settle - the memory of the server when it has stopped changing: the same
 * RSS, within 64 KB, in five samples a tenth of a second apart.
 *
 * Owner:   nobody
 * Thread:  main
 * Errors:  a server that is gone ends the program
 */
#ifndef BENCH_LIB_SETTLE_H
#define BENCH_LIB_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/lib/proc.h"
#include "bench/lib/swarm.h"

/* Serves the swarm meanwhile. False: it still changed after 15 s. */
bool settle_memory(
        struct swarm *swarm, uint64_t server_pid, struct proc_memory *memory);

#endif
