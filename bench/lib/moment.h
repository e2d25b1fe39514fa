/*
 * moment - monotonic nanoseconds, and the CPU time of this process.
 *
 * Owner:   nobody
 * Thread:  any
 * Errors:  none
 */
#ifndef BENCH_LIB_MOMENT_H
#define BENCH_LIB_MOMENT_H

#include <stdint.h>

#define MOMENT_SECOND ((uint64_t)1000000000)

/* Nanoseconds since an arbitrary moment that does not move. */
uint64_t moment_ns(void);

/* Nanoseconds of CPU, user and system, used by this process so far. */
uint64_t moment_cpu_ns(void);

#endif
