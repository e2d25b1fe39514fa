/*
 * echo - clients that each keep `depth` pings in flight, and how long the
 * answers take.
 *
 * Owner:   the scenario; one at a time, it is too large for a stack
 * Thread:  main
 * Errors:  what cannot be measured ends the program
 */
#ifndef BENCH_LIB_ECHO_H
#define BENCH_LIB_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/lib/args.h"
#include "bench/lib/histogram.h"
#include "bench/lib/stamp.h"
#include "bench/lib/swarm.h"
#include "bench/lib/window.h"

struct echo_place;

struct echo {
    const struct args *args;
    struct swarm swarm;
    struct stamp stamp;
    struct echo_place *places;
    uint64_t place_count;
    struct histogram histogram; // of the last echo_measure
    uint64_t answers;           // in it
    uint64_t unexpected;        // ever
    bool is_stopping;
};

/* Connects all clients and sends their first pings. */
void echo_begin(struct echo *echo, const struct args *args);

/* Serves, for the times that args say: unmeasured, and measured. */
void echo_warm_up(struct echo *echo);
void echo_measure(struct echo *echo, struct window *window);

void echo_end(struct echo *echo);

#endif
