#include "plugins/chat/loading.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/key.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/member.h"
#include "plugins/chat/text.h"

#define PAGE 1000

struct loading {
    struct call call;
    struct key last; // of the members read so far
};

static void finish(struct loading *loading, nx_status status) {
    struct conversation *conv = loading->call.conversation;
    if (status == NX_OK) {
        conv->state = CONVERSATION_READY;
        log_view_loaded(conv);
    } else {
        conv->state = CONVERSATION_NEW;
    }
    conversation_hold(conv);
    call_end(&loading->call);
    free(loading);
    conversation_pump(conv, status);
    conversation_release(conv);
}

static nx_status read_member(
        struct conversation *conv, const struct nx_fact *fact) {
    struct chat *chat = conv->chat;
    char name[CHAT_ID_MAX];
    size_t len;
    if (!key_last_name(fact->key, name, sizeof(name), &len)) {
        return NX_ERR_INTERNAL;
    }
    const struct nx_json *value = chat->sdk.json->parse(
            chat->host, nx_str_n(fact->value.ptr, fact->value.len));
    struct member *member = member_new(conv, nx_str_n(name, len));
    if (!member) {
        return NX_ERR_NO_MEMORY;
    }
    if (!member_read(member, chat->sdk.json, value)) {
        return NX_ERR_INTERNAL;
    }
    if (member->epoch == 0) {
        member->epoch = conv->epoch; // written before the first record
    } else if (conv->epoch != 0 && member->epoch != conv->epoch) {
        member_reset(member, conv->epoch);
    }
    // A log that was lost may be shorter than what was read of it.
    if (member->read > conv->last_seq) {
        member->read = conv->last_seq;
    }
    if (member->delivered > conv->last_seq) {
        member->delivered = conv->last_seq;
    }
    return NX_OK;
}

static void members_read(void *user, const struct nx_fact_result *result);

static nx_status scan_members(struct loading *loading) {
    struct conversation *conv = loading->call.conversation;
    struct chat *chat = conv->chat;
    struct key prefix;
    key_member(&prefix, conv->name, nx_str_none());
    struct nx_str after = nx_str_none();
    if (loading->last.len > 0) {
        after = key_text(&loading->last);
    }
    return chat->sdk.engine->scan(
            chat->host, key_text(&prefix), after, PAGE, members_read, loading);
}

static nx_status read_page(
        struct loading *loading, const struct nx_fact_result *result) {
    nx_status status = result->status;
    for (size_t i = 0; i < result->count && status == NX_OK; i++) {
        status = read_member(loading->call.conversation, &result->facts[i]);
    }
    if (status != NX_OK || result->count < PAGE) {
        return status;
    }
    struct nx_str key = result->facts[result->count - 1].key;
    if (key.len > sizeof(loading->last.text)) {
        return NX_ERR_INTERNAL;
    }
    memcpy(loading->last.text, key.ptr, key.len);
    loading->last.len = key.len;
    return scan_members(loading);
}

static void members_read(void *user, const struct nx_fact_result *result) {
    struct loading *loading = user;
    nx_status status = read_page(loading, result);
    if (status != NX_OK || result->count < PAGE) {
        finish(loading, status);
    }
}

static void position_read(void *user, const struct nx_history_result *result) {
    struct loading *loading = user;
    nx_status status = result->status;
    if (status == NX_OK) {
        conversation_saw(
                loading->call.conversation, result->epoch, result->last);
        status = scan_members(loading);
    }
    if (status != NX_OK) {
        finish(loading, status);
    }
}

static bool read_conversation(
        struct conversation *conv, const struct nx_fact *fact) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    const struct nx_json *value =
            json->parse(chat->host, nx_str_n(fact->value.ptr, fact->value.len));
    int32_t open = 0;
    uint64_t key;
    (void)json->boolean(json->get(value, "open"), &open);
    (void)json->i64(json->get(value, "created_at"), &conv->created_at);
    if (!text_parse_hex(json->str(json->get(value, "key")), &key)) {
        return false;
    }
    conv->open = open != 0;
    conv->exists = true;
    return conversation_set_key(conv, key);
}

static nx_status ask_position(struct loading *loading) {
    struct conversation *conv = loading->call.conversation;
    struct chat *chat = conv->chat;
    return chat->sdk.engine->history(chat->host, conv->room_name,
            NX_HISTORY_BEFORE, 0, 0, position_read, loading);
}

static void conversation_read(void *user, const struct nx_fact_result *result) {
    struct loading *loading = user;
    struct conversation *conv = loading->call.conversation;
    nx_status status = result->status;
    if (status == NX_ERR_NOT_FOUND || (status == NX_OK && result->count == 0)) {
        finish(loading, NX_OK);
        return;
    }
    if (status == NX_OK && !read_conversation(conv, &result->facts[0])) {
        nx_logf(&conv->chat->sdk, NX_LOG_ERROR,
                "stored conversation is not readable");
        status = NX_ERR_INTERNAL;
    }
    if (status == NX_OK) {
        status = ask_position(loading);
    }
    if (status != NX_OK) {
        finish(loading, status);
    }
}

nx_status loading_start(struct conversation *conv) {
    struct chat *chat = conv->chat;
    struct key key;
    key_conversation(&key, conv->name);
    if (key.failed) {
        return NX_ERR_TOO_LARGE;
    }
    struct loading *loading = calloc(1, sizeof(*loading));
    if (!loading) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = chat->sdk.engine->get(
            chat->host, key_text(&key), conversation_read, loading);
    if (status != NX_OK) {
        free(loading);
        return status;
    }
    call_begin(chat, &loading->call, conv);
    conv->state = CONVERSATION_LOADING;
    return NX_OK;
}
