#include "plugins/chat/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/behind.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/member.h"
#include "plugins/chat/text.h"

// A watermark that jumps tells of the newest so many messages only; to have
// received one means to have received those before.
#define RECEIPTS_AT_ONCE 100

// A proof whose conversation, or whose messages, are still to be read.
struct receipt {
    struct call call;
    struct waiter waiter;
    struct chat *chat;
    struct proof proof; // strings in text
    char text[];
};

static struct receipt *new_receipt(
        struct chat *chat, const struct proof *proof) {
    size_t user_len = proof->user.len;
    size_t device_len = proof->device.len;
    struct receipt *receipt =
            calloc(1, sizeof(*receipt) + user_len + device_len);
    if (!receipt) {
        return NULL;
    }
    receipt->chat = chat;
    receipt->proof = *proof;
    memcpy(receipt->text, proof->user.ptr, user_len);
    receipt->proof.user = nx_str_n(receipt->text, user_len);
    if (proof->device.ptr) {
        memcpy(receipt->text + user_len, proof->device.ptr, device_len);
        receipt->proof.device = nx_str_n(receipt->text + user_len, device_len);
    }
    return receipt;
}

static void tell_sender(const struct conversation *conv,
        const struct projected *message, struct nx_str user) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    // A deleted message has nobody who waits for it; records without an id
    // are no messages.
    if (message->deleted || message->id.len == 0
            || nx_str_eq(message->sender, user)
            || chat->sdk.users->session_count(chat->host, message->sender)
                    == 0) {
        return;
    }
    struct nx_writer *event = json->event(chat->host, "chat.delivered", user);
    if (!event) {
        return;
    }
    char time[TEXT_TIME_SIZE];
    text_time(chat_now(chat), time);
    json->put_str(event, "conversation_id", conv->name);
    json->put_str(event, "message_id", message->id);
    json->put_u64(event, "seq", message->seq);
    json->put_str(event, "delivered_at", nx_str_c(time));
    (void)chat->sdk.send->to_user(
            chat->host, message->sender, event, NULL, NULL);
    chat_count(chat, chat->metrics.receipts);
}

static void tell_senders(const struct conversation *conv,
        const struct projection *view, uint64_t upto, struct nx_str user) {
    for (size_t i = 0; i < view->count; i++) {
        const struct projected *message = projection_at(view, i);
        if (message->seq > upto) {
            break;
        }
        tell_sender(conv, message, user);
    }
}

static void messages_read(void *user, const struct nx_history_result *result) {
    struct receipt *receipt = user;
    struct conversation *conv = receipt->call.conversation;
    struct projection view;
    projection_init(&view, false);
    for (size_t i = 0; i < result->count; i++) {
        (void)log_view_apply(receipt->chat, &view, &result->records[i], false);
    }
    tell_senders(conv, &view, receipt->proof.upto, receipt->proof.user);
    projection_finish(&view);
    call_end(&receipt->call);
    free(receipt);
}

// The messages are no longer in memory: a restart, or a cold conversation.
static void read_messages(struct conversation *conv, struct nx_str user,
        uint64_t after, uint64_t upto) {
    struct chat *chat = conv->chat;
    const struct proof proof = {.user = user, .after = after, .upto = upto};
    struct receipt *receipt = new_receipt(chat, &proof);
    if (!receipt) {
        return;
    }
    nx_status status = chat->sdk.engine->history(chat->host, conv->room_name,
            NX_HISTORY_AFTER, after, (uint32_t)(upto - after), messages_read,
            receipt);
    if (status != NX_OK) {
        free(receipt);
        return;
    }
    call_begin(chat, &receipt->call, conv);
}

static void tell_range(struct conversation *conv, struct nx_str user,
        uint64_t after, uint64_t upto) {
    const struct projection *log = &conv->log;
    if (upto - after > RECEIPTS_AT_ONCE) {
        after = upto - RECEIPTS_AT_ONCE;
    }
    if (after < log->from || upto > log->last) {
        read_messages(conv, user, after, upto);
        return;
    }
    size_t first = projection_rank(log, after + 1);
    size_t end = projection_rank(log, upto + 1);
    for (size_t i = first; i < end; i++) {
        tell_sender(conv, projection_at(log, i), user);
    }
}

// Moves the cursor of the device. One that changes logs begins anew there.
static void advance_device(struct conversation *conv, struct member *member,
        struct nx_str id, uint64_t upto) {
    struct device *device = id.ptr ? devices_find(&member->devices, id) : NULL;
    if (!device) {
        return;
    }
    bool same = device->epoch == conv->epoch || device->epoch == 0;
    if (same && device->received >= upto) {
        return;
    }
    device->epoch = conv->epoch;
    device->received = upto;
    member_touch(member);
}

