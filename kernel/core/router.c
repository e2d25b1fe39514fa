#include "kernel/core/router.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/auth.h>
#include <nexus/router.h>
#include <nexus/util/list.h>
#include <nexus/util/str.h>

#include "kernel/core/auth.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/gate.h"
#include "kernel/core/json_doc.h"
#include "kernel/core/message_sizes.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/registry.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/tails.h"
#include "kernel/core/users.h"
#include "kernel/core/where.h"
#include "kernel/core/writer.h"

static const struct nx_str nothing = {"", 0};

struct emitted {
    struct nx_list link; // struct router::emitted, oldest first
    size_t type_len;
    size_t user_len;
    size_t text_len;
    char bytes[]; // type, user and text, each ending in a NUL
};

struct router {
    struct core *core;
    struct json_doc doc;    // the message being handled
    uint64_t seq;           // of the last event
    struct nx_list emitted; // struct emitted::link
    size_t emitted_count;
};

// One message on its way through the router.
struct arrival {
    struct router *router;
    struct session *session;
    struct envelope envelope;
    struct nx_str raw;
};

struct router *router_create(struct core *core) {
    struct router *router = calloc(1, sizeof(*router));
    if (!router) {
        return NULL;
    }
    router->core = core;
    json_doc_init(&router->doc);
    nx_list_init(&router->emitted);
    return router;
}

void router_destroy(struct router *router) {
    if (!router) {
        return;
    }
    struct nx_list *link;
    while ((link = nx_list_take_first(&router->emitted)) != NULL) {
        free(nx_container_of(link, struct emitted, link));
    }
    json_doc_finish(&router->doc);
    free(router);
}

static void refuse(
        const struct arrival *arrival, struct envelope_failure failure) {
    failure.in_reply_to = arrival->envelope.type;
    failure.ref = arrival->envelope.ref;
    session_error(arrival->session, &failure);
}

static void refuse_status(const struct arrival *arrival, nx_status status,
        struct nx_str message) {
    const struct envelope_failure failure = {
            .status = status, .message = message};
    refuse(arrival, failure);
}

static bool parse(struct arrival *arrival) {
    struct router *router = arrival->router;
    struct core *core = router->core;
    enum nx_err err = json_doc_parse(&router->doc, arrival->raw.ptr,
            arrival->raw.len, (unsigned)core->settings->limits_json_depth);
    if (err) {
        if (err == NX_ERR_TOO_DEEP) {
            stats_refused(core->stats, LIMIT_JSON_DEPTH);
        }
        const struct envelope_failure failure = {
                .status = err,
                .message = nx_str_c(json_doc_reason(&router->doc)),
                .limit_name = err == NX_ERR_TOO_DEEP
                        ? limit_setting(LIMIT_JSON_DEPTH)
                        : NULL,
        };
        refuse(arrival, failure);
        return false;
    }
    writers_add_doc(core->writers, &router->doc);
    err = envelope_read(&router->doc, &arrival->envelope);
    if (err) {
        const struct envelope_failure failure = {
                .status = err,
                .message = nx_str_c(arrival->envelope.reason),
                .field = arrival->envelope.field,
        };
        refuse(arrival, failure);
        return false;
    }
    return true;
}

static bool within_quota(const struct arrival *arrival) {
    struct session *session = arrival->session;
    struct core *core = session->core;
    struct quota_limits limits;
    session_quota_limits(core->settings, &limits);
    int64_t wait_ms = quota_take(&session->quota, &limits, arrival->raw.len,
            clock_now_ms(&core->clock));
    if (wait_ms == 0) {
        return true;
    }
    bool many = limits.messages_per_second > 0
            && session->quota.messages_milli < 1000;
    enum limit limit =
            many ? LIMIT_MESSAGES_PER_SECOND : LIMIT_BYTES_PER_SECOND;
    stats_refused(core->stats, limit);
    const struct envelope_failure failure = {
            .status = NX_ERR_RATE_LIMITED,
            .limit_name = limit_setting(limit),
            .retry_after_ms = (uint64_t)wait_ms,
    };
    refuse(arrival, failure);
    if (quota_abused(&session->quota, &limits)) {
        stats_refused(core->stats, LIMIT_RATE_VIOLATIONS);
        session_close(session, CLOSE_ABUSE, NULL);
    }
    return false;
}

// The transport has let through what the largest of all types may be.
static bool within_size(const struct arrival *arrival) {
    struct core *core = arrival->router->core;
    size_t len = arrival->raw.len;
    struct message_size size = message_sizes_of(
            core->message_sizes, core->settings, arrival->envelope.type);
    if (len <= size.bytes) {
        return true;
    }
    stats_refused(core->stats, size.limit);
    struct nx_writer *details = writer_object(core->writers);
    writer_put_u64(details, "max_bytes", size.bytes);
    writer_put_u64(details, "bytes", len);
    const struct envelope_failure failure = {
            .status = NX_ERR_TOO_LARGE,
            .limit_name = limit_setting(size.limit),
            .details = details,
    };
    refuse(arrival, failure);
    writer_discard(details);
    return false;
}

