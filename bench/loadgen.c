/*
 * loadgen - many WebSocket clients in one process, and what they measured.
 *
 * Raw epoll, one thread, frames built and masked beforehand: it has to be
 * faster than the server. See bench/README.md.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/lib/args.h"
#include "bench/lib/die.h"
#include "bench/lib/proc.h"
#include "bench/lib/scenario.h"

enum {
    OTHER_FILES = 50
}; // kept free for everything but connections

static const struct {
    const char *name;
    void (*run)(const struct args *args);
} scenarios[] = {
        {"durable", durable_run},
        {"echo", echo_run},
        {"fair", fair_run},
        {"fanout", fanout_run},
        {"idle", idle_run},
        {"presence", presence_run},
};

enum {
    SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0])
};

static void check_files(const struct args *args) {
    uint64_t limit = proc_raise_files();

    if (args->connections + OTHER_FILES > limit) {
        die("%u connections need %u open files and the hard limit is %u "
            "(ulimit -Hn)",
                (unsigned)args->connections,
                (unsigned)args->connections + OTHER_FILES, (unsigned)limit);
    }
}

int main(int argc, char **argv) {
    const char *names[SCENARIOS + 1] = {NULL};
    struct args args;

    for (size_t i = 0; i < SCENARIOS; i++) {
        names[i] = scenarios[i].name;
    }
    if (!args_read(&args, argc, argv, names)) {
        return EXIT_SUCCESS;
    }
    check_files(&args);
    for (size_t i = 0; i < SCENARIOS; i++) {
        if (strcmp(scenarios[i].name, args.scenario) == 0) {
            scenarios[i].run(&args);
        }
    }
    return EXIT_SUCCESS;
}
