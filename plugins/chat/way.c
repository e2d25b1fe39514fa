#include "plugins/chat/way.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/behind.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/device_book.h"
#include "plugins/chat/key.h"
#include "plugins/chat/member.h"
#include "plugins/chat/stop.h"
#include "plugins/chat/survey.h"

#define PAGE      1000
#define PAGES_MAX 10

struct way {
    struct call call;     // from beginning to end
    struct waiter waiter; // while waiting
    bool waiting;
    struct chat *chat;
    struct way_order order;
    int64_t since;   // when the device was first seen, 0: not known
    unsigned pages;  // of the index
    struct key last; // of the index read so far
    size_t at;       // the stop that is looked at
};

static void finish(struct way *way, nx_status status) {
    const struct way_order order = way->order;
    call_end(&way->call);
    free(way);
    order.fn(order.ctx, status == WAY_FOUND ? NX_OK : status);
}

// Who waits for a conversation is told by that one that there is no more.
static void drop_way(struct call *call) {
    struct way *way = nx_container_of(call, struct way, call);
    if (!way->waiting) {
        free(way);
    }
}

// ---- choosing ----

static void chosen(void *user, nx_status status) {
    finish(user, status);
}

// All that was missed, unless that is too much.
static nx_status choose(struct way *way) {
    const struct stops *stops = way->order.stops;
    uint32_t budget = way->chat->settings.offline_messages;
    uint64_t missed = 0;
    for (size_t i = 0; i < stops->count; i++) {
        struct stop *stop = stops->list[i];
        stop->next = stop->base + 1;
        if (!stop->skip && stop->last > stop->base) {
            missed += stop->last - stop->base;
        }
    }
    return missed > budget
            ? survey_begin(way->chat, way->order.stops, budget, chosen, way)
            : WAY_FOUND;
}

// ---- looking ----

// Whether the session is in the room behind all that was sent to it. One that
// was resumed may be in it without a backlog that got lost on the way.
static bool is_up_to_date(
        const struct way *way, const struct conversation *conv) {
    struct chat *chat = way->chat;
    nx_session_id session = way->order.session;
    bool behind = behind_take(chat, session, conv->name);
    if (behind && attendance_is_in(conv, session)) {
        (void)chat->sdk.rooms->leave(chat->host, conv->room_name, session);
        return false;
    }
    return attendance_is_in(conv, session);
}

static void look_at(const struct way *way, struct stop *stop,
        const struct conversation *conv) {
    const struct device_ref device = {
            .user = way->order.user,
            .id = way->order.device,
            .used_at = way->order.used_at,
    };
    struct member *member = member_find(conv, way->order.user);
    if (!member) {
        stop->skip = true; // the index is older than the membership
        return;
    }
    struct nx_position cursor;
    stop->lost = false;
    stop->dropped = false;
    stop->told = false;
    stop->rejoins = 0;
    stop->first = 0;
    (void)member_cursor(member, &device, way->since, &cursor);
    member_meet(member, &device, &cursor);
    stop->skip = is_up_to_date(way, conv);
    stop->epoch = cursor.epoch;
    stop->base = cursor.offset;
    stop->last = conv->last_seq;
    if (conv->epoch == 0 || cursor.epoch == 0 || cursor.epoch == conv->epoch) {
        return;
    }
    stop->lost = stop->base > 0;
    stop->epoch = conv->epoch;
    stop->base = 0;
}

static nx_status look(struct way *way);

static void loaded(void *user, struct conversation *conv, nx_status status) {
    struct way *way = user;
    way->waiting = false;
    if (status == NX_OK) {
        look_at(way, way->order.stops->list[way->at++], conv);
        status = look(way);
    }
    if (status != NX_OK) {
        finish(way, status);
    }
}

