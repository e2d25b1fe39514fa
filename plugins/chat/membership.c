#include "plugins/chat/membership.h"

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/facts.h"
#include "plugins/chat/member.h"
#include "plugins/chat/request.h"

static bool may_join(
        const struct request *request, const struct conversation *conv) {
    if (!(request->kind->flags & REQUEST_JOINS)) {
        return false;
    }
    // Only the two get as far as this with a conversation of two.
    return dm_is(conv->name)
            || (conv->open && conv->chat->settings.open_conversations);
}

static void announce(const struct request *request, struct conversation *conv) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    if (dm_is(conv->name)) {
        return; // the two know each other
    }
    struct nx_writer *event =
            json->event(chat->host, "chat.join", request->user);
    if (event) {
        json->put_str(event, "conversation_id", conv->name);
        json->put_json(event, "username", request_get(request, "username"));
        attendance_tell(conv, event, request->session);
    }
}

nx_status membership_keep_peer(struct conversation *conv, struct nx_str user) {
    char name[CHAT_ID_MAX];
    size_t len;
    if (!dm_peer(conv->name, user, name, sizeof(name), &len)) {
        return NX_OK;
    }
    struct nx_str peer = nx_str_n(name, len);
    if (member_find(conv, peer)) {
        return NX_OK;
    }
    struct member *member;
    nx_status status = member_add(conv, peer, false, &member);
    if (status == NX_OK) {
        attendance_enter_all(conv, peer);
    }
    return status;
}

nx_status membership_admit(const struct request *request,
        struct conversation *conv, struct member **self) {
    *self = member_find(conv, request->user);
    if (*self) {
        return NX_OK;
    }
    bool founding = !conv->exists;
    if (founding && !(request->kind->flags & REQUEST_FOUNDS)) {
        return NX_ERR_NOT_FOUND;
    }
    if (!founding && !may_join(request, conv)) {
        return NX_ERR_NOT_MEMBER;
    }
    nx_status status = founding ? facts_found(conv, request->user) : NX_OK;
    if (status == NX_OK) {
        status = member_add(conv, request->user, founding, self);
    }
    if (status != NX_OK) {
        return status;
    }
    attendance_enter_all(conv, request->user);
    announce(request, conv);
    return membership_keep_peer(conv, request->user);
}
