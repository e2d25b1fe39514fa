#include "kernel/core/rooms.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/send.h>
#include <nexus/util/strmap.h>

#include "kernel/base/idmap.h"
#include "kernel/base/payload.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/frame.h"
#include "kernel/core/plugin.h"
#include "kernel/core/receipts.h"
#include "kernel/core/registry.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume.h"
#include "kernel/core/room_position.h"
#include "kernel/core/room_table.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"

#define ROOMS_MAX ((size_t)1 << 30)

struct rooms *rooms_create(struct core *core) {
    struct rooms *rooms = calloc(1, sizeof(*rooms));
    if (!rooms) {
        return NULL;
    }
    rooms->core = core;
    nx_list_init(&rooms->joins);
    nx_list_init(&rooms->questions);
    rooms->by_name = nx_strmap_create(ROOMS_MAX);
    rooms->by_id = idmap_create(ROOMS_MAX);
    if (!rooms->by_name || !rooms->by_id) {
        rooms_destroy(rooms);
        return NULL;
    }
    return rooms;
}

void rooms_destroy(struct rooms *rooms) {
    if (!rooms) {
        return;
    }
    rooms_drop_joins(rooms);
    room_position_drop(rooms);
    nx_strmap_destroy(rooms->by_name, NULL);
    idmap_destroy(rooms->by_id);
    free(rooms);
}

struct room *rooms_find(const struct rooms *rooms, struct nx_str name) {
    return nx_strmap_get(rooms->by_name, name.ptr, name.len);
}

struct room *rooms_get(const struct rooms *rooms, nx_room_id id) {
    return idmap_get(rooms->by_id, id);
}

void rooms_attach_again(struct rooms *rooms) {
    uint64_t cursor = 0;
    const struct room *room;
    while ((room = idmap_next(rooms->by_id, &cursor)) != NULL) {
        engine_attach(rooms->core->engine, room_name(room));
    }
}

size_t rooms_count(const struct rooms *rooms) {
    return nx_strmap_count(rooms->by_name);
}

struct room *rooms_next(const struct rooms *rooms, uint64_t *cursor) {
    return idmap_next(rooms->by_id, cursor);
}

static void room_free(struct rooms *rooms, struct room *room) {
    idmap_remove(rooms->by_id, room->id);
    blobs_finish(&room->blobs);
    free(room);
}

static struct room *room_create(struct rooms *rooms, struct nx_str name) {
    struct room *room = calloc(1, sizeof(*room) + name.len + 1);
    if (!room) {
        return NULL;
    }
    nx_list_init(&room->members);
    blobs_init(&room->blobs);
    room->name_len = name.len;
    memcpy(room->name, name.ptr, name.len);
    room->id = idmap_add(rooms->by_id, room);
    if (room->id == 0) {
        free(room);
        return NULL;
    }
    if (!nx_strmap_put(rooms->by_name, name.ptr, name.len, room)) {
        room_free(rooms, room);
        return NULL;
    }
    engine_attach(rooms->core->engine, name);
    return room;
}

static void remove_if_empty(struct rooms *rooms, struct room *room) {
    if (room->member_count > 0) {
        return;
    }
    nx_strmap_remove(rooms->by_name, room->name, room->name_len);
    engine_detach(rooms->core->engine, room_name(room));
    room_free(rooms, room);
}

struct member *room_member(
        const struct room *room, const struct session *session) {
    nx_list_for_each (link, &session->members) {
        struct member *member =
                nx_container_of(link, struct member, session_link);
        if (member->room == room) {
            return member;
        }
    }
    return NULL;
}

uint32_t room_user_sessions(
        const struct room *room, const struct session *session) {
    uint32_t count = 0;
    nx_list_for_each (link, &session->user->sessions) {
        const struct session *other =
                nx_container_of(link, struct session, user_link);
        count += room_member(room, other) ? 1 : 0;
    }
    return count;
}

static void tell_member(struct rooms *rooms, struct room *room,
        struct session *session, uint32_t what) {
    const struct registry *registry = rooms->core->registry;
    const struct registry_kind *kind =
            registry_find_kind(registry, room_name(room));
    const struct nx_list *hooks = registry_member_hooks(registry);
    bool kind_hears = kind && kind->kind.on_member;
    if (!kind_hears && nx_list_empty(hooks)) {
        return;
    }
    struct nx_member_event ev = {
            .struct_size = sizeof(ev),
            .what = what,
            .room = room->id,
            .session = session->id,
            .room_name = room_name(room),
            .user = user_name(session->user),
            .user_sessions = room_user_sessions(room, session),
            .members = room->member_count,
    };
    if (kind_hears) {
        plugin_enter_room(kind->owner, "on_member", ev.room_name);
        kind->kind.on_member(kind->kind.user, &ev);
        plugin_leave(kind->owner);
    }
    nx_list_for_each (link, hooks) {
        const struct registry_member_hook *hook =
                nx_container_of(link, struct registry_member_hook, link);
        plugin_enter_room(hook->owner, "member", ev.room_name);
        hook->fn(hook->user, &ev);
        plugin_leave(hook->owner);
    }
}

