/*
 * raw_text - text made where nothing may be trusted: in a signal handler.
 *
 * A fixed buffer and functions that neither allocate, nor lock, nor look at
 * the locale. What does not fit is left out, and the text ends in "...".
 *
 * Owner:   the caller, in memory that was there before
 * Thread:  any, and signal handlers
 * Errors:  none
 */
#ifndef KERNEL_BASE_RAW_TEXT_H
#define KERNEL_BASE_RAW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAW_TEXT_MAX ((size_t)16384)

struct raw_text {
    size_t len;
    size_t sent; // bytes that raw_text_send() has written
    char data[RAW_TEXT_MAX];
};

void raw_text_clear(struct raw_text *text);

void raw_text_put(struct raw_text *text, const char *string);

// Up to len bytes or a NUL; whatever could end or fake a line becomes '?'.
void raw_text_put_clean(struct raw_text *text, const char *bytes, size_t len);

void raw_text_put_u64(struct raw_text *text, uint64_t number);
void raw_text_put_i64(struct raw_text *text, int64_t number);
void raw_text_put_hex(struct raw_text *text, uint64_t number); // no 0x

// Seconds with three digits behind the point.
void raw_text_put_seconds(struct raw_text *text, int64_t ns);

// Writes what was added since the last time, as far as the file takes it; who
// reads a pipe or socket is waited for a second at most.
void raw_text_send(struct raw_text *text, int fd);

#endif
