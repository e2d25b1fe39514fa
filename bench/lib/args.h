/*
 * args - the command line of the generator, checked.
 *
 * Owner:   main; texts point into argv
 * Thread:  main
 * Errors:  prints what is wrong and ends the program
 */
#ifndef BENCH_LIB_ARGS_H
#define BENCH_LIB_ARGS_H

#include <stdbool.h>
#include <stdint.h>

struct args {
    const char *scenario;
    const char *host; // IPv4 address
    const char *path;
    uint64_t port;
    uint64_t connections;
    uint64_t publishers;
    uint64_t watchers;   // that a crowd is told to
    uint64_t depth;      // messages in flight per sender
    uint64_t size;       // bytes of one message
    uint64_t messages;   // stop after so many instead of after seconds
    uint64_t window;     // connections being opened at the same time
    uint64_t server_pid; // 0: not known, no server figures
    double seconds;
    double warmup;
    bool deflate; // offer permessage-deflate
    bool hold;
    bool json;
};

/* scenarios ends with NULL. False: --help was asked for and has been given. */
bool args_read(
        struct args *args, int argc, char **argv, const char *const *scenarios);

#endif
