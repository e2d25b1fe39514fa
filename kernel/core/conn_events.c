#include <string.h>

#include <nexus/router.h>

#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/expect.h"
#include "kernel/core/json_view.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/op.h"
#include "kernel/core/registry.h"
#include "kernel/core/room_position.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/writer.h"

// The pong is the one answer to a ping, with or without ref: it carries the
// same fields, ref among them.
static int32_t on_ping(void *user, const struct nx_event *ev) {
    static const char *const ours[] = {"event_type", "event_id", "timestamp",
            "user_id", "server_time", NULL};
    struct core *core = user;
    struct session *session = sessions_open(core->sessions, ev->session);
    struct op *op = ops_find(core->ops, ev->op);
    if (!session || !op) {
        return NX_ERR_GONE;
    }
    struct nx_str type = {"pong", 4};
    struct nx_writer *pong = writer_answer(core->writers, type);
    writer_put_members(pong, ev->json, ours);
    writer_put_cstr(pong, "server_time", clock_timestamp(&core->clock));
    nx_status status = session_send(session, pong, OUTBOX_NORMAL);
    if (status == NX_OK) {
        ops_remove(core->ops, op);
    }
    return status;
}

static int32_t on_pong(void *user, const struct nx_event *ev) {
    (void)user;
    (void)ev;
    return NX_DONE; // a sign of life, which every message is
}

static int32_t on_connect(void *user, const struct nx_event *ev) {
    (void)user;
    (void)ev;
    return NX_ERR_STATE; // the session is open already
}

static int32_t on_disconnect(void *user, const struct nx_event *ev) {
    struct core *core = user;
    struct session *session = sessions_open(core->sessions, ev->session);
    struct op *op = ops_find(core->ops, ev->op);
    if (op) {
        op_reply(core, op, NULL, 0);
    }
    if (session) {
        session_close(session, CLOSE_NORMAL, NULL);
    }
    return NX_DONE;
}

// A client says that its application has a room's records up to an offset:
// stronger than the Pong proof, and reported in the same way.
static int32_t on_ack(void *user, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"room", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                    ROOM_NAME_MAX},
            {"offset", NX_JSON_INT, NX_FIELD_REQUIRED, 1, INT64_MAX},
            {NULL, 0, 0, 0, 0},
    };
    struct core *core = user;
    nx_status status = expect_fields(core, ev, fields);
    struct session *session = sessions_open(core->sessions, ev->session);
    if (status || !session) {
        return status ? status : NX_ERR_GONE;
    }
    struct room *room = rooms_find(
            core->rooms, json_view_str(json_view_get(ev->json, "room")));
    struct member *member = room ? room_member(room, session) : NULL;
    if (!member) {
        return NX_ERR_NOT_MEMBER;
    }
    room_position_catch_up(member);
    int64_t offset = 0;
    json_view_i64(json_view_get(ev->json, "offset"), &offset);
    uint64_t upto = (uint64_t)offset;
    upto = upto < member->queued ? upto : member->queued;
    if (upto > member->proved) {
        uint64_t after = member->proved;
        member->proved = upto;
        rooms_received(core->rooms, member, after, upto);
    }
    return NX_DONE;
}

enum nx_err conn_events_register(struct registry *registry, struct core *core) {
    static const struct {
        const char *type;
        nx_event_fn fn;
    } handlers[] = {
            {"ping", on_ping},
            {"pong", on_pong},
            {"connect", on_connect},
            {"disconnect", on_disconnect},
            {"system.ack", on_ack},
    };
    enum nx_err err = NX_OK;
    for (size_t i = 0; !err && i < sizeof(handlers) / sizeof(*handlers); i++) {
        err = registry_add_handler(
                registry, NULL, handlers[i].type, handlers[i].fn, core);
    }
    return err;
}

enum nx_err kernel_register(struct registry *registry, struct core *core) {
    enum nx_err err = conn_events_register(registry, core);
    if (!err) {
        err = room_events_register(registry, core);
    }
    if (!err) {
        err = resume_events_register(registry, core);
    }
    if (!err) {
        err = rest_register(registry, core);
    }
    return err;
}
