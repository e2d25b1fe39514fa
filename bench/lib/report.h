/*
 * report - the figures of one run on stdout, for people or as JSON.
 *
 * Names and words are the program's own and need no escaping.
 *
 * Owner:   the scenario
 * Thread:  main
 * Errors:  none
 */
#ifndef BENCH_LIB_REPORT_H
#define BENCH_LIB_REPORT_H

#include <stdbool.h>

#include "bench/lib/histogram.h"

struct report {
    bool json;
    bool has_members;
};

void report_begin(struct report *report, bool json, const char *scenario);
void report_number(struct report *report, const char *name, double value);
void report_flag(struct report *report, const char *name, bool value);
void report_end(struct report *report);

/* p50_us, p90_us, p99_us, p99_9_us and max_us of nanoseconds. */
void report_latency(struct report *report, const struct histogram *histogram);

#endif
