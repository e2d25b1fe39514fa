#include <nexus/auth.h>

#include "kernel/core/auth.h"
#include "kernel/core/core.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"

#define ACTIONS  (NX_AUTH_CONNECT | NX_AUTH_JOIN | NX_AUTH_SEND | NX_AUTH_HTTP)
#define DECIDING (PHASE_RUNNING | PHASE_QUIESCED)

static nx_status hook(const struct nx_host *host, uint32_t actions,
        nx_auth_fn fn, void *user) {
    nx_status status;
    struct plugin *plugin = host_enter(host, PHASE_START, "auth.hook", &status);
    if (!plugin) {
        return status;
    }
    if (actions == 0) {
        return NX_ERR_INVALID;
    }
    if ((actions & ~ACTIONS) != 0) {
        return NX_ERR_UNSUPPORTED;
    }
    plugin->about.traits |= WHERE_GUARD;
    return registry_add_auth_hook(
            plugin->core->staged, plugin, actions, fn, user);
}

static nx_status read_decision(struct nx_auth_decision *decision,
        const struct nx_auth_decision *given) {
    nx_status status = auth_read(decision, given);
    bool is_verdict = decision->verdict == NX_AUTH_ALLOW
            || decision->verdict == NX_AUTH_DENY;
    return status == NX_OK && !is_verdict ? NX_ERR_INVALID : status;
}

static nx_status decide(const struct nx_host *host, nx_op_id id,
        const struct nx_auth_decision *given) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, DECIDING, "auth.decide", &status);
    if (!plugin) {
        return status;
    }
    struct nx_auth_decision decision;
    status = read_decision(&decision, given);
    if (status != NX_OK) {
        return status;
    }
    struct core *core = plugin->core;
    struct op *op = ops_find(core->ops, id);
    if (!op || op->kind != OP_AUTH || !op->decided) {
        return NX_ERR_GONE;
    }
    op->decided(core, op, &decision);
    op = ops_find(core->ops, id);
    if (op) {
        ops_remove(core->ops, op);
    }
    return NX_OK;
}

const struct nx_auth_v1 host_auth_v1 = {
        .struct_size = sizeof(host_auth_v1),
        .version = 1,
        .hook = hook,
        .decide = decide,
};
