/*
 * upgrade - the server's half of the WebSocket handshake, for the bare peer.
 *
 * Owner:   nobody
 * Thread:  main
 * Errors:  BAD: no key in the request
 */
#ifndef BENCH_LIB_UPGRADE_H
#define BENCH_LIB_UPGRADE_H

#include <stddef.h>

#include "bench/lib/bytes.h"

enum upgrade_status {
    UPGRADE_INCOMPLETE,
    UPGRADE_DONE,
    UPGRADE_BAD
};

/* Appends the 101 to out; *used is the size of the request. */
enum upgrade_status upgrade_answer(
        struct bytes *out, const char *text, size_t length, size_t *used);

#endif
