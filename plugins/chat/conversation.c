#include "plugins/chat/conversation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/loading.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/member.h"

static const struct nx_str room_prefix = {"chat:", 5};

// What a conversation costs besides its members and messages, roughly.
#define FIXED_BYTES 512

// How many held ones an eviction passes before it gives up.
#define EVICT_TRIES 32

struct nx_str conversation_room(struct nx_str name, char out[ROOM_NAME_MAX]) {
    assert(name.len <= CONVERSATION_MAX);
    memcpy(out, room_prefix.ptr, room_prefix.len);
    memcpy(out + room_prefix.len, name.ptr, name.len);
    return nx_str_n(out, room_prefix.len + name.len);
}

struct nx_str conversation_of_room(struct nx_str room) {
    if (!nx_str_starts(room, room_prefix)) {
        return nx_str_none();
    }
    return nx_str_n(room.ptr + room_prefix.len, room.len - room_prefix.len);
}

struct conversation *conversation_find(
        const struct chat *chat, struct nx_str name) {
    return nx_strmap_get(chat->by_name, name.ptr, name.len);
}

struct conversation *conversation_find_key(
        const struct chat *chat, uint64_t key) {
    return nx_strmap_get(chat->by_key, (const char *)&key, sizeof(key));
}

static struct conversation *new_conversation(
        struct chat *chat, struct nx_str name) {
    size_t room_len = room_prefix.len + name.len;
    struct conversation *conv = calloc(1, sizeof(*conv) + room_len + 1);
    if (!conv) {
        return NULL;
    }
    conv->members = nx_strmap_create(MEMBERS_MAX);
    if (!conv->members) {
        free(conv);
        return NULL;
    }
    conv->chat = chat;
    nx_list_init(&conv->lru);
    nx_list_init(&conv->waiting);
    projection_init(&conv->log, false);
    memcpy(conv->room, room_prefix.ptr, room_prefix.len);
    memcpy(conv->room + room_prefix.len, name.ptr, name.len);
    conv->room_name = nx_str_n(conv->room, room_len);
    conv->name = nx_str_n(conv->room + room_prefix.len, name.len);
    return conv;
}

static void free_member(void *value) {
    member_free(value);
}

static void free_conversation(struct conversation *conv) {
    nx_list_remove(&conv->lru);
    projection_finish(&conv->log);
    nx_strmap_destroy(conv->members, free_member);
    free(conv);
}

static bool is_idle(const struct conversation *conv) {
    return conv->holds == 0 && nx_list_empty(&conv->waiting) && !conv->pumping
            && conv->state != CONVERSATION_LOADING && !conv->log_loading;
}

void conversation_forget(struct conversation *conv) {
    struct chat *chat = conv->chat;
    if (!conv->forgotten) {
        conv->forgotten = true;
        nx_strmap_remove(chat->by_name, conv->name.ptr, conv->name.len);
        if (conv->key > 0) {
            nx_strmap_remove(
                    chat->by_key, (const char *)&conv->key, sizeof(conv->key));
        }
        nx_list_remove(&conv->lru);
        nx_list_append(&chat->forgotten, &conv->lru);
        chat->cached_bytes -= conv->bytes;
        conv->bytes = 0;
    }
    if (is_idle(conv) && !chat->finishing) {
        free_conversation(conv);
    }
}

static bool has_room(const struct chat *chat, size_t more) {
    return nx_strmap_count(chat->by_name) + more
            <= chat->settings.cache_conversations
            && chat->cached_bytes <= chat->settings.cache_bytes;
}

// Evicts from the old end, sparing one. Held ones stay, so the bound may be
// exceeded by what is in use at this moment, which has bounds of its own.
static void evict(struct chat *chat, size_t more, struct conversation *spare) {
    struct nx_list *link = chat->lru.prev;
    int tries = 0;
    while (!has_room(chat, more) && link != &chat->lru && tries < EVICT_TRIES) {
        struct conversation *conv =
                nx_container_of(link, struct conversation, lru);
        link = link->prev;
        if (conv != spare && is_idle(conv)) {
            conversation_forget(conv);
        } else {
            tries++;
        }
    }
}

struct conversation *conversation_obtain(
        struct chat *chat, struct nx_str name) {
    struct conversation *conv = conversation_find(chat, name);
    if (conv) {
        nx_list_remove(&conv->lru);
        nx_list_prepend(&chat->lru, &conv->lru);
        return conv;
    }
    evict(chat, 1, NULL);
    conv = new_conversation(chat, name);
    if (!conv) {
        return NULL;
    }
    if (!nx_strmap_put(chat->by_name, conv->name.ptr, conv->name.len, conv)) {
        free_conversation(conv);
        return NULL;
    }
    nx_list_prepend(&chat->lru, &conv->lru);
    return conv;
}

static bool meets(const struct conversation *conv, const struct need *need) {
    if (conv->state != CONVERSATION_READY) {
        return false;
    }
    if (need->log) {
        return log_view_is_current(conv);
    }
    return need->message.len == 0 || !conv->exists
            || projection_find(&conv->log, need->message)
            || log_view_is_current(conv);
}

