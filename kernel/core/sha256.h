/*
 * sha256 - FIPS 180-4, to recognise a plugin's file.
 *
 * Owner:   whoever embeds it
 * Thread:  that of the owner
 * Errors:  none
 */
#ifndef KERNEL_CORE_SHA256_H
#define KERNEL_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK    64
#define SHA256_SIZE     32
#define SHA256_HEX_SIZE 65 // digits and a NUL

struct sha256 {
    uint32_t state[8];
    uint64_t total; // bytes
    unsigned char block[SHA256_BLOCK];
};

void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const void *data, size_t len);
void sha256_final(struct sha256 *sha, unsigned char out[SHA256_SIZE]);

// Of the whole, as lower-case hexadecimal digits.
void sha256_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE]);

#endif
