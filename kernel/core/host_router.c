#include <stddef.h>
#include <string.h>

#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"
#include "kernel/core/router.h"
#include "kernel/core/writer.h"

#define ANSWERING (PHASE_RUNNING | PHASE_QUIESCED)
#define SESSION_EVENTS \
    (NX_SESSION_OPENED | NX_SESSION_CLOSED | NX_SESSION_ACTIVE)

static nx_status handle(const struct nx_host *host, const char *prefix,
        nx_event_fn fn, void *user) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START, "router.handle", &status);
    if (!plugin) {
        return status;
    }
    if (!prefix || !fn) {
        return NX_ERR_INVALID;
    }
    if (!plugin_may_claim(plugin, prefix)) {
        plugin_note(
                plugin, "the prefix \"%.64s\" is not in info.prefixes", prefix);
        return NX_ERR_INVALID;
    }
    struct registry *staged = plugin->core->staged;
    status = registry_add_handler(staged, plugin, prefix, fn, user);
    const struct nx_str type = {prefix, strlen(prefix)};
    const struct registry_handler *taken = status == NX_ERR_EXISTS
            ? registry_find_handler(staged, type)
            : NULL;
    return host_refused(
            plugin, status, "the prefix", prefix, taken ? taken->owner : NULL);
}

static nx_status observe(const struct nx_host *host, const char *prefix,
        nx_event_fn fn, void *user) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START, "router.observe", &status);
    return plugin ? registry_add_observer(
                   plugin->core->staged, plugin, prefix, fn, user)
                  : status;
}

static nx_status on_session(const struct nx_host *host, uint32_t what,
        nx_session_fn fn, void *user) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START, "router.on_session", &status);
    if (!plugin) {
        return status;
    }
    if (what == 0) {
        return NX_ERR_INVALID;
    }
    if ((what & ~SESSION_EVENTS) != 0) {
        return NX_ERR_UNSUPPORTED;
    }
    return registry_add_session_hook(
            plugin->core->staged, plugin, what, fn, user);
}

static struct op *find_request(const struct plugin *plugin, nx_op_id id) {
    struct op *op = ops_find(plugin->core->ops, id);
    return op && op->kind == OP_EVENT ? op : NULL;
}

static nx_status reply(const struct nx_host *host, nx_op_id id,
        struct nx_writer *result, uint32_t flags) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, ANSWERING, "router.reply", &status);
    struct op *op = plugin ? find_request(plugin, id) : NULL;
    if (!op) {
        writer_discard(result);
        return plugin ? NX_ERR_GONE : status;
    }
    if ((flags & ~NX_REPLY_RESULT) != 0) {
        writer_discard(result);
        return NX_ERR_UNSUPPORTED;
    }
    return op_reply(plugin->core, op, result, flags);
}

// details is known to the caller before anything was checked.
static nx_status fail_checked(const struct plugin *plugin, nx_op_id id,
        const struct nx_failure *given) {
    struct nx_failure failure;
    nx_status status = host_copy_in(&failure, sizeof(failure), given);
    if (status != NX_OK) {
        return status;
    }
    if (!host_text_sane(failure.message)) {
        return NX_ERR_INVALID;
    }
    struct op *op = find_request(plugin, id);
    if (!op) {
        return NX_ERR_GONE;
    }
    if (failure.status >= 0) {
        failure.status = NX_ERR_INTERNAL;
    }
    return op_fail(plugin->core, op, &failure);
}

// Where a struct is too short to have details, there are none to discard.
static struct nx_writer *details_of(const struct nx_failure *failure) {
    size_t end = offsetof(struct nx_failure, retry_after_ms);
    return failure && failure->struct_size >= end ? failure->details : NULL;
}

static nx_status fail(const struct nx_host *host, nx_op_id id,
        const struct nx_failure *failure) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, ANSWERING, "router.fail", &status);
    struct nx_writer *details = details_of(failure);
    if (plugin) {
        status = fail_checked(plugin, id, failure);
    }
    if (status != NX_OK) {
        writer_discard(details);
    }
    return status;
}

static nx_status emit(const struct nx_host *host, struct nx_str type,
        struct nx_str user, struct nx_writer *event) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASE_RUNNING, "router.emit", &status);
    if (plugin && event && host_text_given(type)
            && type.len <= ENVELOPE_TYPE_MAX && host_text_sane(user)) {
        return router_emit(plugin->core->router, type, user, event);
    }
    if (plugin) {
        // No event is what object() and event() ran out of.
        status = event ? NX_ERR_INVALID : NX_ERR_NO_MEMORY;
    }
    writer_discard(event);
    return status;
}

const struct nx_router_v1 host_router_v1 = {
        .struct_size = sizeof(host_router_v1),
        .version = 1,
        .handle = handle,
        .observe = observe,
        .on_session = on_session,
        .reply = reply,
        .fail = fail,
        .emit = emit,
};
