/*
 * bytes - a growable run of bytes: what is still to be sent, or a frame of
 * which only the beginning has come.
 *
 * Owner:   whoever embeds it; zeroed memory is an empty one
 * Thread:  main
 * Errors:  out of memory ends the program
 */
#ifndef BENCH_LIB_BYTES_H
#define BENCH_LIB_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t length;
    size_t capacity;
};

/* Room for length more bytes at the end; returns where they go. */
uint8_t *bytes_reserve(struct bytes *bytes, size_t length);

void bytes_append(struct bytes *bytes, const void *data, size_t length);

/* Drops length bytes from the front. */
void bytes_consume(struct bytes *bytes, size_t length);

/* Empty again, memory given back. */
void bytes_finish(struct bytes *bytes);

#endif
