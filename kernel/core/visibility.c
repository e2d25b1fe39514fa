#include "kernel/core/visibility.h"

#include <string.h>

#include "kernel/core/core.h"
#include "kernel/core/room_announce.h"
#include "kernel/core/room_events.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/users.h"

// Only in the kernel's own rooms members are told who joins and leaves; the
// others belong to plugins, and so do their announcements.
static bool is_announced(const struct room *room) {
    const size_t prefix = sizeof(ROOM_EVENTS_PREFIX) - 1;
    return room->name_len > prefix
            && memcmp(room->name, ROOM_EVENTS_PREFIX, prefix) == 0;
}

// Each room once: by the first of the user's memberships.
static void change_rooms(
        struct core *core, const struct session *session, bool hidden) {
    nx_list_for_each (link, &session->members) {
        const struct member *member =
                nx_container_of(link, struct member, session_link);
        struct room *room = member->room;
        if (!member->first) {
            continue;
        }
        room->hidden_count += hidden ? 1 : (uint32_t)-1;
        if (is_announced(room)) {
            room_announce_visibility(core->announce, room, session);
        }
    }
}

static void apply(struct core *core, struct user *user) {
    bool hidden = user->arriving || user->wants_to_hide;
    if (user->hidden == hidden) {
        return;
    }
    users_hide(core->users, user, hidden);
    nx_list_for_each (link, &user->sessions) {
        change_rooms(
                core, nx_container_of(link, struct session, user_link), hidden);
    }
}

void visibility_set(struct core *core, struct user *user, bool hidden) {
    user->wants_to_hide = hidden;
    apply(core, user);
}

void visibility_arrived(struct core *core, struct user *user) {
    user->arriving = false;
    apply(core, user);
}
