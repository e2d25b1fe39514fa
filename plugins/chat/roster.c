// Who is a member, and how that changes: chat.members, leave, invite.

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/member.h"
#include "plugins/chat/text.h"

static const char *role_of(const struct member *member) {
    return member->creator ? "creator" : "member";
}

static void write_member(const struct chat *chat, const struct member *member,
        struct nx_writer *out) {
    const struct nx_json_v1 *json = chat->sdk.json;
    char time[TEXT_TIME_SIZE];
    text_time(member->joined_at, time);
    json->begin_object(out, NULL);
    json->put_str(out, "user_id", member->name);
    json->put_str(out, "role", nx_str_c(role_of(member)));
    json->put_bool(out, "online",
            chat->sdk.users->session_count(chat->host, member->name) > 0
                    && !chat->sdk.users->is_hidden(chat->host, member->name));
    json->put_u64(out, "read", member->read);
    json->put_u64(out, "delivered", member->delivered);
    json->put_str(out, "joined_at", nx_str_c(time));
    json->end(out);
}

int32_t roster_list(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)self;
    struct chat *chat = request->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *out = json->object(chat->host);
    if (!out) {
        return NX_ERR_NO_MEMORY;
    }
    json->put_str(out, "conversation_id", conv->name);
    json->put_u64(out, "count", nx_strmap_count(conv->members));
    json->begin_array(out, "members");
    size_t cursor = 0;
    const struct member *member;
    for (int i = 0; i < MEMBER_LISTED
            && (member = nx_strmap_next(conv->members, &cursor, NULL, NULL));
            i++) {
        write_member(chat, member, out);
    }
    json->end(out);
    return request_reply(request, out);
}

// A change that is answered when it is safe.
struct changing {
    struct stored stored;
    struct conversation *conversation; // held
    nx_op_id op;
    size_t guest_len;
    struct nx_str actor; // in names, behind the guest
    char names[];        // whom an invitation is for
};

static struct changing *new_changing(const struct request *request,
        struct conversation *conv, struct nx_str guest, stored_fn fn) {
    struct changing *changing =
            calloc(1, sizeof(*changing) + guest.len + request->user.len);
    if (!changing) {
        return NULL;
    }
    changing->stored.fn = fn;
    changing->stored.user = changing;
    changing->conversation = conv;
    changing->op = request->op;
    changing->guest_len = guest.len;
    if (guest.len > 0) {
        memcpy(changing->names, guest.ptr, guest.len);
    }
    memcpy(changing->names + guest.len, request->user.ptr, request->user.len);
    changing->actor = nx_str_n(changing->names + guest.len, request->user.len);
    return changing;
}

static void reply(const struct changing *changing) {
    const struct conversation *conv = changing->conversation;
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *out = json->object(chat->host);
    if (out) {
        json->put_str(out, "conversation_id", conv->name);
    }
    if (out && changing->guest_len > 0) {
        json->put_str(out, "invitee_id",
                nx_str_n(changing->names, changing->guest_len));
    }
    (void)chat->sdk.router->reply(chat->host, changing->op, out, 0);
}

static void answer(struct changing *changing, nx_status status) {
    if (status == NX_OK) {
        reply(changing);
    } else {
        chat_fail(changing->conversation->chat, changing->op, status);
    }
    conversation_release(changing->conversation);
    free(changing);
}

static void has_left(void *user, nx_status status) {
    answer(user, status);
}

static struct nx_writer *leave_event(
        const struct request *request, const struct conversation *conv) {
    struct chat *chat = request->chat;
    struct nx_writer *event =
            chat->sdk.json->event(chat->host, "chat.leave", request->user);
    if (event) {
        chat->sdk.json->put_str(event, "conversation_id", conv->name);
    }
    return event;
}

// The others in the room, and the user's other devices, which are no longer
// in it.
static void tell_of_leaving(
        const struct request *request, struct conversation *conv) {
    struct chat *chat = request->chat;
    struct nx_send_opts opts = {
            .struct_size = sizeof(opts),
            .except = request->session,
    };
    struct nx_writer *event = leave_event(request, conv);
    if (event) {
        (void)chat->sdk.send->to_user(
                chat->host, request->user, event, &opts, NULL);
    }
    if (!dm_is(conv->name)) {
        attendance_tell(conv, leave_event(request, conv), 0);
    }
}

int32_t roster_leave(const struct request *request, struct conversation *conv,
        struct member *self) {
    struct changing *changing =
            new_changing(request, conv, nx_str_none(), has_left);
    if (!changing) {
        return NX_ERR_NO_MEMORY;
    }
    conversation_hold(conv);
    nx_status status = member_remove(self, &changing->stored);
    if (status != NX_OK) {
        conversation_release(conv);
        free(changing);
        return status;
    }
    attendance_leave_all(conv, request->user);
    tell_of_leaving(request, conv);
    return NX_LATER;
}

static struct nx_writer *invitation(
        const struct changing *changing, const char *type, struct nx_str user) {
    struct conversation *conv = changing->conversation;
    struct chat *chat = conv->chat;
    struct nx_writer *event = chat->sdk.json->event(chat->host, type, user);
    if (event) {
        chat->sdk.json->put_str(event, "conversation_id", conv->name);
    }
    return event;
}

static void is_invited(void *user, nx_status status) {
    struct changing *changing = user;
    struct conversation *conv = changing->conversation;
    struct chat *chat = conv->chat;
    struct nx_str guest = nx_str_n(changing->names, changing->guest_len);
    if (status == NX_OK) {
        struct nx_writer *event = invitation(changing, "chat.join", guest);
        if (event) {
            chat->sdk.json->put_str(event, "invited_by", changing->actor);
            attendance_tell(conv, event, 0);
        }
        attendance_enter_all(conv, guest);
        event = invitation(changing, "chat.invite", changing->actor);
        if (event) {
            chat->sdk.json->put_str(event, "invitee_id", guest);
            (void)chat->sdk.send->to_user(chat->host, guest, event, NULL, NULL);
        }
    }
    answer(changing, status);
}

int32_t roster_invite(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)self;
    if (dm_is(conv->name)) {
        return chat_refuse(request->chat, request->op, NX_ERR_FORBIDDEN,
                "a conversation of two has no room for a third");
    }
    struct nx_str guest = request_str(request, "user_id");
    struct member *member = member_find(conv, guest);
    bool is_new = !member;
    if (is_new) {
        nx_status status = member_add(conv, guest, false, &member);
        if (status != NX_OK) {
            return status;
        }
    }
    struct changing *changing =
            new_changing(request, conv, guest, is_new ? is_invited : has_left);
    if (!changing) {
        return NX_ERR_NO_MEMORY;
    }
    conversation_hold(conv);
    member_store(member, &changing->stored);
    return NX_LATER;
}
