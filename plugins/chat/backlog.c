#include "plugins/chat/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/key.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/member.h"
#include "plugins/chat/receipt.h"

#define ROOM        "chat:"
#define RECORDS_MAX 1000

struct backlog {
    struct call call;
    struct chat *chat;
    struct backlog_order order; // strings in text
    uint64_t delivered;         // the user has all up to this
    uint32_t sent;
    bool newest_only; // the second try, when too much was missed
    struct nx_str room;
    char text[];
};

// A message that was the last of its backlog, until it is received.
struct tracked {
    struct call call;
    struct chat *chat;
    uint64_t after;
    size_t conversation_len;
    size_t user_len;
    char text[];
};

static void finish(struct backlog *backlog, nx_status status) {
    struct backlog_order order = backlog->order;
    uint32_t sent = backlog->sent;
    order.fn(order.ctx, status, sent);
    free(backlog);
}

static void joined(void *user, const struct nx_join_result *result) {
    struct backlog *backlog = user;
    call_end(&backlog->call);
    finish(backlog, result->status);
}

// Behind what was sent. EXISTS: the user's own message was faster.
static nx_status enter(
        struct backlog *backlog, const struct nx_position *since) {
    struct chat *chat = backlog->chat;
    if (chat->quiet) {
        return NX_ERR_STATE;
    }
    nx_status status = chat->sdk.rooms->join(chat->host, backlog->room,
            backlog->order.session, since, joined, backlog);
    if (status == NX_OK) {
        call_begin(chat, &backlog->call, NULL);
    }
    return status;
}

static void received(
        void *user, nx_session_id session, uint64_t cookie, uint32_t outcome) {
    (void)session;
    struct tracked *tracked = user;
    call_end(&tracked->call);
    if (outcome == NX_TRACKED_RECEIVED) {
        receipt_add(tracked->chat,
                nx_str_n(tracked->text, tracked->conversation_len),
                nx_str_n(tracked->text + tracked->conversation_len,
                        tracked->user_len),
                tracked->after, cookie);
    }
    free(tracked);
}

// Sends the last message so that its receipt proves all of them.
static nx_status send_tracked(
        struct backlog *backlog, struct nx_writer *event, uint64_t seq) {
    struct chat *chat = backlog->chat;
    const struct backlog_order *order = &backlog->order;
    size_t conversation_len = order->conversation.len;
    struct tracked *tracked =
            calloc(1, sizeof(*tracked) + conversation_len + order->user.len);
    if (!tracked) {
        return chat->sdk.send->to_session(
                chat->host, order->session, event, NULL);
    }
    tracked->chat = chat;
    tracked->after = backlog->delivered;
    tracked->conversation_len = conversation_len;
    tracked->user_len = order->user.len;
    memcpy(tracked->text, order->conversation.ptr, conversation_len);
    memcpy(tracked->text + conversation_len, order->user.ptr, order->user.len);
    nx_status status = chat->sdk.send->tracked(
            chat->host, order->session, event, seq, received, tracked);
    if (status == NX_OK) {
        call_begin_late(chat, &tracked->call);
    } else {
        free(tracked);
    }
    return status;
}

static nx_status send_message(
        struct backlog *backlog, const struct projected *message, bool last) {
    struct chat *chat = backlog->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    static const char *const none[] = {NULL};
    struct nx_writer *event = json->object(chat->host);
    if (!event) {
        return NX_ERR_NO_MEMORY;
    }
    json->put_members(event,
            json->parse(chat->host, nx_str_n(message->text, message->text_len)),
            none);
    json->put_u64(event, "seq", message->seq);
    return last ? send_tracked(backlog, event, message->seq)
                : chat->sdk.send->to_session(
                        chat->host, backlog->order.session, event, NULL);
}

static void send_gap(struct backlog *backlog, uint64_t from, uint64_t to) {
    struct chat *chat = backlog->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *event =
            json->event(chat->host, "system.gap", nx_str_none());
    if (event) {
        json->put_str(event, "room", backlog->room);
        json->put_str(event, "conversation_id", backlog->order.conversation);
        json->put_u64(event, "from", from);
        json->put_u64(event, "to", to);
        (void)chat->sdk.send->to_session(
                chat->host, backlog->order.session, event, NULL);
    }
}

static nx_status send_all(
        struct backlog *backlog, const struct projection *view) {
    struct chat *chat = backlog->chat;
    size_t first = 0;
    if (view->count > backlog->order.budget) {
        first = view->count - backlog->order.budget;
    }
    uint64_t next = view->from + 1;
    if (first > 0) {
        next = first < view->count ? projection_at(view, first)->seq
                                   : view->last + 1;
    }
    if (view->count > 0 && next > backlog->delivered + 1) {
        send_gap(backlog, backlog->delivered + 1, next - 1);
    }
    nx_status status = NX_OK;
    for (size_t i = first; i < view->count && status == NX_OK; i++) {
        status = send_message(
                backlog, projection_at(view, i), i + 1 == view->count);
        backlog->sent++;
        chat_count(chat, chat->metrics.backlog);
    }
    return status;
}

// Records in the order of the log, whichever way they came.
static const struct nx_record *record_at(
        const struct nx_history_result *result, size_t i) {
    bool backwards = result->count > 1
            && result->records[0].offset > result->records[1].offset;
    return &result->records[backwards ? result->count - 1 - i : i];
}