static bool may_send(const struct arrival *arrival) {
    struct core *core = arrival->router->core;
    if (nx_list_empty(registry_auth_hooks(core->registry))) {
        return true;
    }
    const struct nx_auth_request request = {
            .action = NX_AUTH_SEND,
            .session = arrival->session->id,
            .user = user_name(arrival->session->user),
            .address = nx_str_c(arrival->session->address),
            .type = arrival->envelope.type,
    };
    struct nx_auth_decision decision;
    if (auth_ask(core, &request, &decision, NULL, NULL) == NX_AUTH_ALLOW) {
        return true;
    }
    refuse_status(arrival, NX_ERR_FORBIDDEN, decision.reason);
    return false;
}

static void show_observers(struct core *core, const struct nx_event *ev) {
    struct nx_event shown = *ev;
    shown.op = 0;
    nx_list_for_each (link, registry_observers(core->registry)) {
        const struct registry_handler *observer =
                nx_container_of(link, struct registry_handler, link);
        if (ev->type.len >= observer->prefix.len
                && memcmp(ev->type.ptr, observer->prefix.ptr,
                           observer->prefix.len)
                        == 0) {
            plugin_enter(observer->owner, "observer");
            observer->fn(observer->user, &shown);
            plugin_leave(observer->owner);
        }
    }
}

static int32_t call_handler(
        const struct registry_handler *handler, const struct nx_event *ev) {
    plugin_enter(handler->owner, "event");
    int32_t result = handler->fn(handler->user, ev);
    plugin_leave(handler->owner);
    return result;
}

static void settle(struct core *core, nx_op_id op_id, int32_t result) {
    struct op *op = ops_find(core->ops, op_id);
    if (!op || result == NX_LATER) {
        return;
    }
    if (result == NX_PASS) {
        op_fail_status(core, op, NX_ERR_UNKNOWN_EVENT);
    } else if (result < 0) {
        op_fail_status(core, op, result);
    } else {
        op_reply(core, op, NULL, 0);
    }
}

static struct op *open_op(
        const struct arrival *arrival, const struct registry_handler *handler) {
    struct ops *ops = arrival->router->core->ops;
    bool may = ops_may_own(ops, handler->owner);
    struct op *op = may ? ops_add(ops, OP_EVENT) : NULL;
    if (!op) {
        const struct envelope_failure failure = {
                .status = NX_ERR_OVERLOADED,
                .limit_name = limit_setting(
                        may ? LIMIT_PENDING_REQUESTS : LIMIT_QUOTA_REQUESTS),
                .retry_after_ms = 1000,
        };
        refuse(arrival, failure);
        return NULL;
    }
    const struct envelope *envelope = &arrival->envelope;
    op_own(op, handler->owner);
    op->session = arrival->session->id;
    memcpy(op->type, envelope->type.ptr, envelope->type.len);
    op->has_ref = envelope->ref.ptr != NULL;
    if (op->has_ref) {
        memcpy(op->ref, envelope->ref.ptr, envelope->ref.len);
    }
    return op;
}

static void dispatch(const struct arrival *arrival) {
    struct router *router = arrival->router;
    struct core *core = router->core;
    const struct registry_handler *handler =
            registry_find_handler(core->registry, arrival->envelope.type);
    if (!handler) {
        bool out = quarantine_find(core->quarantine, arrival->envelope.type);
        refuse_status(arrival, out ? NX_ERR_QUARANTINED : NX_ERR_UNKNOWN_EVENT,
                nx_str_c(NULL));
        return;
    }
    stats_serve(core->stats, handler->prefix);
    const struct op *op = open_op(arrival, handler);
    if (!op) {
        return;
    }
    struct nx_event ev = {
            .struct_size = sizeof(ev),
            .kind = NX_EVENT_JSON,
            .seq = ++router->seq,
            .received_ns = (uint64_t)clock_now_ns(&core->clock),
            .session = arrival->session->id,
            .op = op->id,
            .type = arrival->envelope.type,
            .user = user_name(arrival->session->user),
            .ref = arrival->envelope.ref,
            .raw = arrival->raw,
            .json = json_doc_root(&router->doc),
    };
    where_event(ev.type, ev.session);
    show_observers(core, &ev);
    settle(core, ev.op, call_handler(handler, &ev));
    where_event(nothing, 0);
}

// What clients and their libraries send by themselves says nothing about the
// user.
static bool is_heartbeat(struct nx_str type) {
    return nx_str_is(type, "ping") || nx_str_is(type, "pong")
            || nx_str_is(type, "system.ack");
}

