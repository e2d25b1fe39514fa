// chat.history: a slice of the conversation, with edits applied.

#include <nexus/util/buf.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/text.h"

#define DEFAULT_LIMIT 50

// Messages first to end (exclusive) of the projection.
struct slice {
    size_t first;
    size_t end;
    bool backwards; // the newest count, not the oldest
    bool has_more;  // in the direction asked for
};

static bool get_number(
        const struct request *request, const char *name, uint64_t *out) {
    int64_t number;
    const struct nx_json_v1 *json = request->chat->sdk.json;
    if (json->i64(request_get(request, name), &number) != NX_OK) {
        return false;
    }
    *out = (uint64_t)number; // the table of fields allows none below zero
    return true;
}

static struct slice find_slice(
        const struct request *request, const struct projection *log) {
    uint64_t before = UINT64_MAX;
    uint64_t after = 0;
    uint64_t limit = DEFAULT_LIMIT;
    (void)get_number(request, "before", &before);
    (void)get_number(request, "limit", &limit);
    bool forwards = get_number(request, "after", &after);
    struct slice slice = {
            .first = projection_rank(log, after + 1),
            .end = projection_rank(log, before),
            .backwards = !forwards,
    };
    if (slice.end < slice.first) {
        slice.end = slice.first;
    }
    if (slice.end - slice.first > limit) {
        slice.has_more = true;
        if (forwards) {
            slice.end = slice.first + (size_t)limit;
        } else {
            slice.first = slice.end - (size_t)limit;
        }
    }
    return slice;
}

// Drops what would make the answer too large, from the far end.
static void bound_slice(const struct projection *log, struct slice *slice) {
    size_t bytes = 0;
    size_t kept = 0;
    size_t count = slice->end - slice->first;
    while (kept < count) {
        size_t i =
                slice->backwards ? slice->end - 1 - kept : slice->first + kept;
        bytes += projection_at(log, i)->text_len;
        if (bytes > CHAT_ANSWER_BYTES && kept > 0) {
            break;
        }
        kept++;
    }
    if (kept == count) {
        return;
    }
    slice->has_more = true;
    if (slice->backwards) {
        slice->first = slice->end - kept;
    } else {
        slice->end = slice->first + kept;
    }
}

static bool write_messages(const struct projection *log,
        const struct slice *slice, struct nx_buf *out) {
    nx_buf_append_char(out, '[');
    for (size_t i = slice->first; i < slice->end; i++) {
        if (i > slice->first) {
            nx_buf_append_char(out, ',');
        }
        if (!log_view_write(projection_at(log, i), out)) {
            return false;
        }
    }
    return nx_buf_append_char(out, ']');
}

static struct nx_writer *write_answer(const struct conversation *conv,
        const struct slice *slice, const struct nx_buf *messages) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *out = json->object(chat->host);
    if (!out) {
        return NULL;
    }
    const struct projection *log = &conv->log;
    char epoch[TEXT_HEX_SIZE];
    text_hex(conv->epoch, epoch);
    json->put_str(out, "conversation_id", conv->name);
    json->put_raw(out, "messages", nx_str_n(messages->data, messages->len));
    json->put_bool(out, "has_more", slice->has_more);
    json->put_str(out, "epoch", nx_str_c(epoch));
    json->put_u64(out, "first_seq", log->last > log->from ? log->from + 1 : 0);
    json->put_u64(out, "last_seq", log->last);
    return out;
}

int32_t history_get(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)self;
    log_view_trim(request->chat, &conv->log);
    struct slice slice = find_slice(request, &conv->log);
    bound_slice(&conv->log, &slice);
    struct nx_buf messages;
    nx_buf_init(&messages, CHAT_ANSWER_BYTES_MAX);
    struct nx_writer *out = NULL;
    if (write_messages(&conv->log, &slice, &messages)) {
        out = write_answer(conv, &slice, &messages);
    }
    nx_buf_finish(&messages);
    return out ? request_reply(request, out) : NX_ERR_NO_MEMORY;
}