static struct member *member_create(
        struct room *room, struct session *session) {
    struct member *member = calloc(1, sizeof(*member));
    if (!member) {
        return NULL;
    }
    member->room = room;
    member->session = session;
    member->first = room_user_sessions(room, session) == 0;
    member->held = session->restore
            && restore_expects(session->restore, room_name(room));
    nx_list_init(&member->proof_link);
    nx_list_append(&room->members, &member->room_link);
    nx_list_append(&session->members, &member->session_link);
    session->member_count++;
    room->member_count++;
    room->user_count += member->first ? 1 : 0;
    room->hidden_count += member->first && session->user->hidden ? 1 : 0;
    return member;
}

nx_status rooms_may_join(const struct rooms *rooms, struct nx_str name,
        const struct session *session) {
    const struct settings *settings = rooms->core->settings;
    if (name.len == 0 || name.len > ROOM_NAME_MAX
            || !registry_find_kind(rooms->core->registry, name)) {
        return NX_ERR_INVALID;
    }
    const struct room *room = rooms_find(rooms, name);
    if (room && room_member(room, session)) {
        return NX_ERR_EXISTS;
    }
    struct stats *stats = rooms->core->stats;
    if (session->member_count >= settings->limits_rooms_per_session) {
        stats_refused(stats, LIMIT_ROOMS_PER_SESSION);
        return NX_ERR_LIMIT;
    }
    if (!room && rooms_count(rooms) >= (size_t)settings->limits_rooms) {
        stats_refused(stats, LIMIT_ROOMS);
        return NX_ERR_LIMIT;
    }
    return NX_OK;
}

nx_room_id rooms_add_member(struct rooms *rooms, struct nx_str name,
        struct session *session, const struct nx_position *at) {
    struct room *room = rooms_find(rooms, name);
    if (!room) {
        room = room_create(rooms, name);
    }
    if (!room) {
        return 0;
    }
    struct member *member = member_create(room, session);
    if (!member) {
        remove_if_empty(rooms, room);
        return 0;
    }
    nx_room_id id = room->id;
    if (at) {
        room_position_set(member, at, 0);
    } else {
        room_position_begin(rooms, member);
    }
    resume_changed(session);
    tell_member(rooms, room, session, NX_MEMBER_JOINED);
    return id;
}

// The user's mark "first" passes to another of the user's memberships.
static void pass_first(struct room *room, const struct session *leaving) {
    nx_list_for_each (link, &leaving->user->sessions) {
        const struct session *other =
                nx_container_of(link, struct session, user_link);
        struct member *member =
                other == leaving ? NULL : room_member(room, other);
        if (member) {
            member->first = true;
            return;
        }
    }
    room->user_count--;
    room->hidden_count -= leaving->user->hidden ? 1 : 0;
}

static void remove_member(struct rooms *rooms, struct member *member) {
    struct room *room = member->room;
    struct session *session = member->session;
    if (member->first) {
        pass_first(room, session);
    }
    nx_list_remove(&member->room_link);
    nx_list_remove(&member->session_link);
    receipts_forget(member);
    free(member);
    session->member_count--;
    room->member_count--;
    resume_changed(session);
    tell_member(rooms, room, session, NX_MEMBER_LEFT);
    remove_if_empty(rooms, room);
}

nx_status rooms_leave(
        struct rooms *rooms, struct nx_str name, struct session *session) {
    struct room *room = rooms_find(rooms, name);
    struct member *member = room ? room_member(room, session) : NULL;
    bool expected = session->restore && restore_strike(session->restore, name);
    if (!member) {
        return expected ? NX_OK : NX_ERR_NOT_MEMBER;
    }
    remove_member(rooms, member);
    return NX_OK;
}

void rooms_leave_user(
        struct rooms *rooms, struct nx_str name, const struct user *user) {
    // Leaving tells plugins, which close sessions at the end of the turn only.
    nx_list_for_each (link, &user->sessions) {
        (void)rooms_leave(
                rooms, name, nx_container_of(link, struct session, user_link));
    }
}

void rooms_leave_all(struct rooms *rooms, struct session *session) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&session->members)) != NULL) {
        remove_member(
                rooms, nx_container_of(link, struct member, session_link));
    }
}

// What goes to all members of a room but some.
struct fan_out {
    struct payload *payload;
    enum outbox_class cls;
    uint64_t key;
    nx_session_id except;
    bool is_record; // members that are held get it in its order, later
};

