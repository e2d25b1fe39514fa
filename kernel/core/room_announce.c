#include "kernel/core/room_announce.h"

#include <stdlib.h>

#include <nexus/util/list.h>

#include "kernel/base/payload.h"
#include "kernel/base/timers.h"
#include "kernel/core/core.h"
#include "kernel/core/frame.h"
#include "kernel/core/room_events.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/usernames.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define COUNT_EVERY_MS 1000

// A large room whose members have changed since they were last told.
struct changed {
    struct nx_list link; // struct room_announce::changed
    nx_room_id room;
};

struct room_announce {
    struct core *core;
    struct timer timer;
    struct nx_list changed; // struct changed::link
};

static void fan_out(struct room *room, struct nx_writer *event,
        enum outbox_class cls, nx_session_id except) {
    struct payload *payload;
    if (frame_of_event(event, &payload) != NX_OK) {
        return;
    }
    room_fan_out(
            room, payload, cls, cls == OUTBOX_DROPPABLE ? room->id : 0, except);
    payload_unref(payload);
}

static void tell_count(struct core *core, struct room *room) {
    struct nx_str nobody = {NULL, 0};
    struct nx_writer *event =
            writer_event(core->writers, "room.members", nobody);
    writer_put_str(event, "room_id", room_events_id(room_name(room)));
    writer_put_u64(event, "count", room_visible_users(room));
    fan_out(room, event, OUTBOX_DROPPABLE, 0);
}

static void tell_counts(void *arg) {
    struct room_announce *announce = arg;
    struct nx_list *link;
    while ((link = nx_list_take_first(&announce->changed)) != NULL) {
        struct changed *changed = nx_container_of(link, struct changed, link);
        struct room *room = rooms_get(announce->core->rooms, changed->room);
        if (room) {
            tell_count(announce->core, room);
        }
        free(changed);
    }
}

struct room_announce *room_announce_create(struct core *core) {
    struct room_announce *announce = calloc(1, sizeof(*announce));
    if (!announce) {
        return NULL;
    }
    announce->core = core;
    timer_init(&announce->timer, tell_counts, announce);
    nx_list_init(&announce->changed);
    return announce;
}

void room_announce_destroy(struct room_announce *announce) {
    if (!announce) {
        return;
    }
    timer_cancel(&announce->timer);
    struct nx_list *link;
    while ((link = nx_list_take_first(&announce->changed)) != NULL) {
        free(nx_container_of(link, struct changed, link));
    }
    free(announce);
}

// Large rooms that change within one second are few: the list is walked.
static bool is_noted(const struct room_announce *announce, nx_room_id room) {
    nx_list_for_each (link, &announce->changed) {
        if (nx_container_of(link, struct changed, link)->room == room) {
            return true;
        }
    }
    return false;
}

static void note_change(
        struct room_announce *announce, const struct room *room) {
    struct changed *changed =
            is_noted(announce, room->id) ? NULL : calloc(1, sizeof(*changed));
    if (!changed) {
        return;
    }
    changed->room = room->id;
    nx_list_append(&announce->changed, &changed->link);
    if (!timer_armed(&announce->timer)) {
        timers_set(&announce->core->timers, &announce->timer, COUNT_EVERY_MS);
    }
}

void room_announce_tell(struct room_announce *announce, struct room *room,
        const char *type, struct nx_str user, struct nx_str username,
        nx_session_id except) {
    struct core *core = announce->core;
    if (room->member_count > core->settings->rooms_announce_limit) {
        note_change(announce, room);
        return;
    }
    struct nx_writer *event = writer_event(core->writers, type, user);
    writer_put_str(event, "room_id", room_events_id(room_name(room)));
    writer_put_str(event, "username", username);
    fan_out(room, event, OUTBOX_NORMAL, except);
}

// To all but the user's own devices, which know better.
static void fan_out_to_others(const struct room *room, struct nx_writer *event,
        const struct user *user) {
    struct payload *payload;
    if (frame_of_event(event, &payload) != NX_OK) {
        return;
    }
    nx_list_for_each (link, &room->members) {
        struct session *session =
                nx_container_of(link, struct member, room_link)->session;
        if (session->user != user) {
            (void)session_push(session, payload, OUTBOX_NORMAL, 0);
        }
    }
    payload_unref(payload);
}

void room_announce_visibility(struct room_announce *announce,
        const struct room *room, const struct session *session) {
    struct core *core = announce->core;
    const struct user *user = session->user;
    if (room->member_count > core->settings->rooms_announce_limit) {
        note_change(announce, room);
        return;
    }
    struct nx_writer *event = writer_event(core->writers,
            user->hidden ? "room.leave" : "room.join", user_name(user));
    writer_put_str(event, "room_id", room_events_id(room_name(room)));
    if (!user->hidden) {
        writer_put_str(
                event, "username", usernames_get(session, room_name(room)));
    }
    fan_out_to_others(room, event, user);
}
