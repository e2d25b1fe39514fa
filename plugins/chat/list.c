// chat.list: the user's conversations, each with its last message.
//
// One page of the index, then one conversation after the other: loaded if it
// is not in memory, its newest records read if its log is not.

#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/key.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/member.h"

#define DEFAULT_LIMIT 20
#define LIMIT_MAX     100

// So many of the newest records are looked at for what is unread.
#define RECENT      50

#define NAMES_BYTES ((size_t)(LIMIT_MAX + 1) * (CONVERSATION_MAX + 1))

struct list {
    struct call call;
    struct waiter waiter;
    struct chat *chat;
    nx_op_id op;
    size_t limit;
    size_t done;         // conversations listed
    struct nx_buf names; // of those to list, each ended by a NUL
    size_t at;           // position in names
    struct nx_buf rows;  // JSON, without the brackets
    bool has_more;
    size_t user_len;
    char user[];
};

static void free_list(struct list *list) {
    nx_buf_finish(&list->names);
    nx_buf_finish(&list->rows);
    free(list);
}

static void drop_list(struct call *call) {
    free_list(nx_container_of(call, struct list, call));
}

static void fail(struct list *list, nx_status status) {
    chat_fail(list->chat, list->op, status);
    free_list(list);
}

static void answer(struct list *list) {
    struct chat *chat = list->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *out = json->object(chat->host);
    nx_buf_append_char(&list->rows, ']');
    if (!out || list->rows.failed) {
        json->discard(out);
        fail(list, NX_ERR_NO_MEMORY);
        return;
    }
    json->put_raw(
            out, "conversations", nx_str_n(list->rows.data, list->rows.len));
    json->put_bool(out, "has_more", list->has_more);
    (void)chat->sdk.router->reply(chat->host, list->op, out, NX_REPLY_RESULT);
    free_list(list);
}

struct summary {
    const struct projected *last;
    uint64_t unread;
    bool more; // there may be more unread than were counted
};

static struct summary summarize(
        const struct projection *view, const struct member *self) {
    struct summary summary = {.more = view->from > self->read};
    for (size_t i = 0; i < view->count; i++) {
        const struct projected *message = projection_at(view, i);
        summary.last = message;
        if (message->seq > self->read && !message->deleted
                && !nx_str_eq(message->sender, self->name)) {
            summary.unread++;
        }
    }
    return summary;
}

static void put_last(struct nx_writer *row, const struct nx_json_v1 *json,
        const struct projected *message) {
    struct nx_buf text;
    nx_buf_init(&text, CHAT_ANSWER_BYTES);
    if (log_view_write(message, &text) && text.len > 0) {
        json->put_raw(row, "last_message", nx_str_n(text.data, text.len));
    }
    nx_buf_finish(&text);
}

static void add_row(struct list *list, const struct conversation *conv,
        const struct projection *view, const struct member *self) {
    struct chat *chat = list->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct summary summary = summarize(view, self);
    struct nx_writer *row = json->object(chat->host);
    if (!row) {
        list->rows.failed = true;
        return;
    }
    json->put_str(row, "conversation_id", conv->name);
    if (summary.last) {
        put_last(row, json, summary.last);
    }
    json->put_u64(row, "seq", conv->last_seq);
    json->put_u64(row, "read", self->read);
    json->put_u64(row, "unread", summary.unread);
    json->put_bool(row, "unread_more", summary.more);
    json->put_u64(row, "members", nx_strmap_count(conv->members));
    struct nx_str text = json->text(row);
    if (list->done > 0) {
        nx_buf_append_char(&list->rows, ',');
    }
    nx_buf_append(&list->rows, text.ptr, text.len);
    list->done++;
    json->discard(row);
}

static void proceed(struct list *list);

static void add_recent(struct list *list, const struct conversation *conv,
        const struct nx_history_result *result, const struct member *self) {
    struct projection view;
    projection_init(&view, true);
    // Newest first is how they come; what happened goes the other way.
    for (size_t i = result->count; i > 0; i--) {
        const struct nx_record *record = &result->records[i - 1];
        if (i == result->count) {
            projection_clear(&view, record->offset - 1);
        }
        (void)log_view_apply(list->chat, &view, record, false);
    }
    add_row(list, conv, &view, self);
    projection_finish(&view);
}

