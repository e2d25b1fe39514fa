// chat.edit and chat.delete: records that change an earlier message.

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/message_id.h"
#include "plugins/chat/text.h"

// A change on its way into the log.
struct edit {
    struct call call;
    nx_op_id op;
    uint64_t message_seq;
    uint32_t version; // of an edit, 0: it is a delete
    char id[MESSAGE_ID_LEN + 1];
};

// The message, if the user may change it.
static nx_status find_own(const struct request *request,
        const struct conversation *conv, struct projected **out) {
    *out = projection_find(&conv->log, request_str(request, "message_id"));
    if (!*out) {
        return NX_ERR_NOT_FOUND;
    }
    if (!nx_str_eq((*out)->sender, request->user)) {
        return NX_ERR_FORBIDDEN;
    }
    return (*out)->deleted || (*out)->deleting ? NX_ERR_GONE : NX_OK;
}

static void answer(const struct edit *edit, struct conversation *conv,
        const struct nx_publish_result *result) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *out = json->object(chat->host);
    if (out) {
        json->put_str(out, "message_id", nx_str_c(edit->id));
        json->put_str(out, "conversation_id", conv->name);
        json->put_u64(out, "message_seq", edit->message_seq);
        json->put_u64(out, "seq", result->offset);
        if (edit->version > 0) {
            json->put_u64(out, "version", edit->version);
        }
    }
    (void)chat->sdk.router->reply(chat->host, edit->op, out, 0);
}

// The change did not happen: a delete may be tried again.
static void undo(const struct edit *edit, struct conversation *conv) {
    struct projected *message = projection_find(&conv->log, nx_str_c(edit->id));
    if (message && edit->version == 0) {
        message->deleting = false;
    }
}

static void published(void *user, const struct nx_publish_result *result) {
    struct edit *edit = user;
    struct conversation *conv = edit->call.conversation;
    struct chat *chat = conv->chat;
    if (result->status == NX_OK) {
        conversation_saw(conv, result->epoch, result->offset);
        answer(edit, conv, result);
        chat_count(chat,
                edit->version > 0 ? chat->metrics.edits
                                  : chat->metrics.deletes);
    } else {
        undo(edit, conv);
        chat_fail(chat, edit->op, result->status);
    }
    call_end(&edit->call);
    free(edit);
}

// Publishes the event, which is consumed and may be NULL.
static int32_t publish(const struct request *request, struct conversation *conv,
        const struct projected *message, uint32_t version,
        struct nx_writer *event) {
    struct chat *chat = request->chat;
    struct edit *edit = calloc(1, sizeof(*edit));
    if (!edit || !event) {
        chat->sdk.json->discard(event);
        free(edit);
        return NX_ERR_NO_MEMORY;
    }
    edit->op = request->op;
    edit->version = version;
    edit->message_seq = message->seq;
    memcpy(edit->id, message->id.ptr,
            message->id.len < sizeof(edit->id) ? message->id.len
                                               : sizeof(edit->id) - 1);
    nx_status status = chat->sdk.engine->publish(
            chat->host, conv->room_name, event, NULL, published, edit);
    if (status != NX_OK) {
        free(edit);
        return status;
    }
    call_begin(chat, &edit->call, conv);
    return NX_LATER;
}

// An event about a message, with the time under the name given.
static struct nx_writer *begin_event(const struct request *request,
        const struct conversation *conv, const struct projected *message,
        const char *time_name) {
    struct chat *chat = request->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *event =
            json->event(chat->host, request->kind->type, request->user);
    if (event) {
        char time[TEXT_TIME_SIZE];
        text_time(chat_now(chat), time);
        json->put_str(event, "message_id", message->id);
        json->put_str(event, "conversation_id", conv->name);
        json->put_u64(event, "message_seq", message->seq);
        json->put_str(event, time_name, nx_str_c(time));
    }
    return event;
}

int32_t edit_send(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)self;
    struct chat *chat = request->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct projected *message;
    nx_status status = find_own(request, conv, &message);
    if (status != NX_OK) {
        return status;
    }
    struct nx_str content = request_str(request, "content");
    if (content.len > chat->settings.content_bytes) {
        return chat_refuse(chat, request->op, NX_ERR_TOO_LARGE,
                "content is longer than plugins.chat.content_bytes");
    }
    uint32_t version = message->claimed + 1;
    struct nx_writer *event = begin_event(request, conv, message, "edited_at");
    if (event) {
        json->put_json(event, "content", request_get(request, "content"));
        json->put_json(
                event, "content_type", request_get(request, "content_type"));
        json->put_u64(event, "version", version);
    }
    int32_t result = publish(request, conv, message, version, event);
    if (result == NX_LATER) {
        message->claimed = version;
    }
    return result;
}

int32_t edit_delete(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)self;
    struct projected *message;
    nx_status status = find_own(request, conv, &message);
    if (status != NX_OK) {
        return status;
    }
    int32_t result = publish(request, conv, message, 0,
            begin_event(request, conv, message, "deleted_at"));
    if (result == NX_LATER) {
        message->deleting = true;
    }
    return result;
}
