#include "plugins/chat/member.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/facts.h"
#include "plugins/chat/key.h"
#include "plugins/chat/text.h"

// Watermarks wait this long for company, and so many go in one turn.
#define FLUSH_MS   2000
#define FLUSH_MANY 1000

// How stale the activity in the index may be: it only orders conversations.
#define INDEX_STEP_MS 600000

// One put of a member on its way.
struct putting {
    struct call call;
    struct member *member;
    struct nx_list waiting; // struct stored::link
    bool first;             // of a new member
};

struct member *member_find(
        const struct conversation *conv, struct nx_str user) {
    return nx_strmap_get(conv->members, user.ptr, user.len);
}

struct member *member_new(struct conversation *conv, struct nx_str user) {
    struct member *member = calloc(1, sizeof(*member) + user.len + 1);
    if (!member) {
        return NULL;
    }
    member->conversation = conv;
    nx_list_init(&member->dirty);
    nx_list_init(&member->waiting);
    memcpy(member->text, user.ptr, user.len);
    member->name = nx_str_n(member->text, user.len);
    if (!nx_strmap_put(conv->members, user.ptr, user.len, member)) {
        free(member);
        return NULL;
    }
    return member;
}

static uint64_t read_number(const struct nx_json_v1 *json,
        const struct nx_json *fact, const char *name) {
    int64_t number = 0;
    (void)json->i64(json->get(fact, name), &number);
    return number > 0 ? (uint64_t)number : 0;
}

bool member_read(struct member *member, const struct nx_json_v1 *json,
        const struct nx_json *fact) {
    if (json->kind(fact) != NX_JSON_OBJECT) {
        return false;
    }
    member->joined_at = (int64_t)read_number(json, fact, "joined_at");
    member->joined_seq = read_number(json, fact, "joined_seq");
    (void)text_parse_hex(json->str(json->get(fact, "epoch")), &member->epoch);
    member->read = read_number(json, fact, "read");
    member->delivered = read_number(json, fact, "delivered");
    member->creator =
            nx_str_is(json->str(json->get(fact, "role")), "creator") != 0;
    bool read = devices_read(
            &member->devices, json, member->epoch, json->get(fact, "devices"));
    member->conversation->device_bytes += devices_bytes(&member->devices);
    return read;
}

void member_reset(struct member *member, uint64_t epoch) {
    member->epoch = epoch;
    member->joined_seq = 0;
    member->read = 0;
    member->delivered = 0;
}

bool member_cursor(const struct member *member, const struct device_ref *device,
        int64_t since, struct nx_position *out) {
    const struct device *known = devices_find(&member->devices, device->id);
    if (known && device->id.ptr) {
        *out = (struct nx_position){known->epoch, known->received};
        return true;
    }
    *out = (struct nx_position){member->epoch, member->delivered};
    if (!device->id.ptr || member->joined_seq == member->delivered) {
        return true;
    }
    // It was somewhere else when its user joined: all of it is new to it.
    if (since > 0 && member->joined_at >= since) {
        out->offset = member->joined_seq;
    }
    return since > 0;
}

void member_meet(struct member *member, const struct device_ref *device,
        const struct nx_position *position) {
    if (!device->id.ptr) {
        return;
    }
    struct device *known = devices_find(&member->devices, device->id);
    if (known) {
        if (device_used(known, device->used_at)) {
            member_touch(member);
        }
        return;
    }
    struct conversation *conv = member->conversation;
    conv->device_bytes -= devices_bytes(&member->devices);
    known = devices_add(&member->devices, device->id, device->used_at,
            conv->chat->settings.devices);
    conv->device_bytes += devices_bytes(&member->devices);
    if (known) {
        known->epoch = position->epoch;
        known->received = position->offset;
        member_touch(member);
    }
}

static void call_all(struct nx_list *waiting, nx_status status) {
    struct nx_list *link;
    while ((link = nx_list_take_first(waiting))) {
        struct stored *stored = nx_container_of(link, struct stored, link);
        stored->fn(stored->user, status);
    }
}

void member_free(struct member *member) {
    if (!member) {
        return;
    }
    nx_list_remove(&member->dirty);
    call_all(&member->waiting, NX_ERR_CANCELLED);
    devices_finish(&member->devices);
    free(member);
}

