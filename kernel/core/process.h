/*
 * process - what this process takes of the machine.
 *
 * Thread:  any
 * Errors:  none; what the system does not tell is 0
 */
#ifndef KERNEL_CORE_PROCESS_H
#define KERNEL_CORE_PROCESS_H

#include <stdint.h>

struct process_usage {
    uint64_t resident_bytes;
    uint64_t virtual_bytes;
    double cpu_seconds; // user and system, of all threads
    uint64_t open_fds;
    uint64_t max_fds;
};

// A few system calls; before Linux 6.2 also one for every 512 descriptors
// that may be open, a quarter of a millisecond for each thousand that are.
void process_read(struct process_usage *usage);

// The memory in RAM alone: three system calls.
uint64_t process_resident_bytes(void);

// What the machine has, or the container if that is less.
uint64_t process_memory_there(void);

// The CPU time alone: one system call.
double process_cpu_seconds(void);

#endif
