/*
 * scenario - the things that the generator can measure.
 *
 * Each runs from the first connection to the last and prints its report.
 *
 * Owner:   nobody
 * Thread:  main
 * Errors:  what cannot be measured ends the program
 */
#ifndef BENCH_LIB_SCENARIO_H
#define BENCH_LIB_SCENARIO_H

#include "bench/lib/args.h"

void durable_run(const struct args *args);
void echo_run(const struct args *args);
void fanout_run(const struct args *args);
void fair_run(const struct args *args);
void idle_run(const struct args *args);
void presence_run(const struct args *args);

#endif
