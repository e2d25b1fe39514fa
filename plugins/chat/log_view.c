#include "plugins/chat/log_view.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/record_head.h"

// Small enough to be parsed in a few milliseconds.
#define PAGE 250

// An index knows so many messages; receipts seldom reach back further.
#define INDEX_MAX 256

struct log_loading {
    struct call call;
    struct projection fresh;
};

// What a record is about, borrowed from it.
struct reading {
    const struct nx_record *record;
    const struct nx_json *json; // NULL while the head is enough
    struct nx_str type;
    struct nx_str sender;
    struct nx_str id; // of the message
    int64_t version;
};

static const char *const edited_members[] = {
        "content", "content_type", "version", "edited_at", NULL};
static const char *const edited_members_but_type[] = {
        "content", "version", "edited_at", NULL};

// The message with the new content; absent without memory.
static struct nx_writer *merge_edit(struct chat *chat,
        const struct nx_json *message, const struct reading *edit) {
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *merged = json->object(chat->host);
    if (!merged) {
        return NULL;
    }
    const struct nx_json *type = json->get(edit->json, "content_type");
    json->put_members(
            merged, message, type ? edited_members : edited_members_but_type);
    json->put_json(merged, "content", json->get(edit->json, "content"));
    json->put_json(merged, "content_type", type);
    json->put_i64(merged, "version", edit->version);
    json->put_json(merged, "edited_at", json->get(edit->json, "edited_at"));
    return merged;
}

static const char *const tombstone_members[] = {"event_type", "event_id",
        "timestamp", "user_id", "message_id", "conversation_id", "version",
        NULL};

// What remains of a message: who, when, and that it was deleted.
static struct nx_writer *merge_delete(struct chat *chat,
        const struct nx_json *message, const struct reading *deletion) {
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *merged = json->object(chat->host);
    if (!merged) {
        return NULL;
    }
    for (const char *const *name = tombstone_members; *name; name++) {
        json->put_json(merged, *name, json->get(message, *name));
    }
    json->put_bool(merged, "deleted", 1);
    json->put_json(
            merged, "deleted_at", json->get(deletion->json, "deleted_at"));
    return merged;
}

typedef struct nx_writer *(*merge_fn)(struct chat *chat,
        const struct nx_json *message, const struct reading *change);

// The merged text, borrowed from *writer, which the caller discards.
static struct nx_str merge(struct chat *chat, const struct projected *message,
        const struct reading *change, merge_fn fn, struct nx_writer **writer) {
    *writer = NULL;
    if (!message->text) {
        return nx_str_none();
    }
    const struct nx_json *json = chat->sdk.json->parse(
            chat->host, nx_str_n(message->text, message->text_len));
    *writer = fn(chat, json, change);
    return *writer ? chat->sdk.json->text(*writer) : nx_str_none();
}

static nx_status change_message(struct chat *chat, struct projection *view,
        struct projected *message, const struct reading *change, bool delete) {
    struct nx_writer *writer;
    struct nx_str text = merge(
            chat, message, change, delete ? merge_delete : merge_edit, &writer);
    bool done = !message->text || text.ptr;
    if (done && delete) {
        done = projection_delete(view, message, text);
    } else if (done) {
        done = projection_edit(view, message, (uint32_t)change->version, text);
    }
    chat->sdk.json->discard(writer);
    return done ? NX_OK : NX_ERR_NO_MEMORY;
}

static nx_status add_record(struct projection *view,
        const struct reading *reading, struct nx_str id) {
    struct projection_entry entry = {
            .seq = reading->record->offset,
            .time_ms = reading->record->time_ms,
            .version = (uint32_t)reading->version,
            .id = id,
            .sender = reading->sender,
            .text = reading->record->payload,
    };
    return projection_add(view, &entry) ? NX_OK : NX_ERR_NO_MEMORY;
}

static nx_status apply_change(struct chat *chat, struct projection *view,
        const struct reading *change, bool delete, bool keep_loose) {
    struct projected *message = projection_find(view, change->id);
    if (!message && keep_loose) {
        return add_record(view, change, nx_str_none());
    }
    if (message && !message->deleted) {
        nx_status status = change_message(chat, view, message, change, delete);
        if (status != NX_OK) {
            return status;
        }
        message->changed_seq = change->record->offset;
    }
    projection_skip(view, change->record->offset);
    return NX_OK;
}