static void recent_read(void *user, const struct nx_history_result *result) {
    struct list *list = user;
    struct conversation *conv = list->call.conversation;
    const struct member *self =
            member_find(conv, nx_str_n(list->user, list->user_len));
    if (result->status == NX_OK && self) {
        add_recent(list, conv, result, self);
    }
    call_end(&list->call);
    if (result->status == NX_OK) {
        proceed(list);
    } else {
        fail(list, result->status);
    }
}

// Adds the row of a loaded conversation; LATER when records must be read.
static int32_t add_loaded(struct list *list, struct conversation *conv) {
    struct chat *chat = list->chat;
    const struct member *self =
            member_find(conv, nx_str_n(list->user, list->user_len));
    if (!self) {
        return NX_DONE; // the index is older than the membership
    }
    if (log_view_is_current(conv)) {
        add_row(list, conv, &conv->log, self);
        return NX_DONE;
    }
    nx_status status = chat->sdk.engine->history(chat->host, conv->room_name,
            NX_HISTORY_BEFORE, 0, RECENT, recent_read, list);
    if (status != NX_OK) {
        return status;
    }
    call_begin(chat, &list->call, conv);
    return NX_LATER;
}

static void loaded(void *user, struct conversation *conv, nx_status status) {
    struct list *list = user;
    int32_t result = status == NX_OK ? add_loaded(list, conv) : status;
    if (result == NX_DONE) {
        proceed(list);
    } else if (result < 0) {
        fail(list, result);
    }
}

static int32_t add_next(struct list *list) {
    struct nx_str name = nx_str_c(list->names.data + list->at);
    struct conversation *conv = conversation_obtain(list->chat, name);
    const struct need members = {.log = false};
    list->at += name.len + 1;
    if (!conv) {
        return NX_ERR_NO_MEMORY;
    }
    if (conversation_ready(conv, &members)) {
        return add_loaded(list, conv);
    }
    list->waiter.need = members;
    list->waiter.fn = loaded;
    list->waiter.user = list;
    nx_status status = conversation_wait(conv, &list->waiter);
    return status == NX_OK ? NX_LATER : status;
}

// One row after the other, until something has to be waited for.
static void proceed(struct list *list) {
    int32_t result = NX_DONE;
    while (result == NX_DONE && list->at < list->names.len) {
        if (list->rows.len > CHAT_ANSWER_BYTES) {
            list->has_more = true;
            break;
        }
        result = add_next(list);
    }
    if (result == NX_DONE) {
        answer(list);
    } else if (result < 0) {
        fail(list, result);
    }
}

static void index_read(void *user, const struct nx_fact_result *result) {
    struct list *list = user;
    call_end(&list->call);
    if (result->status != NX_OK) {
        fail(list, result->status);
        return;
    }
    for (size_t i = 0; i < result->count; i++) {
        char name[CONVERSATION_MAX];
        size_t len;
        if (i == list->limit) {
            list->has_more = true;
            break;
        }
        if (key_last_name(result->facts[i].key, name, sizeof(name), &len)) {
            nx_buf_append(&list->names, name, len);
            nx_buf_append_char(&list->names, '\0');
        }
    }
    proceed(list);
}

static struct list *new_list(const struct request *request) {
    struct list *list = calloc(1, sizeof(*list) + request->user.len);
    if (!list) {
        return NULL;
    }
    int64_t limit = DEFAULT_LIMIT;
    (void)request->chat->sdk.json->i64(request_get(request, "limit"), &limit);
    list->chat = request->chat;
    list->op = request->op;
    list->limit = (size_t)limit;
    list->call.drop = drop_list;
    nx_buf_init(&list->names, NAMES_BYTES);
    nx_buf_init(&list->rows, 3 * CHAT_ANSWER_BYTES);
    nx_buf_append_char(&list->rows, '[');
    memcpy(list->user, request->user.ptr, request->user.len);
    list->user_len = request->user.len;
    return list;
}

int32_t list_get(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)conv;
    (void)self;
    struct chat *chat = request->chat;
    struct nx_str after = request_str(request, "after");
    struct key prefix;
    struct key from;
    key_index(&prefix, request->user, nx_str_none());
    key_index(&from, request->user, after);
    struct list *list = new_list(request);
    if (!list) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = NX_ERR_INVALID_FIELD;
    if (!prefix.failed && !from.failed) {
        status = chat->sdk.engine->scan(chat->host, key_text(&prefix),
                after.ptr ? key_text(&from) : nx_str_none(),
                (uint32_t)list->limit + 1, index_read, list);
    }
    if (status != NX_OK) {
        free_list(list);
        return status;
    }
    call_begin(chat, &list->call, NULL);
    return NX_LATER;
}
