#include "kernel/core/room_events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/auth.h>
#include <nexus/engine.h>
#include <nexus/router.h>
#include <nexus/util/str.h>

#include "kernel/core/auth.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/expect.h"
#include "kernel/core/json_view.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/op.h"
#include "kernel/core/position.h"
#include "kernel/core/registry.h"
#include "kernel/core/resume.h"
#include "kernel/core/room_announce.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/usernames.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define ROOM_ID_MAX    128
#define USERNAME_MAX   128
#define PREFIX_LEN     (sizeof(ROOM_EVENTS_PREFIX) - 1)
#define MEMBERS_LISTED 100
#define ROOMS_RETRY_MS 5000 // until somebody may have left the last room

// A room.join on its way through authentication and history.
struct joining {
    struct core *core;
    nx_op_id op;
    nx_session_id session;
    bool has_since;
    struct nx_position since;
    char room[PREFIX_LEN + ROOM_ID_MAX + 1];
    char username[USERNAME_MAX + 1]; // "" when there is none
};

// A room.broadcast that waits for the engine.
struct publishing {
    struct core *core;
    nx_op_id op;
    char room[PREFIX_LEN + ROOM_ID_MAX + 1];
};

struct nx_str room_events_id(struct nx_str room_name) {
    if (room_name.len > PREFIX_LEN
            && memcmp(room_name.ptr, ROOM_EVENTS_PREFIX, PREFIX_LEN) == 0) {
        room_name.ptr += PREFIX_LEN;
        room_name.len -= PREFIX_LEN;
    }
    return room_name;
}

// The name of the room an event is about; its room_id was checked before.
static void name_room(const struct nx_event *ev, char *out, size_t size) {
    struct nx_str id = json_view_str(json_view_get(ev->json, "room_id"));
    (void)snprintf(out, size, ROOM_EVENTS_PREFIX "%s", id.ptr);
}

void room_events_entered(const struct member *member) {
    const struct session *session = member->session;
    struct room *room = member->room;
    if (nx_str_starts(room_name(room), nx_str_c(ROOM_EVENTS_PREFIX))
            && !session->user->hidden
            && room_user_sessions(room, session) == 1) {
        room_announce_tell(session->core->announce, room, "room.join",
                user_name(session->user),
                usernames_get(session, room_name(room)), session->id);
    }
}

// ---- room.join ----

static struct joining *joining_create(
        struct core *core, struct session *session, nx_op_id op) {
    struct joining *joining = calloc(1, sizeof(*joining));
    if (joining) {
        joining->core = core;
        joining->op = op;
        joining->session = session->id;
        session->joining++;
    }
    return joining;
}

static void joining_destroy(struct joining *joining) {
    struct session *session =
            sessions_find(joining->core->sessions, joining->session);
    if (session && --session->joining == 0) {
        session_waits_no_more(session);
    }
    free(joining);
}

// Of its own rooms a session can leave one; for others it can only wait.
static void fail_limit(struct core *core, struct op *op, enum limit limit) {
    struct nx_writer *details = writer_object(core->writers);
    writer_put_cstr(details, "limit", limit_setting(limit));
    const struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = NX_ERR_LIMIT,
            .retry_after_ms = limit == LIMIT_ROOMS ? ROOMS_RETRY_MS : 0,
            .details = details,
    };
    op_fail(core, op, &failure);
}

static void fail_join(const struct joining *joining, nx_status status) {
    struct core *core = joining->core;
    struct op *op = ops_find(core->ops, joining->op);
    if (!op) {
        return;
    }
    if (status == NX_ERR_LIMIT) {
        const struct session *session =
                sessions_find(core->sessions, joining->session);
        bool own = session
                && session->member_count
                        >= core->settings->limits_rooms_per_session;
        fail_limit(core, op, own ? LIMIT_ROOMS_PER_SESSION : LIMIT_ROOMS);
    } else {
        op_fail_status(core, op, status);
    }
}

// What the user who asks sees: itself, and who does not look offline.
static void put_members(
        struct nx_writer *w, const struct room *room, const struct user *asks) {
    unsigned listed = 0;
    writer_begin_object(w, "members");
    writer_put_u64(
            w, "count", room_visible_users(room) + (asks->hidden ? 1 : 0));
    writer_begin_array(w, "users");
    nx_list_for_each (link, &room->members) {
        const struct member *member =
                nx_container_of(link, struct member, room_link);
        const struct user *user = member->session->user;
        if (member->first && listed < MEMBERS_LISTED
                && (!user->hidden || user == asks)) {
            writer_put_str(w, NULL, user_name(user));
            listed++;
        }
    }
    writer_end(w);
    writer_end(w);
}

