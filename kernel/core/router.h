/*
 * router - from a message to the handler that owns its event_type.
 *
 * Parses a message once, checks it against the session's quota and the
 * authentication chain, shows it to observers, calls the owner of the
 * longest prefix, and sees to it that the request gets exactly one answer.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  answered to the client
 */
#ifndef KERNEL_CORE_ROUTER_H
#define KERNEL_CORE_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>

struct core;
struct nx_event;
struct router;
struct session;

#define ROUTER_EMITTED_MAX 1024u // raised events that wait

struct router *router_create(struct core *core);

// Drops raised events. Accepts NULL.
void router_destroy(struct router *router);

// Handles one text message of a session.
void router_receive(struct router *router, struct session *session,
        const char *text, size_t len);

// Queues an event raised by a plugin; consumes the writer. NOT_FOUND, LIMIT,
// NO_MEMORY, or what had failed in the writer.
nx_status router_emit(struct router *router, struct nx_str type,
        struct nx_str user, struct nx_writer *event);

// Delivers the raised events that wait, once; those they raise wait again.
void router_run(struct router *router);

// Whether raised events wait.
bool router_waiting(const struct router *router);

#endif