static void drop_putting(struct call *call) {
    struct putting *putting = nx_container_of(call, struct putting, call);
    call_all(&putting->waiting, NX_ERR_CANCELLED);
    if (putting->member->removed) {
        member_free(putting->member);
    }
    free(putting);
}

static void flush_timer(void *user, nx_timer_id timer) {
    (void)timer;
    struct chat *chat = user;
    chat->flush_timer = 0;
    (void)member_flush_all(chat);
}

static void start_flush_timer(struct chat *chat) {
    if (chat->flush_timer == 0 && !chat->quiet) {
        (void)chat->sdk.timers->set(
                chat->host, FLUSH_MS, 0, flush_timer, chat, &chat->flush_timer);
    }
}

void member_touch(struct member *member) {
    struct chat *chat = member->conversation->chat;
    member->changed = true;
    if (!nx_list_linked(&member->dirty)) {
        conversation_hold(member->conversation);
        nx_list_append(&chat->dirty, &member->dirty);
    }
    start_flush_timer(chat);
}

static void clean(struct member *member) {
    if (nx_list_linked(&member->dirty)) {
        nx_list_remove(&member->dirty);
        conversation_release(member->conversation);
    }
}

static nx_status put_index(struct member *member) {
    struct chat *chat = member->conversation->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *value = json->object(chat->host);
    if (!value) {
        return NX_ERR_NO_MEMORY;
    }
    struct key key;
    key_index(&key, member->name, member->conversation->name);
    json->put_i64(value, "joined_at", member->joined_at);
    json->put_i64(value, "active_at", member->active_at);
    member->indexed_at = member->active_at;
    return facts_put(member->conversation, &key, value, NX_PUT_ANY);
}

static nx_status flush(struct member *member, bool first);

// What is left to do for a member that stays one.
static void carry_on(struct member *member, nx_status status, bool first) {
    if (status != NX_OK && first) {
        // Who is a member is for the engine to say.
        conversation_forget(member->conversation);
        return;
    }
    if (!nx_list_empty(&member->waiting)) {
        status = flush(member, false);
        if (status != NX_OK) {
            call_all(&member->waiting, status);
        }
    }
    if (status != NX_OK || member->changed) {
        member_touch(member);
    }
}

static void put_done(void *user, const struct nx_fact_result *result) {
    struct putting *putting = user;
    struct member *member = putting->member;
    struct chat *chat = member->conversation->chat;
    member->putting = NULL;
    if (result->status != NX_OK) {
        chat_count(chat, chat->metrics.failed_writes);
    }
    call_all(&putting->waiting, result->status);
    if (member->removed) {
        member_free(member);
    } else {
        carry_on(member, result->status, putting->first);
    }
    call_end(&putting->call);
    free(putting);
}

static struct nx_writer *member_value(const struct member *member) {
    struct chat *chat = member->conversation->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *value = json->object(chat->host);
    if (value) {
        json->put_i64(value, "joined_at", member->joined_at);
        json->put_u64(value, "joined_seq", member->joined_seq);
        char epoch[TEXT_HEX_SIZE];
        text_hex(member->epoch, epoch);
        json->put_str(value, "epoch", nx_str_c(epoch));
        json->put_u64(value, "read", member->read);
        json->put_u64(value, "delivered", member->delivered);
        devices_write(&member->devices, json, member->epoch, value);
        json->put_str(value, "role",
                nx_str_c(member->creator ? "creator" : "member"));
    }
    return value;
}

// Hands the member to the engine; putting is ours only after NX_OK.
static nx_status put_member(struct member *member, struct putting *putting) {
    struct chat *chat = member->conversation->chat;
    struct nx_writer *value = member_value(member);
    if (!value) {
        return NX_ERR_NO_MEMORY;
    }
    struct key key;
    key_member(&key, member->conversation->name, member->name);
    struct nx_str text = chat->sdk.json->text(value);
    nx_status status = NX_ERR_TOO_LARGE;
    if (!key.failed && text.ptr) {
        status = chat->sdk.engine->put(chat->host, key_text(&key),
                nx_bytes_n(text.ptr, text.len), 0, NX_PUT_ANY, put_done,
                putting);
    }
    chat->sdk.json->discard(value);
    return status;
}

