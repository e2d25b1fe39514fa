// chat.changes: what was said or changed since a position, as it is now.

#include <nexus/util/buf.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/text.h"

#define DEFAULT_LIMIT 50
#define LIMIT_MAX     100

// The messages whose last record comes first behind the position, in the order
// of these records: so whoever goes on behind the last one misses nothing, and
// what changes meanwhile comes again.
struct changes {
    const struct projected *list[LIMIT_MAX];
    size_t count;
    size_t limit;
    bool has_more;
    uint64_t reached; // nothing before is missing
};

static void offer(struct changes *changes, const struct projected *message) {
    size_t at = changes->count;
    while (at > 0
            && changes->list[at - 1]->changed_seq > message->changed_seq) {
        at--;
    }
    bool full = changes->count == changes->limit;
    changes->has_more |= full;
    if (at == changes->limit) {
        return;
    }
    changes->count += full ? 0 : 1;
    for (size_t i = changes->count - 1; i > at; i--) {
        changes->list[i] = changes->list[i - 1];
    }
    changes->list[at] = message;
}

static void find_changes(
        struct changes *changes, const struct projection *log, uint64_t since) {
    for (size_t i = 0; i < log->count; i++) {
        const struct projected *message = projection_at(log, i);
        if (message->changed_seq > since) {
            offer(changes, message);
        }
    }
}

// Drops what would make the answer too large, and says how far it reaches.
static void bound_changes(struct changes *changes, uint64_t last) {
    size_t bytes = 0;
    uint64_t reached = last;
    for (size_t i = 0; i < changes->count; i++) {
        bytes += changes->list[i]->text_len;
        if (bytes > CHAT_ANSWER_BYTES && i > 0) {
            changes->count = i;
            changes->has_more = true;
            break;
        }
        reached = changes->list[i]->changed_seq;
    }
    changes->reached = changes->has_more ? reached : last;
}

static bool write_messages(const struct changes *changes, struct nx_buf *out) {
    nx_buf_append_char(out, '[');
    for (size_t i = 0; i < changes->count; i++) {
        if (i > 0) {
            nx_buf_append_char(out, ',');
        }
        if (!log_view_write(changes->list[i], out)) {
            return false;
        }
    }
    return nx_buf_append_char(out, ']');
}

// Whether all that came behind the position is still there to be seen. Before
// the first record there is nothing, whatever the log.
static bool reaches_back(
        const struct conversation *conv, const struct nx_position *since) {
    return (since->offset == 0 || since->epoch == conv->epoch)
            && since->offset >= conv->log.from
            && since->offset <= conv->log.last;
}

static struct nx_writer *write_answer(const struct conversation *conv,
        const struct changes *changes, bool recovered,
        const struct nx_buf *messages) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    const struct projection *log = &conv->log;
    struct nx_writer *out = json->object(chat->host);
    if (!out) {
        return NULL;
    }
    char epoch[TEXT_HEX_SIZE];
    text_hex(conv->epoch, epoch);
    json->put_str(out, "conversation_id", conv->name);
    json->put_raw(out, "messages", nx_str_n(messages->data, messages->len));
    json->put_bool(out, "has_more", changes->has_more);
    json->put_bool(out, "recovered", recovered);
    json->put_u64(out, "first_seq", log->last > log->from ? log->from + 1 : 0);
    json->put_str(out, "epoch", nx_str_c(epoch));
    json->put_u64(out, "seq", changes->reached);
    return out;
}

static uint32_t limit_of(const struct request *request) {
    int64_t limit;
    const struct nx_json_v1 *json = request->chat->sdk.json;
    if (json->i64(request_get(request, "limit"), &limit) != NX_OK) {
        return DEFAULT_LIMIT;
    }
    return (uint32_t)limit; // the table of fields has bounds
}

int32_t changes_get(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)self;
    struct nx_position since;
    if (request_since(request, &since) != NX_OK) {
        return chat_refuse(request->chat, request->op, NX_ERR_INVALID_FIELD,
                "since needs epoch, as answered before, and offset");
    }
    log_view_trim(request->chat, &conv->log);
    struct changes changes = {.limit = limit_of(request)};
    bool recovered = reaches_back(conv, &since);
    if (recovered) {
        find_changes(&changes, &conv->log, since.offset);
    }
    bound_changes(&changes, conv->log.last);
    struct nx_buf messages;
    nx_buf_init(&messages, CHAT_ANSWER_BYTES_MAX);
    struct nx_writer *out = NULL;
    if (write_messages(&changes, &messages)) {
        out = write_answer(conv, &changes, recovered, &messages);
    }
    nx_buf_finish(&messages);
    return out ? request_reply(request, out) : NX_ERR_NO_MEMORY;
}
