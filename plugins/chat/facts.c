#include "plugins/chat/facts.h"

#include <stdlib.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/key.h"
#include "plugins/chat/member.h"
#include "plugins/chat/text.h"

struct writing {
    struct call call;
    struct chat *chat;
    struct stored *wait; // may be NULL
};

static void drop_writing(struct call *call) {
    struct writing *writing = nx_container_of(call, struct writing, call);
    if (writing->wait) {
        writing->wait->fn(writing->wait->user, NX_ERR_CANCELLED);
    }
    free(writing);
}

static struct writing *new_writing(
        struct conversation *conv, struct stored *wait) {
    struct writing *writing = calloc(1, sizeof(*writing));
    if (writing) {
        writing->chat = conv->chat;
        writing->wait = wait;
        writing->call.drop = drop_writing;
    }
    return writing;
}

static void written(void *user, const struct nx_fact_result *result) {
    struct writing *writing = user;
    struct chat *chat = writing->chat;
    nx_status status = result->status;
    if (status != NX_OK && status != NX_ERR_NOT_FOUND) {
        chat_count(chat, chat->metrics.failed_writes);
        conversation_forget(writing->call.conversation);
    }
    if (writing->wait) {
        writing->wait->fn(writing->wait->user,
                status == NX_ERR_NOT_FOUND ? NX_OK : status);
    }
    call_end(&writing->call);
    free(writing);
}

static nx_status put_bytes(struct conversation *conv, const struct key *key,
        struct nx_bytes value, uint64_t expect_revision) {
    struct chat *chat = conv->chat;
    if (key->failed) {
        return NX_ERR_TOO_LARGE;
    }
    struct writing *writing = new_writing(conv, NULL);
    if (!writing) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = chat->sdk.engine->put(chat->host, key_text(key), value,
            0, expect_revision, written, writing);
    if (status != NX_OK) {
        free(writing);
        return status;
    }
    call_begin(chat, &writing->call, conv);
    return NX_OK;
}

nx_status facts_put(struct conversation *conv, const struct key *key,
        struct nx_writer *value, uint64_t expect_revision) {
    struct chat *chat = conv->chat;
    struct nx_str text = {NULL, 0};
    if (value) {
        text = chat->sdk.json->text(value);
    }
    nx_status status = NX_ERR_NO_MEMORY;
    if (text.ptr) {
        status = put_bytes(
                conv, key, nx_bytes_n(text.ptr, text.len), expect_revision);
    }
    chat->sdk.json->discard(value);
    return status;
}

nx_status facts_remove(
        struct conversation *conv, const struct key *key, struct stored *wait) {
    struct chat *chat = conv->chat;
    if (key->failed) {
        return NX_ERR_TOO_LARGE;
    }
    struct writing *writing = new_writing(conv, wait);
    if (!writing) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = chat->sdk.engine->remove(
            chat->host, key_text(key), written, writing);
    if (status != NX_OK) {
        free(writing);
        return status;
    }
    call_begin(chat, &writing->call, conv);
    return NX_OK;
}

static struct nx_writer *conversation_value(
        const struct conversation *conv, struct nx_str creator) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *value = json->object(chat->host);
    if (value) {
        char hex[TEXT_HEX_SIZE];
        text_hex(conv->key, hex);
        json->put_str(value, "key", nx_str_c(hex));
        json->put_str(value, "created_by", creator);
        json->put_i64(value, "created_at", conv->created_at);
        json->put_bool(value, "open", conv->open);
    }
    return value;
}

nx_status facts_found(struct conversation *conv, struct nx_str creator) {
    struct chat *chat = conv->chat;
    if (conv->key == 0) {
        uint64_t number;
        do {
            number = chat_random();
        } while (number == 0 || conversation_find_key(chat, number));
        if (!conversation_set_key(conv, number)) {
            return NX_ERR_NO_MEMORY;
        }
    }
    conv->created_at = chat_now(chat);
    conv->open = chat->settings.open_conversations && !dm_is(conv->name);

    struct key key;
    key_number(&key, conv->key);
    nx_status status = put_bytes(
            conv, &key, nx_bytes_n(conv->name.ptr, conv->name.len), NX_PUT_NEW);
    if (status != NX_OK) {
        return status;
    }
    key_conversation(&key, conv->name);
    status = facts_put(
            conv, &key, conversation_value(conv, creator), NX_PUT_NEW);
    if (status == NX_OK) {
        conv->exists = true;
    }
    return status;
}