static struct nx_writer *join_answer(const struct joining *joining,
        const struct room *room, const struct user *user,
        const struct nx_join_result *result) {
    struct core *core = joining->core;
    struct nx_writer *w = writer_object(core->writers);
    writer_put_str(w, "room_id", room_events_id(room_name(room)));
    put_members(w, room, user);
    if (core->settings->history_max_records > 0) {
        char epoch[POSITION_EPOCH_SIZE];
        position_write_epoch(result->epoch, epoch);
        writer_put_cstr(w, "epoch", epoch);
        writer_put_u64(w, "offset", result->offset);
    }
    if (joining->has_since) {
        writer_put_bool(w, "recovered", result->recovered);
    }
    return w;
}

static void on_joined(void *user, const struct nx_join_result *result) {
    struct joining *joining = user;
    struct core *core = joining->core;
    if (result->status) {
        fail_join(joining, result->status);
        joining_destroy(joining);
        return;
    }
    struct session *session = sessions_find(core->sessions, joining->session);
    struct room *room = rooms_get(core->rooms, result->room);
    struct op *op = ops_find(core->ops, joining->op);
    const struct user *joiner = session ? session->user : NULL;
    if (op && room && joiner) {
        op_reply(core, op, join_answer(joining, room, joiner, result),
                NX_REPLY_RESULT);
    }
    const struct member *member =
            session && room ? room_member(room, session) : NULL;
    if (member) {
        usernames_set(session, room_name(room), nx_str_c(joining->username));
        resume_changed(session);
        room_events_entered(member);
    }
    joining_destroy(joining);
}

static void join(struct joining *joining) {
    struct core *core = joining->core;
    struct session *session = sessions_open(core->sessions, joining->session);
    nx_status status = NX_ERR_GONE;
    if (session) {
        const struct rooms_join request = {
                .name = nx_str_c(joining->room),
                .session = session,
                .since = joining->has_since ? &joining->since : NULL,
                .done = on_joined,
                .user = joining,
        };
        status = rooms_join(core->rooms, &request);
    }
    if (status) {
        fail_join(joining, status);
        joining_destroy(joining);
    }
}

static void on_decided(struct core *core, struct op *auth_op,
        const struct nx_auth_decision *decision) {
    struct joining *joining = auth_op->context;
    auth_op->context = NULL; // ours again
    if (decision->verdict == NX_AUTH_ALLOW) {
        join(joining);
        return;
    }
    struct op *op = ops_find(core->ops, joining->op);
    if (op) {
        const struct nx_failure failure = {
                .struct_size = sizeof(failure),
                .status = NX_ERR_FORBIDDEN,
                .message = decision->reason,
        };
        op_fail(core, op, &failure);
    }
    joining_destroy(joining);
}

static bool read_since(const struct nx_event *ev, struct joining *joining) {
    const struct nx_json *since = json_view_get(ev->json, "since");
    joining->has_since = since != NULL;
    return !since || position_read(since, &joining->since);
}

static int32_t on_join(void *user, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"room_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                    ROOM_ID_MAX},
            {"username", NX_JSON_STRING, NX_FIELD_NAME, 0, USERNAME_MAX},
            {"since", NX_JSON_OBJECT, 0, 0, 0},
            {NULL, 0, 0, 0, 0},
    };
    struct core *core = user;
    nx_status status = expect_fields(core, ev, fields);
    if (status) {
        return status;
    }
    struct session *session = sessions_open(core->sessions, ev->session);
    struct joining *joining =
            session ? joining_create(core, session, ev->op) : NULL;
    if (!joining) {
        return session ? NX_ERR_NO_MEMORY : NX_ERR_GONE;
    }
    name_room(ev, joining->room, sizeof(joining->room));
    struct nx_str username = json_view_str(json_view_get(ev->json, "username"));
    if (username.len > 0) {
        memcpy(joining->username, username.ptr, username.len);
    }
    if (!read_since(ev, joining)) {
        joining_destroy(joining);
        return NX_ERR_INVALID_FIELD;
    }
    const struct nx_auth_request request = {
            .action = NX_AUTH_JOIN,
            .session = ev->session,
            .user = ev->user,
            .room = nx_str_c(joining->room),
    };
    struct nx_auth_decision decision;
    int32_t verdict = auth_ask(core, &request, &decision, on_decided, joining);
    if (verdict == NX_AUTH_ALLOW) {
        join(joining);
    } else if (verdict != NX_AUTH_LATER) {
        struct op denied = {.context = joining};
        on_decided(core, &denied, &decision);
    }
    return NX_LATER;
}

// ---- room.leave ----

static int32_t on_leave(void *user, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"room_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                    ROOM_ID_MAX},
            {"username", NX_JSON_STRING, NX_FIELD_NAME, 0, USERNAME_MAX},
            {NULL, 0, 0, 0, 0},
    };
    struct core *core = user;
    nx_status status = expect_fields(core, ev, fields);
    struct session *session = sessions_open(core->sessions, ev->session);
    if (status || !session) {
        return status ? status : NX_ERR_GONE;
    }
    char room[PREFIX_LEN + ROOM_ID_MAX + 1];
    name_room(ev, room, sizeof(room));
    status = rooms_leave(core->rooms, nx_str_c(room), session);
    struct op *op = ops_find(core->ops, ev->op);
    if (status || !op) {
        return status;
    }
    struct nx_writer *answer = writer_object(core->writers);
    writer_put_str(answer, "room_id", room_events_id(nx_str_c(room)));
    op_reply(core, op, answer, NX_REPLY_RESULT);
    return NX_DONE;
}

