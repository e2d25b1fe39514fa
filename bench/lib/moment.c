#include "bench/lib/moment.h"

#include <time.h>

static uint64_t read_clock(clockid_t id) {
    struct timespec now = {0};

    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * MOMENT_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t moment_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t moment_cpu_ns(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