// Writes the member now, unless a put is on its way: put_done comes back.
static nx_status flush(struct member *member, bool first) {
    struct conversation *conv = member->conversation;
    if (member->putting || !member->changed) {
        return NX_OK;
    }
    struct putting *putting = calloc(1, sizeof(*putting));
    if (!putting) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = put_member(member, putting);
    if (status != NX_OK) {
        free(putting);
        return status;
    }
    putting->member = member;
    putting->first = first;
    putting->call.drop = drop_putting;
    nx_list_init(&putting->waiting);
    nx_list_splice(&putting->waiting, &member->waiting);
    call_begin(conv->chat, &putting->call, conv);
    member->putting = putting;
    member->changed = false;
    if (member->active_at - member->indexed_at >= INDEX_STEP_MS) {
        (void)put_index(member);
    }
    clean(member);
    return NX_OK;
}

void member_store(struct member *member, struct stored *wait) {
    nx_list_init(&wait->link);
    if (!member->changed) {
        if (member->putting) {
            nx_list_append(&member->putting->waiting, &wait->link);
        } else {
            wait->fn(wait->user, NX_OK);
        }
        return;
    }
    nx_list_append(&member->waiting, &wait->link);
    nx_status status = flush(member, false);
    if (status != NX_OK) {
        nx_list_remove(&wait->link);
        member_touch(member);
        wait->fn(wait->user, status);
    }
}

void member_active(struct member *member) {
    struct chat *chat = member->conversation->chat;
    member->active_at = chat_now(chat);
    if (member->active_at - member->indexed_at >= INDEX_STEP_MS) {
        member_touch(member);
    }
}

nx_status member_add(struct conversation *conv, struct nx_str user,
        bool creator, struct member **out) {
    struct chat *chat = conv->chat;
    if (nx_strmap_count(conv->members) >= chat->settings.members) {
        return NX_ERR_LIMIT;
    }
    struct member *member = member_new(conv, user);
    if (!member) {
        return NX_ERR_NO_MEMORY;
    }
    member->joined_at = chat_now(chat);
    member->active_at = member->joined_at;
    member->joined_seq = conv->last_seq;
    member->epoch = conv->epoch;
    member->read = conv->last_seq;
    member->delivered = conv->last_seq;
    member->creator = creator;
    member->changed = true;
    // The index first: a member nobody finds at log-in would be the worse
    // half.
    nx_status status = put_index(member);
    if (status == NX_OK) {
        status = flush(member, true);
    }
    if (status != NX_OK) {
        nx_strmap_remove(conv->members, user.ptr, user.len);
        member_free(member);
        return status;
    }
    *out = member;
    return NX_OK;
}

nx_status member_remove(struct member *member, struct stored *wait) {
    struct conversation *conv = member->conversation;
    struct key key;
    key_member(&key, conv->name, member->name);
    nx_status status = facts_remove(conv, &key, wait);
    if (status != NX_OK) {
        return status;
    }
    key_index(&key, member->name, conv->name);
    (void)facts_remove(conv, &key, NULL);
    nx_strmap_remove(conv->members, member->name.ptr, member->name.len);
    conv->device_bytes -= devices_bytes(&member->devices);
    devices_finish(&member->devices);
    member->removed = true;
    member->changed = false;
    clean(member);
    if (!member->putting) {
        member_free(member);
    }
    return NX_OK;
}

bool member_flush_all(struct chat *chat) {
    int budget = FLUSH_MANY;
    size_t failed = 0;
    nx_list_for_each_safe (link, next, &chat->dirty) {
        struct member *member = nx_container_of(link, struct member, dirty);
        if (budget-- == 0) {
            break;
        }
        // One on its way: put_done sees that there is more and comes back.
        if (member->putting) {
            clean(member);
        } else if (flush(member, false) != NX_OK) {
            failed++;
            break;
        }
    }
    if (!nx_list_empty(&chat->dirty)) {
        start_flush_timer(chat);
    }
    return failed == 0 && nx_list_empty(&chat->dirty);
}

void member_drop_dirty(struct chat *chat) {
    while (nx_list_take_first(&chat->dirty)) {
    }
}
