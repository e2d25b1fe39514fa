/*
 * backlog - whole messages of one connection that wait for a later turn.
 *
 * First in, first out, in one buffer. Its owner stops reading as soon as there
 * is one, so it holds what one read brought and no more.
 *
 * Owner:   the connection; NULL for one that has none
 * Thread:  logic
 * Errors:  backlog_add: false without memory, nothing was added
 */
#ifndef KERNEL_NET_BACKLOG_H
#define KERNEL_NET_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

struct backlog;

struct backlog_message {
    const char *data; // borrowed until the next backlog_add
    size_t len;
    bool binary;
    bool packed; // compressed: what waits takes no more memory than it came in
};

struct backlog *backlog_create(void);

// Accepts NULL.
void backlog_destroy(struct backlog *backlog);

bool backlog_add(
        struct backlog *backlog, const struct backlog_message *message);

// Takes the oldest out; false when there is none.
bool backlog_next(struct backlog *backlog, struct backlog_message *message);

bool backlog_empty(const struct backlog *backlog);

#endif