static uint32_t fan_out(struct room *room, const struct fan_out *out) {
    uint32_t taken = 0;
    // Pushing only queues and marks: members stay until the end of the turn.
    nx_list_for_each (link, &room->members) {
        const struct member *member =
                nx_container_of(link, struct member, room_link);
        struct session *session = member->session;
        bool wanted =
                session->id != out->except && !(out->is_record && member->held);
        if (wanted && session_push(session, out->payload, out->cls, out->key)) {
            taken++;
        }
    }
    if (taken > 0) {
        const struct member *any =
                nx_container_of(room->members.next, struct member, room_link);
        histogram_add(&any->session->core->stats->fan_outs, taken);
    }
    return taken;
}

uint32_t room_fan_out(struct room *room, struct payload *payload,
        enum outbox_class cls, uint64_t key, nx_session_id except) {
    const struct fan_out out = {payload, cls, key, except, false};
    return fan_out(room, &out);
}

static void note_records(const struct room *room,
        const struct nx_record *record, nx_session_id except) {
    const struct nx_position position = {record->epoch, record->offset};
    nx_list_for_each (link, &room->members) {
        struct member *member = nx_container_of(link, struct member, room_link);
        if (member->session->id != except && !member->held) {
            receipts_note_record(member, &position);
        }
    }
}

static uint32_t deliver_to_members(struct rooms *rooms, struct room *room,
        const struct nx_record *record, const struct nx_room_kind *kind,
        uint32_t cls, nx_session_id except) {
    struct payload *payload = frame_of_record(record, kind->offset_field);
    if (!payload) {
        return 0;
    }
    // Classes overtake each other: records of a log must not.
    bool is_record = record->offset > 0;
    const struct fan_out out = {
            .payload = payload,
            .cls = is_record ? OUTBOX_NORMAL : outbox_class_of(cls),
            .except = except,
            .is_record = is_record,
    };
    uint32_t taken = fan_out(room, &out);
    payload_unref(payload);
    if ((kind->flags & NX_ROOM_TRACKED) != 0 && record->offset > 0) {
        note_records(room, record, except);
    }
    rooms->core->stats->records++;
    return taken;
}

static void advance(struct room *room, const struct nx_record *record) {
    const struct nx_position at = {record->epoch, record->offset};
    if (room->epoch != at.epoch) {
        room_position_new_log(room, &at);
    }
    room->epoch = at.epoch;
    room->offset = at.offset;
}

uint32_t rooms_deliver(struct rooms *rooms, struct nx_str name,
        const struct nx_record *record, uint32_t cls, nx_session_id except) {
    const struct registry_kind *kind =
            registry_find_kind(rooms->core->registry, name);
    if (!kind) {
        return 0; // its plugin is gone; the record stays in the log
    }
    struct room *room = rooms_find(rooms, name);
    if (kind->kind.on_record) {
        plugin_enter_room(kind->owner, "on_record", name);
        kind->kind.on_record(
                kind->kind.user, room ? room->id : 0, name, record);
        plugin_leave(kind->owner);
        room = rooms_find(rooms, name); // the callback may have changed that
    }
    // Not before: who joined in the callback is still to be sent the record.
    if (room && record->offset > 0) {
        advance(room, record);
    }
    return room
            ? deliver_to_members(rooms, room, record, &kind->kind, cls, except)
            : 0;
}

void rooms_received(struct rooms *rooms, struct member *member, uint64_t after,
        uint64_t upto) {
    struct room *room = member->room;
    const struct registry_kind *kind =
            registry_find_kind(rooms->core->registry, room_name(room));
    resume_proved(member->session);
    bool tracked = kind && (kind->kind.flags & NX_ROOM_TRACKED) != 0;
    if (!tracked || !kind->kind.on_received || upto <= after) {
        return;
    }
    struct nx_received_event ev = {
            .struct_size = sizeof(ev),
            .room = room->id,
            .session = member->session->id,
            .room_name = room_name(room),
            .user = user_name(member->session->user),
            .epoch = member->epoch,
            .after = after,
            .upto = upto,
    };
    plugin_enter_room(kind->owner, "on_received", ev.room_name);
    kind->kind.on_received(kind->kind.user, &ev);
    plugin_leave(kind->owner);
}

enum outbox_class outbox_class_of(uint32_t cls) {
    switch (cls) {
    case NX_CLASS_CONTROL:
        return OUTBOX_CONTROL;
    case NX_CLASS_URGENT:
        return OUTBOX_URGENT;
    case NX_CLASS_DROPPABLE:
        return OUTBOX_DROPPABLE;
    default:
        return OUTBOX_NORMAL;
    }
}
