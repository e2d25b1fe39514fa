/*
 * received - how many bytes have been read from a TCP connection so far.
 *
 * What the kernel counts as arrived, less what still waits in it. Both are
 * asked for again when something arrived in between. A FIN counts as one.
 *
 * Thread:  any
 * Errors:  false: the kernel does not say, or bytes come too fast to tell
 */
#ifndef KERNEL_NET_RECEIVED_H
#define KERNEL_NET_RECEIVED_H

#include <stdbool.h>
#include <stdint.h>

bool received_bytes(int fd, uint64_t *bytes);

#endif
