#include "kernel/core/op.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/auth.h>
#include <nexus/router.h>

#include "kernel/base/idmap.h"
#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/http_answer.h"
#include "kernel/core/plugin.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/writer.h"

#define FREE_OPS_MAX 256u

struct ops {
    struct core *core;
    struct idmap *by_id;
    struct nx_list free; // struct op::link_free
    size_t free_count;
};

struct ops *ops_create(struct core *core) {
    struct ops *ops = calloc(1, sizeof(*ops));
    if (!ops) {
        return NULL;
    }
    ops->core = core;
    nx_list_init(&ops->free);
    ops->by_id = idmap_create((size_t)1 << 30);
    if (!ops->by_id) {
        free(ops);
        return NULL;
    }
    return ops;
}

static void op_finish(struct op *op) {
    timer_cancel(&op->timer);
    free(op->report);
    free(op->context);
    free(op->question);
    op->question = NULL;
    op->report = NULL;
    op->context = NULL;
}

void ops_destroy(struct ops *ops) {
    if (!ops) {
        return;
    }
    uint64_t cursor = 0;
    struct op *op;
    while ((op = idmap_next(ops->by_id, &cursor)) != NULL) {
        op_finish(op);
        free(op);
    }
    struct nx_list *link;
    while ((link = nx_list_take_first(&ops->free)) != NULL) {
        free(nx_container_of(link, struct op, link_free));
    }
    idmap_destroy(ops->by_id);
    free(ops);
}

static void time_out(void *arg) {
    struct op *op = arg;
    op_fail_status(op->core, op, NX_ERR_TIMEOUT);
}

static struct op *op_alloc(struct ops *ops) {
    struct nx_list *link = nx_list_take_first(&ops->free);
    if (!link) {
        return calloc(1, sizeof(struct op));
    }
    ops->free_count--;
    struct op *op = nx_container_of(link, struct op, link_free);
    memset(op, 0, sizeof(*op));
    return op;
}

static void op_release(struct ops *ops, struct op *op) {
    if (ops->free_count >= FREE_OPS_MAX) {
        free(op);
        return;
    }
    nx_list_init(&op->link_free);
    nx_list_append(&ops->free, &op->link_free);
    ops->free_count++;
}

struct op *ops_add(struct ops *ops, enum op_kind kind) {
    if (idmap_count(ops->by_id)
            >= (size_t)ops->core->settings->limits_pending_requests) {
        stats_refused(ops->core->stats, LIMIT_PENDING_REQUESTS);
        return NULL;
    }
    struct op *op = op_alloc(ops);
    if (!op) {
        return NULL;
    }
    op->core = ops->core;
    op->kind = kind;
    nx_list_init(&op->link_free);
    timer_init(&op->timer, time_out, op);
    op->id = idmap_add(ops->by_id, op);
    if (op->id == 0) {
        op_release(ops, op);
        return NULL;
    }
    timers_set(&ops->core->timers, &op->timer, OP_TIMEOUT_MS);
    return op;
}

struct op *ops_find(struct ops *ops, nx_op_id id) {
    return idmap_get(ops->by_id, id);
}

bool ops_may_own(const struct ops *ops, struct plugin *owner) {
    const struct core *core = ops->core;
    if (!owner
            || plugin_has_quota(owner, LIMIT_QUOTA_REQUESTS, owner->requests,
                    core->settings->quota_requests)) {
        return true;
    }
    stats_refused(core->stats, LIMIT_QUOTA_REQUESTS);
    return false;
}

void op_own(struct op *op, struct plugin *owner) {
    if (op->owner) {
        op->owner->requests--;
    }
    op->owner = owner;
    if (owner) {
        owner->requests++;
    }
}

void ops_remove(struct ops *ops, struct op *op) {
    op_own(op, NULL);
    idmap_remove(ops->by_id, op->id);
    op_finish(op);
    op_release(ops, op);
}

size_t ops_count(const struct ops *ops) {
    return idmap_count(ops->by_id);
}

struct op *ops_next(const struct ops *ops, uint64_t *cursor) {
    return idmap_next(ops->by_id, cursor);
}

static struct nx_str op_ref(const struct op *op) {
    struct nx_str ref = {op->has_ref ? op->ref : NULL, strlen(op->ref)};
    return ref;
}

static const struct fields_unknown *op_warnings(const struct op *op) {
    return op->report ? &op->report->unknown : NULL;
}

// The answer to a request, or NULL with *silent when none is due.
static struct nx_writer *build_reply(struct core *core, const struct op *op,
        struct nx_writer *result, uint32_t flags, bool *silent) {
    *silent = false;
    if (op->has_ref) {
        return envelope_ack(core->writers, op_ref(op), op_warnings(op), result);
    }
    if ((flags & NX_REPLY_RESULT) != 0) {
        struct nx_str type = {op->type, strlen(op->type)};
        return envelope_result(core->writers, type, result);
    }
    *silent = true;
    return NULL;
}

enum nx_err op_reply(struct core *core, struct op *op, struct nx_writer *writer,
        uint32_t flags) {
    struct session *session = sessions_open(core->sessions, op->session);
    if (!session) {
        writer_discard(writer);
        ops_remove(core->ops, op);
        return NX_ERR_GONE;
    }
    bool silent;
    struct nx_writer *answer = build_reply(core, op, writer, flags, &silent);
    writer_discard(writer);
    nx_status status = silent ? NX_OK : NX_ERR_NO_MEMORY;
    if (answer) {
        status = session_send(session, answer, OUTBOX_NORMAL);
    }
    if (status != NX_OK && status != NX_ERR_GONE) {
        op_fail_status(core, op, status);
        return status;
    }
    ops_remove(core->ops, op);
    return (enum nx_err)status;
}

static void fail_event(
        struct core *core, struct op *op, const struct nx_failure *failure) {
    struct session *session = sessions_open(core->sessions, op->session);
    if (!session) {
        return;
    }
    struct nx_str type = {op->type, strlen(op->type)};
    const struct fields_report *report = op->report;
    bool reported = report && report->field[0] != '\0';
    struct nx_str reason = failure->message;
    if (!reason.ptr && reported) {
        reason.ptr = report->reason;
        reason.len = strlen(report->reason);
    }
    const struct envelope_failure envelope = {
            .status = failure->status,
            .code = failure->code,
            .message = reason,
            .in_reply_to = type,
            .ref = op_ref(op),
            .field = reported ? report->field : NULL,
            .details = failure->details,
            .retry_after_ms = failure->retry_after_ms,
    };
    session_error(session, &envelope);
}

static void fail_auth(struct core *core, struct op *op) {
    const struct nx_auth_decision deny = {
            .struct_size = sizeof(deny),
            .verdict = NX_AUTH_DENY,
    };
    if (op->decided) {
        op->decided(core, op, &deny);
    }
}

enum nx_err op_fail(
        struct core *core, struct op *op, const struct nx_failure *failure) {
    switch (op->kind) {
    case OP_EVENT:
        fail_event(core, op, failure);
        break;
    case OP_AUTH:
        fail_auth(core, op);
        break;
    case OP_HTTP:
        http_answer_problem(core, op, failure->status, failure->message);
        break;
    }
    writer_discard(failure->details);
    ops_remove(core->ops, op);
    return NX_OK;
}

enum nx_err op_fail_status(struct core *core, struct op *op, nx_status status) {
    const struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = status,
    };
    return op_fail(core, op, &failure);
}
