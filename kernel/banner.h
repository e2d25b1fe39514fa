/*
 * banner - the few lines an operator sees when the server is up.
 *
 * Thread:  logic
 * Errors:  none; written to standard error
 */
#ifndef KERNEL_BANNER_H
#define KERNEL_BANNER_H

struct core;
struct listeners;

// Says where the server is, what it serves and what to try. Only in text
// logs at level info or below.
void banner_write(const struct core *core, const struct listeners *listeners);

#endif