static void advance(struct conversation *conv, struct member *member,
        const struct proof *proof) {
    uint64_t after = proof->after;
    uint64_t upto = proof->upto;
    if (conv->epoch != 0 && proof->epoch != 0 && proof->epoch != conv->epoch) {
        return; // of a log that is lost
    }
    if (upto > conv->last_seq) {
        upto = conv->last_seq;
    }
    advance_device(conv, member, proof->device, upto);
    if (upto <= member->delivered) {
        return;
    }
    if (after < member->delivered) {
        after = member->delivered;
    }
    member->delivered = upto;
    member_touch(member);
    if (after < upto
            && nx_strmap_count(conv->members)
                    <= conv->chat->settings.delivered_members) {
        tell_range(conv, member->name, after, upto);
    }
}

void receipt_advance(struct conversation *conv, struct member *member,
        nx_session_id session, uint64_t upto) {
    struct device_ref device = {.id = nx_str_none()};
    (void)device_of(conv->chat, session, &device);
    const struct proof proof = {
            .user = member->name,
            .device = device.id,
            .epoch = conv->epoch,
            .upto = upto,
    };
    advance(conv, member, &proof);
}

static void its_turn(void *user, struct conversation *conv, nx_status status) {
    struct receipt *receipt = user;
    struct member *member =
            status == NX_OK ? member_find(conv, receipt->proof.user) : NULL;
    if (member) {
        advance(conv, member, &receipt->proof);
    }
    free(receipt);
}

void receipt_add(struct chat *chat, struct nx_str conversation,
        const struct proof *proof) {
    struct conversation *conv = conversation_obtain(chat, conversation);
    const struct need members = {.log = false};
    if (!conv) {
        return;
    }
    if (conversation_ready(conv, &members)) {
        struct member *member = member_find(conv, proof->user);
        if (member) {
            advance(conv, member, proof);
        }
        return;
    }
    struct receipt *receipt = new_receipt(chat, proof);
    if (!receipt) {
        return;
    }
    receipt->waiter.fn = its_turn;
    receipt->waiter.user = receipt;
    if (conversation_wait(conv, &receipt->waiter) != NX_OK) {
        free(receipt); // the next proof covers this one
    }
}

void receipt_proved(void *user, const struct nx_received_event *ev) {
    struct chat *chat = user;
    struct nx_str name = conversation_of_room(ev->room_name);
    if (behind_is(chat, ev->session, name)) {
        return; // it will begin again where its device is
    }
    struct device_ref device = {.id = nx_str_none()};
    (void)device_of(chat, ev->session, &device);
    const struct proof proof = {
            .user = ev->user,
            .device = device.id,
            .epoch = ev->epoch,
            .after = ev->after,
            .upto = ev->upto,
    };
    receipt_add(chat, name, &proof);
}

int32_t receipt_acked(void *user, const struct nx_event *ev) {
    struct chat *chat = user;
    const struct nx_json_v1 *json = chat->sdk.json;
    int64_t offset = 0;
    const struct nx_json *room = json->get(ev->json, "room");
    struct nx_str name = conversation_of_room(json->str(room));
    (void)json->i64(json->get(ev->json, "offset"), &offset);
    if (!name.ptr || offset < 1) {
        return NX_DONE;
    }
    // It may be on its way into the room, or in it; others are not loaded for
    // anybody's asking.
    const struct conversation *conv = conversation_find(chat, name);
    nx_room_id entered = chat->sdk.rooms->find(chat->host, json->str(room));
    if ((!conv || conv->state != CONVERSATION_READY)
            && !chat->sdk.rooms->is_member(chat->host, entered, ev->session)) {
        return NX_DONE;
    }
    struct device_ref device = {.id = nx_str_none()};
    (void)device_of(chat, ev->session, &device);
    const struct proof proof = {
            .user = ev->user,
            .device = device.id,
            .upto = (uint64_t)offset,
    };
    receipt_add(chat, name, &proof);
    return NX_DONE;
}

int32_t receipt_mark(const struct request *request, struct conversation *conv,
        struct member *self) {
    struct chat *chat = request->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    uint64_t seq = 0;
    nx_status status = request_seq(request, conv, &seq);
    if (status == NX_ERR_MISSING_FIELD) {
        return chat_refuse(chat, request->op, status,
                "either seq or message_id is needed");
    }
    if (status != NX_OK) {
        return status;
    }
    receipt_advance(conv, self, request->session, seq);
    struct nx_writer *out = json->object(chat->host);
    if (out) {
        json->put_str(out, "conversation_id", conv->name);
        json->put_u64(out, "seq", self->delivered);
    }
    return request_ack(request, out);
}