// One stop after the other, until one has to be waited for.
static nx_status look(struct way *way) {
    const struct need members = {.log = false};
    const struct stops *stops = way->order.stops;
    for (; way->at < stops->count; way->at++) {
        struct stop *stop = stops->list[way->at];
        struct conversation *conv =
                conversation_obtain(way->chat, stop_name(stop));
        if (!conv) {
            return NX_ERR_NO_MEMORY;
        }
        if (!conversation_ready(conv, &members)) {
            way->waiter.need = members;
            way->waiter.fn = loaded;
            way->waiter.user = way;
            nx_status status = conversation_wait(conv, &way->waiter);
            way->waiting = status == NX_OK;
            return status;
        }
        look_at(way, stop, conv);
    }
    return choose(way);
}

// ---- the index ----

static int64_t active_at(const struct chat *chat, const struct nx_fact *fact) {
    int64_t time = 0;
    const struct nx_json_v1 *json = chat->sdk.json;
    const struct nx_json *value =
            json->parse(chat->host, nx_str_n(fact->value.ptr, fact->value.len));
    (void)json->i64(json->get(value, "active_at"), &time);
    return time;
}

static nx_status add_stop(struct way *way, const struct nx_fact *fact) {
    const struct chat *chat = way->chat;
    char name[CONVERSATION_MAX];
    size_t len;
    if (!key_last_name(fact->key, name, sizeof(name), &len)) {
        return NX_OK;
    }
    return stops_insert(way->order.stops, nx_str_n(name, len),
                   active_at(chat, fact), chat->settings.rooms_at_login)
            ? NX_OK
            : NX_ERR_NO_MEMORY;
}

static nx_status read_index(struct way *way);

static nx_status use_page(
        struct way *way, const struct nx_fact_result *result) {
    nx_status status = result->status;
    for (size_t i = 0; i < result->count && status == NX_OK; i++) {
        status = add_stop(way, &result->facts[i]);
    }
    if (status != NX_OK) {
        return status;
    }
    if (result->count < PAGE || ++way->pages == PAGES_MAX) {
        return look(way);
    }
    struct nx_str key = result->facts[result->count - 1].key;
    if (key.len > sizeof(way->last.text)) {
        return NX_ERR_INTERNAL;
    }
    memcpy(way->last.text, key.ptr, key.len);
    way->last.len = key.len;
    return read_index(way);
}

static void index_read(void *user, const struct nx_fact_result *result) {
    struct way *way = user;
    nx_status status = use_page(way, result);
    if (status != NX_OK) {
        finish(way, status);
    }
}

static nx_status read_index(struct way *way) {
    struct chat *chat = way->chat;
    struct key prefix;
    key_index(&prefix, way->order.user, nx_str_none());
    return chat->sdk.engine->scan(chat->host, key_text(&prefix),
            way->last.len > 0 ? key_text(&way->last) : nx_str_none(), PAGE,
            index_read, way);
}

// ---- the device ----

static void is_known(void *user, nx_status status, int64_t since) {
    struct way *way = user;
    way->since = since;
    if (status == NX_OK) {
        status = way->order.stops->count > 0 ? look(way) : read_index(way);
    }
    if (status != NX_OK) {
        finish(way, status);
    }
}

static nx_status start(struct way *way) {
    const struct device_ref device = {
            .user = way->order.user,
            .id = way->order.device,
            .used_at = way->order.used_at,
    };
    if (device.id.ptr) {
        return device_book_visit(way->chat, &device, is_known, way);
    }
    return way->order.stops->count > 0 ? look(way) : read_index(way);
}

nx_status way_find(struct chat *chat, const struct way_order *order) {
    struct way *way = calloc(1, sizeof(*way));
    if (!way) {
        return NX_ERR_NO_MEMORY;
    }
    way->chat = chat;
    way->order = *order;
    nx_status status = start(way);
    if (status != NX_OK) {
        free(way);
        return status;
    }
    way->call.drop = drop_way;
    call_begin(chat, &way->call, NULL);
    return NX_OK;
}
