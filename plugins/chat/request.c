#include "plugins/chat/request.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/key.h"
#include "plugins/chat/membership.h"
#include "plugins/chat/message_id.h"
#include "plugins/chat/text.h"

// What all requests that wait may take together.
#define PARKED_MAX ((size_t)16 << 20)

// A request that waits for its conversation: a copy of all it borrowed.
struct parked {
    struct call call; // while the conversation's name is looked up
    struct waiter waiter;
    struct request request;
    size_t bytes;
    struct nx_str raw;
    char message[MESSAGE_ID_LEN];
    char data[]; // user and raw
};

const struct nx_json *request_get(
        const struct request *request, const char *name) {
    return request->chat->sdk.json->get(request->json, name);
}

struct nx_str request_str(const struct request *request, const char *name) {
    return request->chat->sdk.json->str(request_get(request, name));
}

nx_status request_seq(const struct request *request,
        const struct conversation *conv, uint64_t *out) {
    int64_t seq;
    const struct nx_json *value = request_get(request, "seq");
    if (request->chat->sdk.json->i64(value, &seq) == NX_OK) {
        *out = seq > 0 ? (uint64_t)seq : 0;
        return NX_OK;
    }
    struct nx_str id = request_str(request, "message_id");
    if (!id.ptr) {
        return NX_ERR_MISSING_FIELD;
    }
    const struct projected *message = projection_find(&conv->log, id);
    if (!message) {
        return NX_ERR_NOT_FOUND;
    }
    *out = message->seq;
    return NX_OK;
}

nx_status request_since(
        const struct request *request, struct nx_position *out) {
    const struct nx_json_v1 *json = request->chat->sdk.json;
    const struct nx_json *since = request_get(request, "since");
    if (!since) {
        return NX_ERR_MISSING_FIELD;
    }
    int64_t offset;
    struct nx_str epoch = json->str(json->get(since, "epoch"));
    if (!text_parse_hex(epoch, &out->epoch)
            || json->i64(json->get(since, "offset"), &offset) != NX_OK
            || offset < 0) {
        return NX_ERR_INVALID_FIELD;
    }
    out->offset = (uint64_t)offset;
    return NX_OK;
}

static int32_t answer(const struct request *request, struct nx_writer *result,
        uint32_t flags) {
    struct chat *chat = request->chat;
    (void)chat->sdk.router->reply(chat->host, request->op, result, flags);
    return NX_DONE;
}

int32_t request_reply(const struct request *request, struct nx_writer *result) {
    return answer(request, result, NX_REPLY_RESULT);
}

int32_t request_ack(const struct request *request, struct nx_writer *result) {
    return answer(request, result, 0);
}

// The message a request is about, if it says so by id alone.
static struct nx_str message_of(const struct request *request) {
    int64_t seq;
    const struct nx_json *value = request_get(request, "seq");
    if (!(request->kind->flags & REQUEST_MESSAGE)
            || request->chat->sdk.json->i64(value, &seq) == NX_OK) {
        return nx_str_none();
    }
    return request_str(request, "message_id");
}

static void unpark(struct parked *parked) {
    parked->request.chat->parked_bytes -= parked->bytes;
    free(parked);
}

static void drop_parked(struct call *call) {
    unpark(nx_container_of(call, struct parked, call));
}

static struct parked *park(const struct request *request, struct nx_str raw) {
    struct chat *chat = request->chat;
    size_t bytes = sizeof(struct parked) + request->user.len + raw.len;
    if (bytes > PARKED_MAX - chat->parked_bytes) {
        return NULL;
    }
    struct parked *parked = calloc(1, bytes);
    if (!parked) {
        return NULL;
    }
    chat->parked_bytes += bytes;
    parked->bytes = bytes;
    parked->call.drop = drop_parked;
    parked->request = *request;
    parked->request.json = NULL;
    memcpy(parked->data, request->user.ptr, request->user.len);
    memcpy(parked->data + request->user.len, raw.ptr, raw.len);
    parked->request.user = nx_str_n(parked->data, request->user.len);
    parked->raw = nx_str_n(parked->data + request->user.len, raw.len);
    return parked;
}

static int32_t run(const struct request *request, struct conversation *conv) {
    struct member *self = NULL;
    nx_status status = membership_admit(request, conv, &self);
    if (status != NX_OK) {
        return status;
    }
    return request->kind->run(request, conv, self);
}

// Runs a request outside of its event handler.
static void run_parked(struct parked *parked, struct conversation *conv) {
    struct chat *chat = parked->request.chat;
    parked->request.json = chat->sdk.json->parse(chat->host, parked->raw);
    int32_t result = run(&parked->request, conv);
    if (result < 0) {
        chat_fail(chat, parked->request.op, result);
    }
    conversation_account(conv);
}

static void its_turn(void *user, struct conversation *conv, nx_status status) {
    struct parked *parked = user;
    if (status == NX_OK) {
        run_parked(parked, conv);
    } else {
        chat_fail(parked->request.chat, parked->request.op, status);
    }
    unpark(parked);
}

static nx_status wait_for(struct conversation *conv, const struct need *need,
        struct parked *parked) {
    parked->waiter.need = *need;
    parked->waiter.fn = its_turn;
    parked->waiter.user = parked;
    if (need->message.len > 0 && need->message.len <= MESSAGE_ID_LEN) {
        memcpy(parked->message, need->message.ptr, need->message.len);
        parked->waiter.need.message.ptr = parked->message;
    }
    return conversation_wait(conv, &parked->waiter);
}

