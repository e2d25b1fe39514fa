/*
 * random - unpredictable bytes from the operating system.
 *
 * For tokens, ids and hash keys. A system that cannot give randomness is not
 * one to serve clients on: the process ends.
 *
 * Thread:  any
 * Errors:  none returned
 */
#ifndef KERNEL_BASE_RANDOM_H
#define KERNEL_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t len);

uint64_t random_u64(void);

// Writes 2 * bytes lower-case hexadecimal digits and a NUL.
void random_hex(char *out, size_t bytes);

#endif
