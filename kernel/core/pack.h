/*
 * pack - numbers and strings as bytes in a fixed order, for what is stored.
 *
 * Numbers are little-endian; a string has its length, in 4 bytes, in front.
 * Reading moves *bytes forward and never beyond their end.
 *
 * Thread:  any (pure functions)
 * Errors:  writing: in buf->failed; reading: false, *bytes is undefined then
 */
#ifndef KERNEL_CORE_PACK_H
#define KERNEL_CORE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct nx_buf;

void pack_u8(struct nx_buf *buf, uint8_t number);
void pack_u32(struct nx_buf *buf, uint32_t number);
void pack_u64(struct nx_buf *buf, uint64_t number);
void pack_raw(struct nx_buf *buf, const void *ptr, size_t len);
void pack_bytes(struct nx_buf *buf, struct nx_bytes value);
void pack_str(struct nx_buf *buf, struct nx_str text);

bool unpack_u8(struct nx_bytes *bytes, uint8_t *out);
bool unpack_u32(struct nx_bytes *bytes, uint32_t *out);
bool unpack_u64(struct nx_bytes *bytes, uint64_t *out);
bool unpack_raw(struct nx_bytes *bytes, void *out, size_t len);

// What is borrowed from the bytes. A string may not hold a NUL and is not
// followed by one.
bool unpack_bytes(struct nx_bytes *bytes, struct nx_bytes *out);
bool unpack_str(struct nx_bytes *bytes, struct nx_str *out);

#endif
