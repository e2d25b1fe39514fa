// chat.read: how far a member has read.

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/member.h"
#include "plugins/chat/message_id.h"
#include "plugins/chat/receipt.h"
#include "plugins/chat/text.h"

// A watermark that is being made safe.
struct reading {
    struct stored stored;
    struct conversation *conversation; // held
    nx_op_id op;
    uint64_t seq;
    bool moved;
    size_t id_len; // of the message, if the client named one
    char id[MESSAGE_ID_LEN];
    size_t user_len;
    char user[];
};

static struct nx_writer *write_event(const struct reading *reading) {
    struct conversation *conv = reading->conversation;
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *event = json->event(chat->host, "chat.read",
            nx_str_n(reading->user, reading->user_len));
    if (!event) {
        return NULL;
    }
    char time[TEXT_TIME_SIZE];
    text_time(chat_now(chat), time);
    json->put_str(event, "conversation_id", conv->name);
    json->put_u64(event, "seq", reading->seq);
    if (reading->id_len > 0) {
        json->put_str(
                event, "message_id", nx_str_n(reading->id, reading->id_len));
    }
    json->put_str(event, "read_at", nx_str_c(time));
    return event;
}

// In a small conversation everybody, in a large one the reader's devices.
static void tell(const struct reading *reading) {
    struct conversation *conv = reading->conversation;
    struct chat *chat = conv->chat;
    struct nx_writer *event = write_event(reading);
    if (nx_strmap_count(conv->members) <= chat->settings.delivered_members) {
        attendance_tell(conv, event, 0);
    } else if (event) {
        (void)chat->sdk.send->to_user(chat->host,
                nx_str_n(reading->user, reading->user_len), event, NULL, NULL);
    }
}

static void is_stored(void *user, nx_status status) {
    struct reading *reading = user;
    struct conversation *conv = reading->conversation;
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    if (status == NX_OK) {
        struct nx_writer *out = json->object(chat->host);
        if (out) {
            json->put_str(out, "conversation_id", conv->name);
            json->put_u64(out, "seq", reading->seq);
        }
        (void)chat->sdk.router->reply(chat->host, reading->op, out, 0);
    } else {
        chat_fail(chat, reading->op, status);
    }
    if (status == NX_OK && reading->moved) {
        chat_count(chat, chat->metrics.reads);
        tell(reading);
    }
    conversation_release(conv);
    free(reading);
}

static struct reading *new_reading(
        const struct request *request, struct conversation *conv) {
    struct reading *reading = calloc(1, sizeof(*reading) + request->user.len);
    if (!reading) {
        return NULL;
    }
    struct nx_str id = request_str(request, "message_id");
    reading->stored.fn = is_stored;
    reading->stored.user = reading;
    reading->conversation = conv;
    reading->op = request->op;
    if (id.len > 0 && id.len <= sizeof(reading->id)) {
        memcpy(reading->id, id.ptr, id.len);
        reading->id_len = id.len;
    }
    memcpy(reading->user, request->user.ptr, request->user.len);
    reading->user_len = request->user.len;
    return reading;
}

int32_t read_mark(const struct request *request, struct conversation *conv,
        struct member *self) {
    uint64_t seq = 0;
    nx_status status = request_seq(request, conv, &seq);
    if (status == NX_ERR_MISSING_FIELD) {
        return chat_refuse(request->chat, request->op, status,
                "either seq or message_id is needed");
    }
    if (status != NX_OK) {
        return status;
    }
    struct reading *reading = new_reading(request, conv);
    if (!reading) {
        return NX_ERR_NO_MEMORY;
    }
    if (seq > conv->last_seq) {
        seq = conv->last_seq;
    }
    if (seq > self->read) {
        self->read = seq;
        reading->moved = true;
        member_touch(self);
        member_active(self);
    }
    // Who has read has received.
    receipt_advance(conv, self, request->session, seq);
    reading->seq = self->read;
    conversation_hold(conv);
    member_store(self, &reading->stored);
    return NX_LATER;
}
