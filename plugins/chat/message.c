// chat.message: into the log of the conversation, and from there to all.

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/member.h"
#include "plugins/chat/membership.h"
#include "plugins/chat/mention.h"
#include "plugins/chat/message_id.h"
#include "plugins/chat/text.h"
#include "plugins/chat/typing.h"

// For so long the same client_id is the same message.
#define DEDUPE_TTL_S  86400

#define CLIENT_ID_MAX 64

// A message on its way into the log.
struct message {
    struct call call;
    nx_op_id op;
    struct mention mention;
    char id[MESSAGE_ID_LEN + 1];
    size_t sender_len;
    char sender[];
};

static void drop_message(struct call *call) {
    struct message *message = nx_container_of(call, struct message, call);
    mention_finish(&message->mention);
    free(message);
}

static void answer(struct message *message, struct conversation *conv,
        const struct nx_publish_result *result) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    // A duplicate gets the answer of the first: its id came back as memo.
    struct nx_str id = nx_str_c(message->id);
    if (result->duplicate && result->memo.len == MESSAGE_ID_LEN) {
        id = nx_str_n(result->memo.ptr, result->memo.len);
    }
    char time[TEXT_TIME_SIZE];
    text_time(result->time_ms, time);
    struct nx_writer *out = json->object(chat->host);
    if (out) {
        json->put_str(out, "message_id", id);
        json->put_u64(out, "seq", result->offset);
        json->put_str(out, "conversation_id", conv->name);
        json->put_str(out, "timestamp", nx_str_c(time));
    }
    (void)chat->sdk.router->reply(chat->host, message->op, out, 0);
}

static void published(void *user, const struct nx_publish_result *result) {
    struct message *message = user;
    struct conversation *conv = message->call.conversation;
    struct chat *chat = conv->chat;
    if (result->status == NX_OK) {
        conversation_saw(conv, result->epoch, result->offset);
        answer(message, conv, result);
        chat_count(chat,
                result->duplicate ? chat->metrics.duplicates
                                  : chat->metrics.messages);
    } else {
        chat_fail(chat, message->op, result->status);
    }
    if (result->status == NX_OK && !result->duplicate) {
        mention_raise(&message->mention, conv,
                nx_str_n(message->sender, message->sender_len), message->id);
    }
    call_end(&message->call);
    drop_message(&message->call);
}

// What the table of fields cannot say. NULL: all is well.
static const char *problem(const struct request *request) {
    const struct nx_json_v1 *json = request->chat->sdk.json;
    const struct nx_json *mentions = request_get(request, "mentions");
    const struct nx_json *attachments = request_get(request, "attachments");
    struct nx_str content = request_str(request, "content");
    if (content.len == 0 && json->count(attachments) == 0) {
        return "content is empty and there is no attachment";
    }
    for (size_t i = 0; i < json->count(mentions); i++) {
        struct nx_str name = json->str(json->at(mentions, i));
        if (name.len < 1 || name.len > CHAT_ID_MAX) {
            return "mentions has an item that is no user id";
        }
    }
    for (size_t i = 0; i < json->count(attachments); i++) {
        if (json->kind(json->at(attachments, i)) != NX_JSON_OBJECT) {
            return "attachments has an item that is no object";
        }
    }
    return NULL;
}

static struct nx_writer *write_event(const struct request *request,
        const struct conversation *conv, const char *id) {
    struct chat *chat = request->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *event =
            json->event(chat->host, "chat.message", request->user);
    if (!event) {
        return NULL;
    }
    static const char *const carried[] = {"username", "mentions", "attachments",
            "reply_to", "metadata", "client_id"};
    struct nx_str type = request_str(request, "content_type");
    json->put_str(event, "message_id", nx_str_c(id));
    json->put_str(event, "conversation_id", conv->name);
    json->put_json(event, "content", request_get(request, "content"));
    json->put_str(event, "content_type", type.ptr ? type : nx_str_c("text"));
    json->put_i64(event, "version", 1);
    for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++) {
        json->put_json(event, carried[i], request_get(request, carried[i]));
    }
    return event;
}

static struct message *new_message(
        const struct request *request, const struct conversation *conv) {
    struct message *message = calloc(1, sizeof(*message) + request->user.len);
    if (!message) {
        return NULL;
    }
    message->call.drop = drop_message;
    message->op = request->op;
    message_id_make(conv->key, chat_random(), message->id);
    memcpy(message->sender, request->user.ptr, request->user.len);
    message->sender_len = request->user.len;
    mention_init(&message->mention, request, conv);
    return message;
}

// Hands it to the engine; message is the completion's only after NX_OK.
static nx_status publish(const struct request *request,
        struct conversation *conv, struct message *message) {
    struct chat *chat = request->chat;
    struct nx_writer *event = write_event(request, conv, message->id);
    if (!event) {
        return NX_ERR_NO_MEMORY;
    }
    struct nx_publish_opts opts = {.struct_size = sizeof(opts)};
    char key[CHAT_ID_MAX + 1 + CLIENT_ID_MAX];
    struct nx_str client_id = request_str(request, "client_id");
    if (client_id.len > 0) {
        size_t user_len = request->user.len;
        memcpy(key, request->user.ptr, user_len);
        key[user_len] = '\0';
        memcpy(key + user_len + 1, client_id.ptr, client_id.len);
        opts.dedupe_key = nx_bytes_n(key, user_len + 1 + client_id.len);
        opts.dedupe_ttl_s = DEDUPE_TTL_S;
        opts.memo = nx_bytes_n(message->id, MESSAGE_ID_LEN);
    }
    return chat->sdk.engine->publish(
            chat->host, conv->room_name, event, &opts, published, message);
}

int32_t message_send(const struct request *request, struct conversation *conv,
        struct member *self) {
    struct chat *chat = request->chat;
    if (request_str(request, "content").len > chat->settings.content_bytes) {
        return chat_refuse(chat, request->op, NX_ERR_TOO_LARGE,
                "content is longer than plugins.chat.content_bytes");
    }
    const char *why = problem(request);
    if (why) {
        return chat_refuse(chat, request->op, NX_ERR_INVALID_FIELD, why);
    }
    nx_status status = membership_keep_peer(conv, request->user);
    if (status != NX_OK) {
        return status;
    }
    // Without a place in the room (LIMIT) there is no echo, but an ack.
    (void)attendance_enter(conv, request->session);
    typing_stop(conv, request->user);
    member_active(self);

    struct message *message = new_message(request, conv);
    if (!message) {
        return NX_ERR_NO_MEMORY;
    }
    status = publish(request, conv, message);
    if (status != NX_OK) {
        drop_message(&message->call);
        return status;
    }
    call_begin(chat, &message->call, conv);
    return NX_LATER;
}
