#include "plugins/chat/attendance.h"

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/device.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/member.h"

// More sessions of one user than the server allows by far.
#define SESSIONS_MAX 256

// The sessions of a user, collected before anything is done with them: to
// join and leave while they are walked is not allowed.
struct sessions {
    size_t count;
    nx_session_id ids[SESSIONS_MAX];
};

static int32_t collect(
        void *user, nx_session_id session, struct nx_str user_name) {
    (void)user_name;
    struct sessions *sessions = user;
    sessions->ids[sessions->count++] = session;
    return sessions->count == SESSIONS_MAX;
}

static void sessions_of(const struct chat *chat, struct nx_str user,
        struct sessions *sessions) {
    sessions->count = 0;
    chat->sdk.users->each_session(chat->host, user, collect, sessions);
}

bool attendance_is_in(const struct conversation *conv, nx_session_id session) {
    const struct chat *chat = conv->chat;
    nx_room_id room = chat->sdk.rooms->find(chat->host, conv->room_name);
    return room != 0
            && chat->sdk.rooms->is_member(chat->host, room, session) != 0;
}

static bool is_behind(
        const struct conversation *conv, const struct nx_position *cursor) {
    return cursor->offset < conv->last_seq
            || (cursor->epoch != conv->epoch && cursor->offset > 0);
}

nx_status attendance_enter(struct conversation *conv, nx_session_id session) {
    struct chat *chat = conv->chat;
    if (session == 0 || attendance_is_in(conv, session)) {
        return NX_OK; // session 0: another plugin speaks for the user
    }
    if (chat->quiet) {
        arrival_again(chat, session);
        return NX_OK;
    }
    if (arrival_is_at(chat, session, conv->name)) {
        return NX_OK;
    }
    struct device_ref device;
    if (!device_of(chat, session, &device)) {
        return NX_ERR_GONE;
    }
    struct member *member = member_find(conv, device.user);
    if (!member) {
        return NX_ERR_NOT_MEMBER;
    }
    struct nx_position cursor;
    if (!member_cursor(member, &device, 0, &cursor)
            || is_behind(conv, &cursor)) {
        arrival_enter(chat, session, conv->name);
        return NX_OK;
    }
    member_meet(member, &device, &cursor);
    nx_status status = chat->sdk.rooms->join(
            chat->host, conv->room_name, session, NULL, NULL, NULL);
    return status == NX_ERR_EXISTS ? NX_OK : status;
}

void attendance_enter_all(struct conversation *conv, struct nx_str user) {
    struct sessions sessions;
    sessions_of(conv->chat, user, &sessions);
    for (size_t i = 0; i < sessions.count; i++) {
        (void)attendance_enter(conv, sessions.ids[i]);
    }
}

void attendance_leave_all(struct conversation *conv, struct nx_str user) {
    // Also those whose clients are away and could resume them.
    struct chat *chat = conv->chat;
    (void)chat->sdk.rooms->expel(chat->host, conv->room_name, user);
}

void attendance_tell(struct conversation *conv, struct nx_writer *event,
        nx_session_id except) {
    struct chat *chat = conv->chat;
    struct nx_publish_opts opts = {
            .struct_size = sizeof(opts),
            .flags = NX_PUBLISH_NO_LOG,
            .cls = NX_CLASS_NORMAL,
            .except = except,
    };
    if (event) {
        (void)chat->sdk.engine->publish(
                chat->host, conv->room_name, event, &opts, NULL, NULL);
    }
}

void attendance_changed(void *user, const struct nx_member_event *ev) {
    struct chat *chat = user;
    struct nx_str name = conversation_of_room(ev->room_name);
    if (ev->what != NX_MEMBER_LEFT) {
        return;
    }
    typing_left(chat, name, ev->user, ev->session);
    if (ev->members == 0) {
        // From here on records may be added that this node does not see.
        struct conversation *conv = conversation_find(chat, name);
        if (conv) {
            log_view_reset(conv, conv->last_seq);
        }
    }
}
