/*
 * buf - growable bytes with a ceiling.
 *
 * Appends either happen whole or not at all. The first one that does not fit
 * sets `failed`, and every later one is refused until nx_buf_clear, so a
 * chain of appends needs one check at its end. While data is not NULL,
 * data[len] is a NUL that len does not count.
 *
 * Owner:   whoever embeds it; nx_buf_finish frees the memory
 * Thread:  that of the owner
 * Errors:  false or NULL at the ceiling and without memory; content unchanged
 */
#ifndef NEXUS_UTIL_BUF_H
#define NEXUS_UTIL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Made with nx_buf_init(); read data and len, write nothing.
struct nx_buf {
    char *data;  // NULL until something was stored
    size_t len;  // bytes stored
    size_t cap;  // bytes that fit without growing
    size_t max;  // cap never exceeds this
    bool failed; // an append was refused since the last clear
};

// Allocates nothing. max is in bytes, at most SIZE_MAX / 2.
void nx_buf_init(struct nx_buf *buf, size_t max);

// Frees the memory. A zeroed or finished buffer is accepted.
void nx_buf_finish(struct nx_buf *buf);

// Forgets content and failure, keeps the memory for the next use.
void nx_buf_clear(struct nx_buf *buf);

// ptr may be NULL when len is 0, and may not point into the buffer.
bool nx_buf_append(struct nx_buf *buf, const void *ptr, size_t len);
bool nx_buf_append_char(struct nx_buf *buf, char c);
bool nx_buf_append_cstr(struct nx_buf *buf, const char *text);

// Decimal digits, without the cost of printf.
bool nx_buf_append_u64(struct nx_buf *buf, uint64_t number);
bool nx_buf_append_i64(struct nx_buf *buf, int64_t number);

// As printf does it.
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
bool nx_buf_appendf(struct nx_buf *buf, const char *format, ...);

// Returns room for n more bytes at data + len, borrowed until the next call
// on the buffer, or NULL. Write there, then say how much with nx_buf_commit.
char *nx_buf_reserve(struct nx_buf *buf, size_t n);

// Adds n bytes, at most those reserved, to the content.
void nx_buf_commit(struct nx_buf *buf, size_t n);

// Gives memory beyond max(keep, len) back when cap is larger than keep.
// Call after a rare large use of a long-lived buffer.
void nx_buf_shrink(struct nx_buf *buf, size_t keep);

// Returns the content, owned by the caller (free), and leaves the buffer
// empty and usable. NULL and *len = 0 when it is empty or has failed.
char *nx_buf_take(struct nx_buf *buf, size_t *len);

#ifdef __cplusplus
}
#endif

#endif
