/*
 * reload_held - HTTP requests that wait until plugins are exchanged.
 *
 * Each is a copy, and the id of its operation, which ends it if the client
 * leaves: limits.pending_requests is the ceiling of both.
 *
 * Owner:   struct reload embeds it
 * Thread:  logic
 * Errors:  false without memory
 */
#ifndef KERNEL_CORE_RELOAD_HELD_H
#define KERNEL_CORE_RELOAD_HELD_H

#include <stdbool.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

struct core;
struct http_request;

struct reload_held {
    struct nx_list requests; // struct held_request::link, the oldest first
};

void reload_held_init(struct reload_held *held);

// Forgets them.
void reload_held_finish(struct reload_held *held);

bool reload_held_keep(struct reload_held *held,
        const struct http_request *request, nx_op_id op);

// Serves them as if they had just come.
void reload_held_serve(struct reload_held *held, struct core *core);

#endif
