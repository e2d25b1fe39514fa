#include <string.h>

#include <nexus/send.h>

#include "kernel/base/payload.h"
#include "kernel/core/core.h"
#include "kernel/core/frame.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/json_text.h"
#include "kernel/core/plugin.h"
#include "kernel/core/receipts.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define PHASES     (PHASE_RUNNING | PHASE_QUIESCED)
#define REASON_MAX 123u // what a Close frame holds besides its code

// One event on its way to some sessions.
struct sending {
    struct core *core;
    struct plugin *plugin;
    struct payload *payload; // one reference is ours
    enum outbox_class cls;
    uint64_t key;
    nx_session_id except;
    uint32_t count; // sessions that took it
};

static uint64_t hash_more(uint64_t hash, const char *ptr, size_t len) {
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)ptr[i]) * 0x100000001b3u;
    }
    return hash;
}

// FNV-1a of plugin and key, never 0. Two keys with one hash cost no more than
// a droppable event.
static uint64_t coalesce_key(const struct plugin *plugin, struct nx_str key) {
    if (!key.ptr) {
        return 0;
    }
    const char *id = host_plugin_id(plugin);
    uint64_t hash = hash_more(0xcbf29ce484222325u, id, strlen(id) + 1);
    hash = hash_more(hash, key.ptr, key.len);
    return hash ? hash : 1;
}

static nx_status read_opts(
        struct sending *sending, const struct nx_send_opts *given) {
    struct nx_send_opts opts = {.struct_size = sizeof(opts)};
    nx_status status = given ? host_copy_in(&opts, sizeof(opts), given) : NX_OK;
    if (status != NX_OK) {
        return status;
    }
    if (!host_text_sane(opts.coalesce_key)) {
        return NX_ERR_INVALID;
    }
    sending->cls = outbox_class_of(opts.cls);
    sending->key = coalesce_key(sending->plugin, opts.coalesce_key);
    sending->except = opts.except;
    return NX_OK;
}

// Takes the event into a frame, and the options; consumes the event.
static nx_status sending_init(struct sending *sending,
        const struct nx_host *host, struct nx_writer *event,
        const struct nx_send_opts *given, const char *call) {
    nx_status status;
    memset(sending, 0, sizeof(*sending));
    sending->plugin = host_enter(host, PHASES, call, &status);
    if (sending->plugin) {
        sending->core = sending->plugin->core;
        status = read_opts(sending, given);
    }
    if (status == NX_OK && !event) {
        status = NX_ERR_NO_MEMORY; // what object() and event() ran out of
    }
    if (status != NX_OK) {
        writer_discard(event);
        return status;
    }
    return frame_of_event(event, &sending->payload);
}

static void push(struct sending *sending, struct session *session) {
    bool wanted =
            session->state == SESSION_OPEN && session->id != sending->except;
    if (wanted
            && session_push(
                    session, sending->payload, sending->cls, sending->key)) {
        sending->count++;
    }
}

// Tells how many took it and ends the sending.
static nx_status finish(
        struct sending *sending, nx_status status, uint32_t *count) {
    if (count) {
        *count = sending->count;
    }
    payload_unref(sending->payload);
    return status;
}

static nx_status to_session(const struct nx_host *host, nx_session_id id,
        struct nx_writer *event, const struct nx_send_opts *opts) {
    struct sending sending;
    nx_status status =
            sending_init(&sending, host, event, opts, "send.to_session");
    if (status == NX_OK) {
        struct session *session = sessions_open(sending.core->sessions, id);
        if (session) {
            push(&sending, session);
        }
        bool skipped = session && id == sending.except;
        status = sending.count > 0 || skipped ? NX_OK : NX_ERR_GONE;
    }
    return finish(&sending, status, NULL);
}

static nx_status to_user(const struct nx_host *host, struct nx_str name,
        struct nx_writer *event, const struct nx_send_opts *opts,
        uint32_t *count) {
    struct sending sending;
    nx_status status =
            sending_init(&sending, host, event, opts, "send.to_user");
    if (status == NX_OK && !host_text_given(name)) {
        status = NX_ERR_INVALID;
    }
    const struct user *user =
            status == NX_OK ? users_find(sending.core->users, name) : NULL;
    if (user) {
        // Pushing only queues and marks: nobody leaves during the walk.
        nx_list_for_each (link, &user->sessions) {
            push(&sending, nx_container_of(link, struct session, user_link));
        }
    }
    return finish(&sending, status, count);
}

