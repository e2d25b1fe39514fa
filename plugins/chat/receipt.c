#include "plugins/chat/receipt.h"

#include <stdlib.h>
#include <string.h>

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
    uint64_t after;
    uint64_t upto;
    size_t user_len;
    char user[];
};

static struct nx_str user_of(const struct receipt *receipt) {
    return nx_str_n(receipt->user, receipt->user_len);
}

static struct receipt *new_receipt(
        struct chat *chat, struct nx_str user, uint64_t after, uint64_t upto) {
    struct receipt *receipt = calloc(1, sizeof(*receipt) + user.len);
    if (receipt) {
        receipt->chat = chat;
        receipt->after = after;
        receipt->upto = upto;
        receipt->user_len = user.len;
        memcpy(receipt->user, user.ptr, user.len);
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
    tell_senders(conv, &view, receipt->upto, user_of(receipt));
    projection_finish(&view);
    call_end(&receipt->call);
    free(receipt);
}

// The messages are no longer in memory: a restart, or a cold conversation.
static void read_messages(struct conversation *conv, struct nx_str user,
        uint64_t after, uint64_t upto) {
    struct chat *chat = conv->chat;
    struct receipt *receipt = new_receipt(chat, user, after, upto);
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

static void advance(struct conversation *conv, struct member *member,
        uint64_t after, uint64_t upto) {
    if (upto > conv->last_seq) {
        upto = conv->last_seq;
    }
    if (after < member->delivered) {
        after = member->delivered;
    }
    if (upto <= after) {
        return;
    }
    member->delivered = upto;
    member_touch(member);
    if (nx_strmap_count(conv->members)
            <= conv->chat->settings.delivered_members) {
        tell_range(conv, member->name, after, upto);
    }
}

void receipt_advance(
        struct conversation *conv, struct member *member, uint64_t upto) {
    advance(conv, member, member->delivered, upto);
}

static void its_turn(void *user, struct conversation *conv, nx_status status) {
    struct receipt *receipt = user;
    struct member *member =
            status == NX_OK ? member_find(conv, user_of(receipt)) : NULL;
    if (member) {
        advance(conv, member, receipt->after, receipt->upto);
    }
    free(receipt);
}

void receipt_add(struct chat *chat, struct nx_str conversation,
        struct nx_str user, uint64_t after, uint64_t upto) {
    struct conversation *conv = conversation_obtain(chat, conversation);
    const struct need members = {.log = false};
    if (!conv) {
        return;
    }
    if (conversation_ready(conv, &members)) {
        struct member *member = member_find(conv, user);
        if (member) {
            advance(conv, member, after, upto);
        }
        return;
    }
    struct receipt *receipt = new_receipt(chat, user, after, upto);
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
    const size_t prefix = sizeof("chat:") - 1;
    struct nx_str name =
            nx_str_n(ev->room_name.ptr + prefix, ev->room_name.len - prefix);
    receipt_add(user, name, ev->user, ev->after, ev->upto);
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
    receipt_advance(conv, self, seq);
    struct nx_writer *out = json->object(chat->host);
    if (out) {
        json->put_str(out, "conversation_id", conv->name);
        json->put_u64(out, "seq", self->delivered);
    }
    return request_ack(request, out);
}
