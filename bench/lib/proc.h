/*
 * proc - what the kernel knows of a process: CPU used and memory held.
 *
 * CPU comes from /proc/PID/stat in ticks of 10 ms, all threads included.
 * Memory comes from /proc/PID/smaps_rollup.
 *
 * Owner:   nobody
 * Thread:  main
 * Errors:  false when the process is gone or may not be read
 */
#ifndef BENCH_LIB_PROC_H
#define BENCH_LIB_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_memory {
    uint64_t rss_kb;
    uint64_t private_kb; // Private_Clean + Private_Dirty
};

/* Microseconds of CPU, user and system, that the process has used. */
bool proc_cpu_us(pid_t pid, uint64_t *us);

bool proc_memory(pid_t pid, struct proc_memory *memory);

/* Raises the limit on open files as far as allowed; returns the limit. */
uint64_t proc_raise_files(void);

#endif