static nx_status send_records(
        struct backlog *backlog, const struct nx_history_result *result) {
    struct projection view;
    projection_init(&view, true);
    nx_status status = NX_OK;
    for (size_t i = 0; i < result->count && status == NX_OK; i++) {
        const struct nx_record *record = record_at(result, i);
        if (record->offset <= backlog->delivered) {
            continue;
        }
        if (view.last == 0) {
            projection_clear(&view, record->offset - 1);
        }
        // A change of a message the user has is news as it stands.
        status = log_view_apply(backlog->chat, &view, record, true);
    }
    if (status == NX_OK) {
        status = send_all(backlog, &view);
    }
    projection_finish(&view);
    return status;
}

static nx_status read_log(struct backlog *backlog);

static nx_status use_records(
        struct backlog *backlog, const struct nx_history_result *result) {
    if (result->status != NX_OK) {
        return result->status;
    }
    if (backlog->delivered > result->last) {
        backlog->delivered = result->last; // the log was lost
    }
    if (!backlog->newest_only && result->count > 0
            && result->records[result->count - 1].offset < result->last) {
        backlog->newest_only = true;
        return read_log(backlog);
    }
    nx_status status = NX_OK;
    if (result->last > backlog->delivered) {
        status = send_records(backlog, result);
    }
    struct nx_position since = {result->epoch, result->last};
    if (status == NX_OK) {
        status = enter(backlog, result->last > 0 ? &since : NULL);
    }
    return status;
}

static void log_read(void *user, const struct nx_history_result *result) {
    struct backlog *backlog = user;
    call_end(&backlog->call);
    nx_status status = use_records(backlog, result);
    if (status != NX_OK) {
        finish(backlog, status);
    }
}

static nx_status read_log(struct backlog *backlog) {
    struct chat *chat = backlog->chat;
    // Some of the records may be edits, which cost nothing of the budget.
    uint32_t limit = backlog->order.budget * 2 + 1;
    if (limit > RECORDS_MAX) {
        limit = RECORDS_MAX;
    }
    nx_status status = chat->sdk.engine->history(chat->host, backlog->room,
            backlog->newest_only ? NX_HISTORY_BEFORE : NX_HISTORY_AFTER,
            backlog->newest_only ? 0 : backlog->delivered, limit, log_read,
            backlog);
    if (status == NX_OK) {
        call_begin(chat, &backlog->call, NULL);
    }
    return status;
}

static void member_known(void *user, const struct nx_fact_result *result) {
    struct backlog *backlog = user;
    struct chat *chat = backlog->chat;
    call_end(&backlog->call);
    nx_status status = result->status;
    if (status == NX_OK && result->count == 0) {
        status = NX_ERR_NOT_FOUND;
    }
    if (status == NX_OK) {
        int64_t delivered = 0;
        const struct nx_fact *fact = &result->facts[0];
        const struct nx_json *value = chat->sdk.json->parse(
                chat->host, nx_str_n(fact->value.ptr, fact->value.len));
        (void)chat->sdk.json->i64(
                chat->sdk.json->get(value, "delivered"), &delivered);
        backlog->delivered = delivered > 0 ? (uint64_t)delivered : 0;
        status = read_log(backlog);
    }
    if (status != NX_OK) {
        finish(backlog, status);
    }
}

// From memory if the conversation is there, else from the engine.
static nx_status start(struct backlog *backlog) {
    struct chat *chat = backlog->chat;
    const struct backlog_order *order = &backlog->order;
    const struct conversation *conv =
            conversation_find(chat, order->conversation);
    if (conv && conv->state == CONVERSATION_READY) {
        const struct member *member = member_find(conv, order->user);
        if (!member) {
            return NX_ERR_NOT_FOUND;
        }
        backlog->delivered = member->delivered;
        return read_log(backlog);
    }
    struct key key;
    key_member(&key, order->conversation, order->user);
    nx_status status = chat->sdk.engine->get(
            chat->host, key_text(&key), member_known, backlog);
    if (status == NX_OK) {
        call_begin(chat, &backlog->call, NULL);
    }
    return status;
}

nx_status backlog_send(struct chat *chat, const struct backlog_order *order) {
    const size_t prefix = sizeof(ROOM) - 1;
    struct backlog *backlog = calloc(1,
            sizeof(*backlog) + prefix + order->conversation.len
                    + order->user.len);
    if (!backlog) {
        return NX_ERR_NO_MEMORY;
    }
    char *conversation = backlog->text + prefix;
    char *user = conversation + order->conversation.len;
    memcpy(backlog->text, ROOM, prefix);
    memcpy(conversation, order->conversation.ptr, order->conversation.len);
    memcpy(user, order->user.ptr, order->user.len);
    backlog->chat = chat;
    backlog->order = *order;
    backlog->room = nx_str_n(backlog->text, prefix + order->conversation.len);
    backlog->order.conversation =
            nx_str_n(conversation, order->conversation.len);
    backlog->order.user = nx_str_n(user, order->user.len);
    nx_status status = start(backlog);
    if (status != NX_OK) {
        free(backlog);
    }
    return status;
}
