/*
 * window - the time in which things are counted, and the CPU used in it by
 * the server and by the generator itself.
 *
 * Owner:   the scenario
 * Thread:  main
 * Errors:  a server that is gone ends the program
 */
#ifndef BENCH_LIB_WINDOW_H
#define BENCH_LIB_WINDOW_H

#include <stdint.h>

#include "bench/lib/report.h"

struct window {
    uint64_t server_pid; // 0: unknown
    uint64_t ns;         // start while open, then length
    uint64_t own_ns;     // the same for CPU of the generator
    uint64_t server_us;  // the same for CPU of the server
};

void window_open(struct window *window, uint64_t server_pid);
void window_close(struct window *window);

double window_seconds(const struct window *window);

/* seconds, server_cpu, generator_cpu, generator_bound; us per unit if >0. */
void window_report(const struct window *window, struct report *report,
        const char *unit, uint64_t units);

#endif
