/*
 * allocations - how many bytes the program has allocated, to the byte.
 *
 * Stands in front of the allocator of the C library: what that says of itself
 * counts what it keeps for later, which hides a small leak and looks like
 * one. Under a sanitizer its own count is taken.
 *
 * Thread:  any
 * Errors:  none
 */
#ifndef KERNEL_CTL_CHECK_ALLOCATIONS_H
#define KERNEL_CTL_CHECK_ALLOCATIONS_H

#include <stdint.h>

int64_t allocations_bytes(void);

#endif