enum record_kind log_view_kind(const struct chat *chat,
        const struct nx_record *record, uint64_t *message_seq) {
    const struct nx_json_v1 *json = chat->sdk.json;
    struct record_head head;
    if (record_head_read(&head, record->payload)
            && nx_str_is(head.type, "chat.message")) {
        *message_seq = record->offset;
        return RECORD_MESSAGE;
    }
    const struct nx_json *value = json->parse(chat->host, record->payload);
    struct nx_str type = json->str(json->get(value, "event_type"));
    int64_t seq = 0;
    if (nx_str_is(type, "chat.message")) {
        *message_seq = record->offset;
        return RECORD_MESSAGE;
    }
    if (!nx_str_is(type, "chat.edit") && !nx_str_is(type, "chat.delete")) {
        return RECORD_OTHER;
    }
    (void)json->i64(json->get(value, "message_seq"), &seq);
    *message_seq = seq > 0 ? (uint64_t)seq : 0;
    return RECORD_CHANGE;
}

static void parse(struct chat *chat, struct reading *reading) {
    const struct nx_json_v1 *json = chat->sdk.json;
    reading->json = json->parse(chat->host, reading->record->payload);
    reading->type = json->str(json->get(reading->json, "event_type"));
    reading->sender = json->str(json->get(reading->json, "user_id"));
    reading->id = json->str(json->get(reading->json, "message_id"));
    (void)json->i64(json->get(reading->json, "version"), &reading->version);
}

// Of a message the head says it all: it was written with version 1.
static void read_record(struct chat *chat, struct reading *reading) {
    struct record_head head;
    if (!record_head_read(&head, reading->record->payload)
            || !nx_str_is(head.type, "chat.message")) {
        parse(chat, reading);
        return;
    }
    reading->type = head.type;
    reading->sender = head.sender;
    reading->id = head.message_id;
}

nx_status log_view_apply(struct chat *chat, struct projection *view,
        const struct nx_record *record, bool keep_loose) {
    if (record->offset <= view->last) {
        return NX_OK;
    }
    struct reading reading = {.record = record, .version = 1};
    read_record(chat, &reading);
    if (nx_str_is(reading.type, "chat.message")) {
        return add_record(view, &reading, reading.id);
    }
    if (nx_str_is(reading.type, "chat.edit")) {
        return apply_change(chat, view, &reading, false, keep_loose);
    }
    if (nx_str_is(reading.type, "chat.delete")) {
        return apply_change(chat, view, &reading, true, keep_loose);
    }
    projection_skip(view, record->offset);
    return NX_OK;
}

void log_view_trim(struct chat *chat, struct projection *view) {
    uint64_t from = 0;
    int64_t oldest_ms = INT64_MIN;
    if (view->last > chat->settings.history) {
        from = view->last - chat->settings.history;
    }
    if (chat->settings.keep_age_ms > 0) {
        oldest_ms = chat_now(chat) - (int64_t)chat->settings.keep_age_ms;
    }
    projection_trim(view, from, oldest_ms);
}

void log_view_reset(struct conversation *conv, uint64_t position) {
    projection_clear(&conv->log, position);
    conv->log.texts = false;
    conv->log_whole = false;
    conv->log_live = false;
}

void log_view_record(
        struct conversation *conv, const struct nx_record *record) {
    struct chat *chat = conv->chat;
    if (record->offset == 0) {
        return; // told to the members but not kept
    }
    conversation_saw(conv, record->epoch, record->offset);
    if (record->offset <= conv->log.last) {
        return;
    }
    // After a hole, or without memory, the index begins anew.
    if (record->offset != conv->log.last + 1) {
        log_view_reset(conv, record->offset - 1);
    }
    if (log_view_apply(chat, &conv->log, record, false) != NX_OK) {
        log_view_reset(conv, record->offset);
    }
    if (conv->log_whole) {
        log_view_trim(chat, &conv->log);
        projection_limit(&conv->log, SIZE_MAX, chat->settings.cache_bytes / 2);
    } else {
        projection_limit(&conv->log, INDEX_MAX, SIZE_MAX);
    }
}

