// chat.join: become a member if need be, enter the room, say where its log is.

#include <stdlib.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/member.h"
#include "plugins/chat/receipt.h"
#include "plugins/chat/text.h"

// How often the session may be let in from elsewhere while it enters.
#define TRIES_MAX 3

struct joining {
    struct call call;     // while the room is asked
    struct stored stored; // while a new membership is made safe
    struct chat *chat;
    struct conversation *conversation; // held while stored waits
    nx_op_id op;
    nx_session_id session;
    bool has_since;
    struct nx_position since;
    unsigned tries; // to enter from there
};

static void write_users(
        const struct conversation *conv, struct nx_writer *out) {
    const struct nx_json_v1 *json = conv->chat->sdk.json;
    json->begin_object(out, "members");
    json->put_u64(out, "count", nx_strmap_count(conv->members));
    json->begin_array(out, "users");
    size_t cursor = 0;
    const struct member *member;
    for (int i = 0; i < MEMBER_LISTED
            && (member = nx_strmap_next(conv->members, &cursor, NULL, NULL));
            i++) {
        json->put_str(out, NULL, member->name);
    }
    json->end(out);
    json->end(out);
}

// Where the log stands, and, unless result is NULL, what recovery gave.
static void answer(const struct joining *joining, struct conversation *conv,
        const struct nx_join_result *result) {
    struct chat *chat = joining->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *out = json->object(chat->host);
    if (out) {
        char epoch[TEXT_HEX_SIZE];
        text_hex(result ? result->epoch : conv->epoch, epoch);
        json->put_str(out, "conversation_id", conv->name);
        write_users(conv, out);
        json->put_str(out, "epoch", nx_str_c(epoch));
        json->put_u64(out, "seq", result ? result->offset : conv->last_seq);
        if (result) {
            json->put_bool(out, "recovered", result->recovered);
        }
    }
    (void)chat->sdk.router->reply(
            chat->host, joining->op, out, NX_REPLY_RESULT);
}

// The client has said how far its device is.
static void meet(const struct joining *joining, struct conversation *conv,
        const struct nx_join_result *result) {
    struct device_ref device;
    struct member *member = NULL;
    if (device_of(joining->chat, joining->session, &device)) {
        member = member_find(conv, device.user);
    }
    if (!member) {
        return;
    }
    const struct nx_position at = {member->epoch, member->delivered};
    member_meet(member, &device, result->recovered ? &joining->since : &at);
    if (result->recovered && joining->since.epoch == conv->epoch) {
        receipt_advance(conv, member, joining->session, joining->since.offset);
    }
}

static nx_status recover(struct joining *joining, struct conversation *conv);

// Its arrival has let it in meanwhile, from another position.
static void enter_again(struct joining *joining, struct conversation *conv) {
    struct chat *chat = joining->chat;
    nx_op_id op = joining->op;
    joining->tries++;
    conversation_hold(conv);
    call_end(&joining->call);
    nx_status status = recover(joining, conv);
    if (status != NX_OK) {
        chat_fail(chat, op, status);
    }
    conversation_release(conv);
}

static void recovered(void *user, const struct nx_join_result *result) {
    struct joining *joining = user;
    struct conversation *conv = joining->call.conversation;
    if (result->status == NX_ERR_EXISTS && joining->tries < TRIES_MAX) {
        enter_again(joining, conv);
        return;
    }
    if (result->status == NX_OK) {
        conversation_saw(conv, result->epoch, result->offset);
        meet(joining, conv, result);
        answer(joining, conv, result);
    } else {
        // It was in the room before, and shall not be out because of us.
        (void)attendance_enter(conv, joining->session);
        chat_fail(joining->chat, joining->op, result->status);
    }
    call_end(&joining->call);
    free(joining);
}

// Enters the room from a position: the one way to get what was missed is to
// join anew. Takes joining over, also on error.
static nx_status recover(struct joining *joining, struct conversation *conv) {
    struct chat *chat = joining->chat;
    if (chat->quiet) {
        free(joining);
        return NX_ERR_RELOADED;
    }
    if (attendance_is_in(conv, joining->session)) {
        (void)chat->sdk.rooms->leave(
                chat->host, conv->room_name, joining->session);
    }
    nx_status status = chat->sdk.rooms->join(chat->host, conv->room_name,
            joining->session, &joining->since, recovered, joining);
    if (status == NX_OK) {
        call_begin(chat, &joining->call, conv);
        return NX_OK;
    }
    (void)attendance_enter(conv, joining->session);
    free(joining);
    return status;
}

// Takes joining over, also on error.
static nx_status enter(struct joining *joining, struct conversation *conv) {
    if (joining->has_since && joining->session != 0) {
        return recover(joining, conv);
    }
    nx_status status = attendance_enter(conv, joining->session);
    if (status == NX_OK) {
        answer(joining, conv, NULL);
    }
    free(joining);
    return status;
}

static void is_stored(void *user, nx_status status) {
    struct joining *joining = user;
    struct conversation *conv = joining->conversation;
    struct chat *chat = joining->chat;
    nx_op_id op = joining->op;
    if (status == NX_OK) {
        status = enter(joining, conv);
    } else {
        free(joining);
    }
    if (status != NX_OK) {
        chat_fail(chat, op, status);
    }
    conversation_release(conv);
}

int32_t join_handle(const struct request *request, struct conversation *conv,
        struct member *self) {
    struct joining *joining = calloc(1, sizeof(*joining));
    if (!joining) {
        return NX_ERR_NO_MEMORY;
    }
    joining->chat = request->chat;
    joining->conversation = conv;
    joining->op = request->op;
    joining->session = request->session;
    nx_status status = request_since(request, &joining->since);
    joining->has_since = status == NX_OK;
    if (status == NX_ERR_INVALID_FIELD) {
        free(joining);
        return chat_refuse(request->chat, request->op, status,
                "since needs epoch, as answered before, and offset");
    }
    joining->stored.fn = is_stored;
    joining->stored.user = joining;
    conversation_hold(conv);
    member_store(self, &joining->stored);
    return NX_LATER;
}