static void on_member(void *user, const struct nx_member_event *ev) {
    struct core *core = user;
    struct room *room = rooms_get(core->rooms, ev->room);
    const struct user *member = users_find(core->users, ev->user);
    struct session *session = sessions_find(core->sessions, ev->session);
    if (ev->what == NX_MEMBER_LEFT && session) {
        usernames_set(session, ev->room_name, nx_str_none());
    }
    if (ev->what == NX_MEMBER_LEFT && ev->user_sessions == 0 && room
            && room->member_count > 0 && member && !member->hidden) {
        room_announce_tell(core->announce, room, "room.leave", ev->user,
                nx_str_none(), ev->session);
    }
}

// ---- room.broadcast ----

static void on_published(void *user, const struct nx_publish_result *result) {
    struct publishing *publishing = user;
    struct core *core = publishing->core;
    struct op *op = ops_find(core->ops, publishing->op);
    if (op && result->status) {
        op_fail_status(core, op, result->status);
    } else if (op) {
        struct nx_writer *answer = writer_object(core->writers);
        writer_put_str(
                answer, "room_id", room_events_id(nx_str_c(publishing->room)));
        if (result->offset > 0) {
            writer_put_u64(answer, "offset", result->offset);
        }
        op_reply(core, op, answer, 0);
    }
    free(publishing);
}

static nx_status publish(struct core *core, const struct nx_event *ev,
        struct publishing *publishing, nx_session_id except) {
    static const char *const ours[] = {"event_type", "event_id", "timestamp",
            "user_id", "ref", "echo", "offset", NULL};
    struct nx_writer *event =
            writer_event(core->writers, "room.broadcast", ev->user);
    writer_put_members(event, ev->json, ours);
    struct nx_str text = writer_text(event);
    nx_status status = writer_status(event);
    if (status == NX_OK) {
        const struct settings *settings = core->settings;
        const struct nx_publish_opts opts = {
                .struct_size = sizeof(opts), .except = except};
        const struct engine_publish request = {
                .owner = core,
                .room = nx_str_c(publishing->room),
                .payload = text,
                .keep_count = (uint32_t)settings->history_max_records,
                .keep_age_ms = (uint64_t)settings->rooms_history_age * 1000,
                .opts = &opts,
                .done = on_published,
                .user = publishing,
        };
        status = engine_publish(core->engine, &request);
    }
    writer_discard(event);
    return status;
}

static int32_t on_broadcast(void *user, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"room_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                    ROOM_ID_MAX},
            {"echo", NX_JSON_BOOL, 0, 0, 0},
            {NULL, 0, 0, 0, 0},
    };
    struct core *core = user;
    nx_status status = expect_among(core, ev, fields);
    struct session *session = sessions_open(core->sessions, ev->session);
    if (status || !session) {
        return status ? status : NX_ERR_GONE;
    }
    struct publishing *publishing = calloc(1, sizeof(*publishing));
    if (!publishing) {
        return NX_ERR_NO_MEMORY;
    }
    publishing->core = core;
    publishing->op = ev->op;
    name_room(ev, publishing->room, sizeof(publishing->room));
    const struct room *room =
            rooms_find(core->rooms, nx_str_c(publishing->room));
    status = room && room_member(room, session) ? NX_OK : NX_ERR_NOT_MEMBER;
    if (status == NX_OK) {
        int32_t echo = 1;
        json_view_boolean(json_view_get(ev->json, "echo"), &echo);
        status = publish(core, ev, publishing, echo ? 0 : session->id);
    }
    if (status) {
        free(publishing);
        return status;
    }
    return NX_LATER;
}

enum nx_err room_events_register(struct registry *registry, struct core *core) {
    const struct nx_room_kind kind = {
            .struct_size = sizeof(kind),
            .prefix = ROOM_EVENTS_PREFIX,
            .offset_field = "offset",
            .keep_count = (uint32_t)core->settings->history_max_records,
            .keep_age_ms = (uint64_t)core->settings->rooms_history_age * 1000,
            .user = core,
            .on_member = on_member,
    };
    enum nx_err err = registry_add_kind(registry, NULL, &kind);
    if (!err) {
        err = registry_add_handler(registry, NULL, "room.join", on_join, core);
    }
    if (!err) {
        err = registry_add_handler(
                registry, NULL, "room.leave", on_leave, core);
    }
    if (!err) {
        err = registry_add_handler(
                registry, NULL, "room.broadcast", on_broadcast, core);
    }
    return err;
}