void log_view_loaded(struct conversation *conv) {
    if (conv->log.last < conv->last_seq) {
        log_view_reset(conv, conv->last_seq);
    }
}

bool log_view_is_current(const struct conversation *conv) {
    return conv->log_whole && conv->log_live
            && conv->log.last >= conv->last_seq;
}

static void drop_loading(struct call *call) {
    struct log_loading *loading =
            nx_container_of(call, struct log_loading, call);
    projection_finish(&loading->fresh);
    free(loading);
}

static void finish(struct log_loading *loading, nx_status status) {
    struct conversation *conv = loading->call.conversation;
    conv->log_loading = false;
    if (status == NX_OK) {
        projection_finish(&conv->log);
        conv->log = loading->fresh;
        projection_init(&loading->fresh, false);
        conv->log_whole = true;
        conv->log_live = true;
    }
    conversation_hold(conv);
    call_end(&loading->call);
    drop_loading(&loading->call);
    conversation_pump(conv, status);
    // Nobody here hears of records when there are no members: what was read
    // served those who waited for it, and is not to be trusted again.
    struct chat *chat = conv->chat;
    if (chat->sdk.rooms->find(chat->host, conv->room_name) == 0) {
        conv->log_live = false;
    }
    conversation_release(conv);
}

static void page_read(void *user, const struct nx_history_result *result);

static nx_status ask_page(struct log_loading *loading) {
    struct conversation *conv = loading->call.conversation;
    struct chat *chat = conv->chat;
    return chat->sdk.engine->history(chat->host, conv->room_name,
            NX_HISTORY_AFTER, loading->fresh.last, PAGE, page_read, loading);
}

// Adds a page; *more says whether another one must be read.
static nx_status add_page(struct log_loading *loading,
        const struct nx_history_result *result, bool *more) {
    struct conversation *conv = loading->call.conversation;
    struct chat *chat = conv->chat;
    struct projection *fresh = &loading->fresh;
    *more = false;
    if (result->status != NX_OK) {
        return result->status;
    }
    conversation_saw(conv, result->epoch, result->last);
    if (fresh->last == 0 && result->first > 1) {
        projection_clear(fresh, result->first - 1);
    }
    if (result->first == 0) {
        projection_clear(fresh, result->last); // all of it has expired
    }
    for (size_t i = 0; i < result->count; i++) {
        nx_status status =
                log_view_apply(chat, fresh, &result->records[i], false);
        if (status != NX_OK) {
            return status;
        }
    }
    projection_limit(fresh, SIZE_MAX, chat->settings.cache_bytes / 2);
    // Records that passed by while this page was on its way are newer.
    *more = fresh->last < conv->last_seq
            && (result->count > 0 || result->last < conv->last_seq);
    return NX_OK;
}

static void page_read(void *user, const struct nx_history_result *result) {
    struct log_loading *loading = user;
    bool more;
    nx_status status = add_page(loading, result, &more);
    if (more) {
        status = ask_page(loading);
    }
    if (!more || status != NX_OK) {
        finish(loading, status);
    }
}

nx_status log_view_load(struct conversation *conv) {
    struct log_loading *loading = calloc(1, sizeof(*loading));
    if (!loading) {
        return NX_ERR_NO_MEMORY;
    }
    projection_init(&loading->fresh, true);
    loading->call.drop = drop_loading;
    loading->call.conversation = conv;
    nx_status status = ask_page(loading);
    if (status != NX_OK) {
        drop_loading(&loading->call);
        return status;
    }
    call_begin(conv->chat, &loading->call, conv);
    conv->log_loading = true;
    return NX_OK;
}

bool log_view_write(const struct projected *message, struct nx_buf *out) {
    // Stored records are objects with members: the seq goes in front of them.
    if (message->text_len < 2 || message->text[0] != '{') {
        return true;
    }
    nx_buf_append_cstr(out, "{\"seq\":");
    nx_buf_append_u64(out, message->seq);
    nx_buf_append_char(out, ',');
    return nx_buf_append(out, message->text + 1, message->text_len - 1);
}