static nx_status to_room(const struct nx_host *host, nx_room_id id,
        struct nx_writer *event, const struct nx_send_opts *opts,
        uint32_t *count) {
    struct sending sending;
    nx_status status =
            sending_init(&sending, host, event, opts, "send.to_room");
    if (status == NX_OK) {
        struct room *room = rooms_get(sending.core->rooms, id);
        status = room ? NX_OK : NX_ERR_GONE;
        sending.count = room ? room_fan_out(room, sending.payload, sending.cls,
                                sending.key, sending.except)
                             : 0;
    }
    return finish(&sending, status, count);
}

static nx_status to_all(const struct nx_host *host, struct nx_writer *event,
        const struct nx_send_opts *opts, uint32_t *count) {
    struct sending sending;
    nx_status status = sending_init(&sending, host, event, opts, "send.to_all");
    uint64_t cursor = 0;
    struct session *session;
    while (status == NX_OK
            && (session = sessions_next(sending.core->sessions, &cursor))
                    != NULL) {
        push(&sending, session);
    }
    return finish(&sending, status, count);
}

static nx_status to_sessions(const struct nx_host *host,
        const nx_session_id *ids, size_t id_count, struct nx_writer *event,
        const struct nx_send_opts *opts, uint32_t *count) {
    struct sending sending;
    nx_status status =
            sending_init(&sending, host, event, opts, "send.to_sessions");
    if (status == NX_OK && !ids && id_count > 0) {
        status = NX_ERR_INVALID;
    }
    for (size_t i = 0; status == NX_OK && i < id_count; i++) {
        struct session *session = sessions_open(sending.core->sessions, ids[i]);
        if (session) {
            push(&sending, session);
        }
    }
    return finish(&sending, status, count);
}

// The Ping that proves it is queued behind normal events, and leaves after all
// that is as urgent or more.
static nx_status push_tracked(struct sending *sending, nx_session_id id,
        uint64_t cookie, nx_tracked_fn fn, void *user) {
    struct session *session = sessions_open(sending->core->sessions, id);
    if (!session) {
        return NX_ERR_GONE;
    }
    if (session->receipts.send_count >= RECEIPTS_MAX) {
        return NX_ERR_LIMIT;
    }
    push(sending, session);
    if (sending->count == 0) {
        return NX_ERR_GONE;
    }
    return receipts_note_send(session, sending->plugin, cookie, fn, user);
}

// NOLINTNEXTLINE(readability-function-size): the parameters are the ABI's
static nx_status tracked(const struct nx_host *host, nx_session_id session,
        struct nx_writer *event, const struct nx_send_opts *opts,
        uint64_t cookie, nx_tracked_fn fn, void *user) {
    struct sending sending;
    nx_status status =
            sending_init(&sending, host, event, opts, "send.tracked");
    sending.key = 0;
    sending.except = 0;
    if (status == NX_OK) {
        status = fn && sending.cls != OUTBOX_DROPPABLE
                ? push_tracked(&sending, session, cookie, fn, user)
                : NX_ERR_INVALID;
    }
    return finish(&sending, status, NULL);
}

// Codes that may stand in a Close frame (RFC 6455, 7.4).
static bool is_close_code(uint16_t code) {
    bool registered = code >= 1000 && code <= 1014 && code != 1004
            && code != 1005 && code != 1006;
    return registered || (code >= 3000 && code <= 4999);
}

static nx_status close_session(const struct nx_host *host, nx_session_id id,
        uint16_t code, struct nx_str reason) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "send.close", &status);
    if (!plugin) {
        return status;
    }
    if (!is_close_code(code) || !host_text_sane(reason)
            || reason.len > REASON_MAX
            || !json_text_is_utf8(reason.ptr, reason.len)) {
        return NX_ERR_INVALID;
    }
    struct session *session = sessions_open(plugin->core->sessions, id);
    if (!session) {
        return NX_ERR_GONE;
    }
    char text[REASON_MAX + 1];
    if (reason.len > 0) {
        memcpy(text, reason.ptr, reason.len);
    }
    text[reason.len] = '\0';
    session_close(session, code, reason.len > 0 ? text : NULL);
    return NX_OK;
}

static uint64_t queued_bytes(const struct nx_host *host, nx_session_id id) {
    const struct plugin *plugin =
            host_enter(host, PHASES, "send.queued_bytes", NULL);
    const struct session *session =
            plugin ? sessions_find(plugin->core->sessions, id) : NULL;
    return session ? session->outbox.bytes : 0;
}

const struct nx_send_v1 host_send_v1 = {
        .struct_size = sizeof(host_send_v1),
        .version = 1,
        .to_session = to_session,
        .to_sessions = to_sessions,
        .to_user = to_user,
        .to_room = to_room,
        .to_all = to_all,
        .tracked = tracked,
        .close = close_session,
        .queued_bytes = queued_bytes,
};
