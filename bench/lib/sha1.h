/*
 * sha1 - the digest that the WebSocket handshake asks for.
 *
 * Only here so that the bare peer needs nothing but libc. Not for secrets.
 *
 * Owner:   nobody
 * Thread:  any
 * Errors:  none
 */
#ifndef BENCH_LIB_SHA1_H
#define BENCH_LIB_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA1_SIZE = 20,
    SHA1_INPUT_MAX = 119 // two blocks
};

/* length is at most SHA1_INPUT_MAX. */
void sha1_digest(uint8_t digest[SHA1_SIZE], const void *data, size_t length);

#endif
