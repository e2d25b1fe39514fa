/*
 * inflated - a compressed message made readable, or what is wrong with it.
 *
 * Thread:  logic
 * Errors:  the code to close the connection with, and why
 */
#ifndef KERNEL_NET_INFLATED_H
#define KERNEL_NET_INFLATED_H

#include <stddef.h>
#include <stdint.h>

struct backlog_message;
struct packer;

// Puts what was compressed in place of what came, borrowed until the next
// call. 0, or a close code with *why for the client.
uint16_t inflated_replace(struct packer *packer,
        struct backlog_message *message, size_t limit, const char **why);

#endif