static nx_status check_name(const struct request *request, struct nx_str name) {
    char peer[CHAT_ID_MAX];
    size_t len;
    if (dm_is(name)) {
        return dm_peer(name, request->user, peer, sizeof(peer), &len)
                ? NX_OK
                : NX_ERR_FORBIDDEN;
    }
    return name.len <= CHAT_ID_MAX ? NX_OK : NX_ERR_INVALID_FIELD;
}

static struct need need_of(const struct request *request) {
    struct need need = {
            .log = (request->kind->flags & REQUEST_LOG) != 0,
            .message = message_of(request),
    };
    if (need.message.len > MESSAGE_ID_LEN) {
        need.message = nx_str_none(); // no message has that id
    }
    return need;
}

// Goes on with a request whose conversation is known.
static int32_t enter(
        const struct request *request, struct nx_str name, struct nx_str raw) {
    nx_status status = check_name(request, name);
    if (status != NX_OK) {
        return status;
    }
    struct conversation *conv = conversation_obtain(request->chat, name);
    if (!conv) {
        return NX_ERR_NO_MEMORY;
    }
    struct need need = need_of(request);
    if (conversation_ready(conv, &need)) {
        int32_t result = run(request, conv);
        conversation_account(conv);
        return result;
    }
    struct parked *parked = park(request, raw);
    if (!parked) {
        return NX_ERR_OVERLOADED;
    }
    status = wait_for(conv, &need, parked);
    if (status != NX_OK) {
        unpark(parked);
        return status;
    }
    return NX_LATER;
}

static void name_found(void *user, const struct nx_fact_result *result) {
    struct parked *parked = user;
    struct chat *chat = parked->request.chat;
    int32_t status = result->status;
    call_end(&parked->call);
    if (status == NX_OK && result->count == 0) {
        status = NX_ERR_NOT_FOUND;
    }
    if (status == NX_OK) {
        parked->request.json = chat->sdk.json->parse(chat->host, parked->raw);
        status = enter(&parked->request,
                nx_str_n(
                        result->facts[0].value.ptr, result->facts[0].value.len),
                parked->raw);
    }
    if (status < 0) {
        chat_fail(chat, parked->request.op, status);
    }
    unpark(parked);
}

// A request that names only a message: its id has the conversation's key.
static int32_t enter_by_message(
        const struct request *request, struct nx_str raw) {
    struct chat *chat = request->chat;
    struct nx_str id = request_str(request, "message_id");
    uint64_t number;
    if (!id.ptr) {
        return chat_refuse(chat, request->op, NX_ERR_MISSING_FIELD,
                "conversation_id is missing");
    }
    if (!message_id_key(id, &number)) {
        return NX_ERR_NOT_FOUND;
    }
    const struct conversation *conv = conversation_find_key(chat, number);
    if (conv) {
        return enter(request, conv->name, raw);
    }
    struct parked *parked = park(request, raw);
    if (!parked) {
        return NX_ERR_OVERLOADED;
    }
    struct key key;
    key_number(&key, number);
    nx_status status = chat->sdk.engine->get(
            chat->host, key_text(&key), name_found, parked);
    if (status != NX_OK) {
        unpark(parked);
        return status;
    }
    call_begin(chat, &parked->call, NULL);
    return NX_LATER;
}

static int32_t enter_by_recipient(
        const struct request *request, struct nx_str raw) {
    char name[CONVERSATION_MAX];
    size_t len;
    struct nx_str recipient = request_str(request, "recipient_id");
    if (!dm_name(request->user, recipient, name, sizeof(name), &len)) {
        return chat_refuse(request->chat, request->op, NX_ERR_INVALID_FIELD,
                "the two user ids are too long together");
    }
    return enter(request, nx_str_n(name, len), raw);
}

static int32_t dispatch(const struct request *request, struct nx_str raw) {
    if (request->kind->flags & REQUEST_USER) {
        return request->kind->run(request, NULL, NULL);
    }
    struct nx_str name = request_str(request, "conversation_id");
    bool direct = request_get(request, "recipient_id") != NULL;
    if (name.ptr && direct) {
        return chat_refuse(request->chat, request->op, NX_ERR_INVALID_FIELD,
                "give conversation_id or recipient_id, not both");
    }
    if (name.ptr) {
        return enter(request, name, raw);
    }
    if (direct) {
        return enter_by_recipient(request, raw);
    }
    return enter_by_message(request, raw);
}

int32_t request_event(void *user, const struct nx_event *ev) {
    struct chat *chat = user;
    const struct request_kind *kind = request_kind_find(ev->type);
    if (!kind) {
        return NX_PASS;
    }
    if (ev->kind != NX_EVENT_JSON || ev->user.len > CHAT_ID_MAX) {
        return NX_ERR_INVALID;
    }
    nx_status status = chat->sdk.json->expect(chat->host, ev, kind->fields);
    if (status != NX_OK) {
        return status;
    }
    struct request request = {
            .chat = chat,
            .kind = kind,
            .op = ev->op,
            .session = ev->session,
            .user = ev->user,
            .json = ev->json,
    };
    return dispatch(&request, ev->raw);
}
