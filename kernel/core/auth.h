/*
 * auth - the chain of hooks that decides, and the server's own rule.
 *
 * Asks the hooks of an action in the order of the plugin list; the first
 * verdict that is not DEFER counts. When all defer: CONNECT and HTTP are
 * allowed in auth.mode "dev" only, JOIN for all but private rooms, SEND
 * always. What a plugin at rest for a reload would be asked, or has put off
 * when it is replaced, is kept and asked again when that has ended.
 *
 * Thread:  logic
 * Errors:  none; unknown verdicts count as DENY
 */
#ifndef KERNEL_CORE_AUTH_H
#define KERNEL_CORE_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/auth.h>

struct core;
struct op;

// Continues once the verdict is there; the op's context is its own.
typedef void (*auth_decided_fn)(struct core *core, struct op *op,
        const struct nx_auth_decision *decision);

// Copies what a plugin decided and checks its texts; the verdict is the
// caller's to judge. On an error *decision is zero.
nx_status auth_read(struct nx_auth_decision *decision,
        const struct nx_auth_decision *given);

// Returns ALLOW, DENY, or LATER, and fills *decision for the first two. With
// LATER, decided is called once with the verdict; context (malloc'd, or NULL)
// belongs to the op then and is freed with it. decided NULL: LATER is DENY.
// request->op is ignored.
int32_t auth_ask(struct core *core, const struct nx_auth_request *request,
        struct nx_auth_decision *decision, auth_decided_fn decided,
        void *context);

// Keeps a question that was put off until auth_release(), if it can be asked
// again; false: it can only be denied.
bool auth_hold(struct core *core, struct op *op);

// Events go on: asks all that were kept.
void auth_release(struct core *core);

#endif
