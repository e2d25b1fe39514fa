/*
 * system.resume: a client that keeps positions of its own asks for what comes
 * behind them. It may have lost what its WebSocket stack had received, which
 * is all that the server can know.
 */
#include <string.h>

#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/expect.h"
#include "kernel/core/json_view.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/op.h"
#include "kernel/core/position.h"
#include "kernel/core/registry.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume_record.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"

// The positions as far as they were read.
struct reading {
    const struct session *session;
    struct resume_record record;
    nx_status status;
};

static nx_status add_position(struct reading *reading, struct nx_str name,
        const struct nx_json *value) {
    struct nx_position at;
    const struct room *room = rooms_find(reading->session->core->rooms, name);
    if (!position_read(value, &at)) {
        return NX_ERR_INVALID_FIELD;
    }
    if (!room || !room_member(room, reading->session)) {
        return NX_ERR_NOT_MEMBER;
    }
    return resume_record_add(&reading->record, name, &at) ? NX_OK
                                                          : NX_ERR_NO_MEMORY;
}

static int32_t on_position(
        void *user, struct nx_str key, const struct nx_json *value) {
    struct reading *reading = user;
    reading->status = add_position(reading, key, value);
    return reading->status != NX_OK;
}

static nx_status begin(struct session *session, const struct nx_event *ev) {
    struct reading reading = {.session = session};
    resume_record_init(&reading.record);
    json_view_each(json_view_get(ev->json, "positions"), on_position, &reading);
    nx_status status = reading.status;
    if (status == NX_OK
            && !restore_create_for(session, &reading.record, ev->op)) {
        status = NX_ERR_NO_MEMORY;
    }
    resume_record_finish(&reading.record);
    if (status == NX_OK) {
        restore_begin(session);
    }
    return status;
}

static int32_t on_resume(void *user, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"positions", NX_JSON_OBJECT, NX_FIELD_REQUIRED, 1, INT32_MAX},
            {NULL, 0, 0, 0, 0},
    };
    struct core *core = user;
    nx_status status = expect_fields(core, ev, fields);
    struct session *session = sessions_open(core->sessions, ev->session);
    if (status || !session) {
        return status ? status : NX_ERR_GONE;
    }
    if (session->restore) {
        return NX_ERR_AGAIN; // one is under way, and will be answered
    }
    status = begin(session, ev);
    return status ? status : NX_LATER;
}

enum nx_err resume_events_register(
        struct registry *registry, struct core *core) {
    return registry_add_handler(
            registry, NULL, "system.resume", on_resume, core);
}