bool conversation_ready(
        const struct conversation *conv, const struct need *need) {
    return nx_list_empty(&conv->waiting) && meets(conv, need);
}

// Begins to load what the need lacks, unless that is on its way.
static nx_status start(struct conversation *conv) {
    if (conv->state == CONVERSATION_NEW) {
        return loading_start(conv);
    }
    if (conv->state == CONVERSATION_READY && !conv->log_loading) {
        return log_view_load(conv);
    }
    return NX_OK;
}

nx_status conversation_wait(struct conversation *conv, struct waiter *waiter) {
    if (conv->waiters >= CONVERSATION_WAITERS) {
        return NX_ERR_OVERLOADED;
    }
    // Somebody who waits already has made it start.
    if (nx_list_empty(&conv->waiting) && !conv->pumping) {
        nx_status status = start(conv);
        if (status != NX_OK) {
            return status;
        }
    }
    nx_list_append(&conv->waiting, &waiter->link);
    conv->waiters++;
    return NX_OK;
}

static void serve_first(struct conversation *conv, nx_status status) {
    struct nx_list *link = nx_list_take_first(&conv->waiting);
    struct waiter *waiter = nx_container_of(link, struct waiter, link);
    conv->waiters--;
    waiter->fn(waiter->user, conv, status);
}

static bool first_is_met(const struct conversation *conv) {
    const struct waiter *first =
            nx_container_of(conv->waiting.next, struct waiter, link);
    return meets(conv, &first->need);
}

// Serves those whose need is met, and begins to load what the next one needs.
static void serve(struct conversation *conv, nx_status status) {
    while (!nx_list_empty(&conv->waiting)) {
        bool met = status != NX_OK || first_is_met(conv);
        if (!met) {
            status = start(conv);
        }
        if (!met && status == NX_OK) {
            return;
        }
        serve_first(conv, status);
        status = NX_OK;
    }
}

void conversation_pump(struct conversation *conv, nx_status status) {
    // Without members there is nothing for anybody; a log that could not be
    // read is news only for who waited for it.
    bool failed = status != NX_OK && conv->state != CONVERSATION_READY;
    conv->pumping = true;
    if (failed) {
        while (!nx_list_empty(&conv->waiting)) {
            serve_first(conv, status);
        }
    } else {
        serve(conv, status);
    }
    conv->pumping = false;
    if (conv->forgotten || failed) {
        conversation_forget(conv);
    } else {
        conversation_account(conv);
    }
}

void conversation_hold(struct conversation *conv) {
    conv->holds++;
}

void conversation_release(struct conversation *conv) {
    assert(conv->holds > 0);
    conv->holds--;
    if (conv->forgotten && is_idle(conv) && !conv->chat->finishing) {
        free_conversation(conv);
    }
}

bool conversation_set_key(struct conversation *conv, uint64_t key) {
    if (conv->forgotten) {
        return false;
    }
    conv->key = key;
    return nx_strmap_put(conv->chat->by_key, (const char *)&conv->key,
            sizeof(conv->key), conv);
}

// A log that begins anew shares nothing with the one before.
static void begin_anew(
        struct conversation *conv, uint64_t epoch, uint64_t offset) {
    conv->epoch = epoch;
    conv->last_seq = offset;
    log_view_reset(conv, offset > 0 ? offset - 1 : 0);
    size_t cursor = 0;
    struct member *member;
    while ((member = nx_strmap_next(conv->members, &cursor, NULL, NULL))) {
        if (member->epoch == 0) {
            member->epoch = epoch; // positions before any record
        } else if (member->epoch != epoch) {
            member_reset(member, epoch);
        }
    }
}

void conversation_saw(
        struct conversation *conv, uint64_t epoch, uint64_t offset) {
    // The epoch of a log without records says only that another is lost.
    if (offset == 0 && (conv->epoch == 0 || epoch == 0)) {
        return;
    }
    if (conv->epoch != epoch) {
        begin_anew(conv, epoch, offset);
    }
    if (conv->last_seq < offset) {
        conv->last_seq = offset;
    }
}

void conversation_account(struct conversation *conv) {
    struct chat *chat = conv->chat;
    if (conv->forgotten) {
        return;
    }
    chat->cached_bytes -= conv->bytes;
    conv->bytes = FIXED_BYTES + conv->log.bytes + conv->device_bytes
            + nx_strmap_count(conv->members) * MEMBER_BYTES;
    chat->cached_bytes += conv->bytes;
    evict(chat, 0, conv);
    chat->sdk.metrics->set(chat->host, chat->metrics.conversations,
            (double)nx_strmap_count(chat->by_name));
    chat->sdk.metrics->set(
            chat->host, chat->metrics.cached_bytes, (double)chat->cached_bytes);
}

static void finish_list(struct nx_list *list) {
    struct nx_list *link;
    while ((link = nx_list_take_first(list))) {
        struct conversation *conv =
                nx_container_of(link, struct conversation, lru);
        while (!nx_list_empty(&conv->waiting)) {
            serve_first(conv, NX_ERR_CANCELLED);
        }
        free_conversation(conv);
    }
}

void conversation_finish_all(struct chat *chat) {
    finish_list(&chat->lru);
    finish_list(&chat->forgotten);
}