static void note_activity(const struct arrival *arrival) {
    struct session *session = arrival->session;
    if (is_heartbeat(arrival->envelope.type)) {
        return;
    }
    session->active_ms = clock_now_ms(&session->core->clock);
    if (session->noticed) {
        session->noticed = false;
        gate_call_hooks(session, NX_SESSION_ACTIVE);
    }
}

// Before the session is open only `connect` is understood.
static void greet(const struct arrival *arrival) {
    static const char connect[] = "connect";
    struct nx_str type = arrival->envelope.type;
    if (type.len == sizeof(connect) - 1
            && memcmp(type.ptr, connect, type.len) == 0) {
        stats_serve(arrival->session->core->stats, type);
        gate_connect(arrival->session, json_doc_root(&arrival->router->doc));
        return;
    }
    refuse_status(arrival, NX_ERR_UNAUTHENTICATED,
            nx_str_c("send a connect event with your token first"));
    session_close(arrival->session, CLOSE_UNAUTHENTICATED, NULL);
}

void router_receive(struct router *router, struct session *session,
        const char *text, size_t len) {
    struct arrival arrival = {
            .router = router, .session = session, .raw = {text, len}};
    bool good = parse(&arrival);
    if (good && tails_any(router->core->tails)) {
        tails_saw_in(router->core->tails, session, arrival.envelope.type,
                arrival.raw);
    }
    if (good && within_quota(&arrival) && within_size(&arrival)) {
        if (session->state == SESSION_PENDING) {
            greet(&arrival);
        } else if (may_send(&arrival)) {
            note_activity(&arrival);
            dispatch(&arrival);
        }
    }
    json_doc_clear(&router->doc);
}

static struct emitted *emitted_create(
        struct nx_str type, struct nx_str user, struct nx_str text) {
    struct emitted *emitted =
            calloc(1, sizeof(*emitted) + type.len + user.len + text.len + 3);
    if (!emitted) {
        return NULL;
    }
    emitted->type_len = type.len;
    emitted->user_len = user.len;
    emitted->text_len = text.len;
    char *at = emitted->bytes;
    memcpy(at, type.ptr, type.len);
    at += type.len + 1;
    if (user.len > 0) {
        memcpy(at, user.ptr, user.len);
    }
    at += user.len + 1;
    memcpy(at, text.ptr, text.len);
    return emitted;
}

static nx_status emit(struct router *router, struct nx_str type,
        struct nx_str user, struct nx_writer *event) {
    if (!type.ptr || !registry_find_handler(router->core->registry, type)) {
        return NX_ERR_NOT_FOUND;
    }
    if (router->emitted_count >= ROUTER_EMITTED_MAX) {
        return NX_ERR_LIMIT;
    }
    struct nx_str text = writer_text(event);
    nx_status status = writer_status(event);
    if (status) {
        return status;
    }
    struct emitted *emitted = emitted_create(type, user, text);
    if (!emitted) {
        return NX_ERR_NO_MEMORY;
    }
    nx_list_append(&router->emitted, &emitted->link);
    router->emitted_count++;
    return NX_OK;
}

nx_status router_emit(struct router *router, struct nx_str type,
        struct nx_str user, struct nx_writer *event) {
    nx_status status = emit(router, type, user, event);
    writer_discard(event);
    return status;
}

static void deliver_emitted(
        struct router *router, const struct emitted *emitted) {
    struct core *core = router->core;
    const char *user = emitted->bytes + emitted->type_len + 1;
    const char *text = user + emitted->user_len + 1;
    struct nx_event ev = {
            .struct_size = sizeof(ev),
            .kind = NX_EVENT_JSON,
            .received_ns = (uint64_t)clock_now_ns(&core->clock),
            .type = {emitted->bytes, emitted->type_len},
            .user = {user, emitted->user_len},
            .raw = {text, emitted->text_len},
    };
    const struct registry_handler *handler =
            registry_find_handler(core->registry, ev.type);
    // Who has come to rest hears no more.
    if (handler && plugin_is_running(handler->owner)
            && json_doc_parse(&router->doc, text, emitted->text_len,
                       JSON_DOC_DEPTH_MAX)
                    == NX_OK) {
        writers_add_doc(core->writers, &router->doc);
        ev.seq = ++router->seq;
        ev.json = json_doc_root(&router->doc);
        where_event(ev.type, 0);
        show_observers(core, &ev);
        call_handler(handler, &ev);
        where_event(nothing, 0);
    }
    json_doc_clear(&router->doc);
}

void router_run(struct router *router) {
    if (router->core->frozen) {
        return;
    }
    for (size_t n = router->emitted_count; n > 0; n--) {
        struct emitted *emitted = nx_container_of(
                nx_list_take_first(&router->emitted), struct emitted, link);
        router->emitted_count--;
        deliver_emitted(router, emitted);
        free(emitted);
    }
}

bool router_waiting(const struct router *router) {
    return router->emitted_count > 0 && !router->core->frozen;
}
