/*
 * Joining with a position.
 *
 * What was missed is read from the engine before the session becomes a
 * member, so nothing needs to be held back. While the history is on its way,
 * new records may be delivered to the members there are; then the history is
 * read on from where it ended, until it has caught up. Only then the session
 * joins, is told, and gets the missed records in front of the live ones.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/base/payload.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/frame.h"
#include "kernel/core/plugin.h"
#include "kernel/core/position.h"
#include "kernel/core/receipts.h"
#include "kernel/core/registry.h"
#include "kernel/core/room_table.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"

#define PAGE_RECORDS 1000u
#define PAGES_MAX    128u

struct missed {
    struct payload *payload; // one reference is ours
    uint64_t offset;
};

struct room_join {
    struct nx_list link; // struct rooms::joins
    struct rooms *rooms;
    nx_session_id session;
    struct plugin *owner;
    nx_join_fn done;
    void *user;
    bool has_since;
    bool complete;  // nothing between since and the records below is missing
    uint32_t pages; // read so far
    uint64_t epoch;
    uint64_t upto; // newest offset read or skipped
    size_t bytes;  // of the frames below
    size_t count;
    struct missed *missed;
    struct nx_str name; // points behind the struct
};

static void join_free(struct room_join *join) {
    nx_list_remove(&join->link);
    for (size_t i = 0; i < join->count; i++) {
        payload_unref(join->missed[i].payload);
    }
    free(join->missed);
    free(join);
}

static void call_done(
        struct room_join *join, const struct nx_join_result *result) {
    if (!join->done) {
        return;
    }
    plugin_enter(join->owner, "joined");
    join->done(join->user, result);
    plugin_leave(join->owner);
}

static void fail(struct room_join *join, nx_status status) {
    struct nx_join_result result = {
            .struct_size = sizeof(result), .status = status};
    call_done(join, &result);
    join_free(join);
}

static void forget_missed(struct room_join *join) {
    for (size_t i = 0; i < join->count; i++) {
        payload_unref(join->missed[i].payload);
    }
    join->count = 0;
    join->bytes = 0;
    join->complete = false;
}

static void push_missed(struct room_join *join, struct session *session,
        struct member *member) {
    for (size_t i = 0; i < join->count; i++) {
        if (session_push(session, join->missed[i].payload, OUTBOX_NORMAL, 0)) {
            const struct nx_position position = {
                    join->epoch, join->missed[i].offset};
            receipts_note_record(member, &position);
        }
    }
}

static void complete(struct room_join *join, struct session *session) {
    struct rooms *rooms = join->rooms;
    const struct nx_position at = {join->epoch,
            join->count > 0 ? join->missed[0].offset - 1 : join->upto};
    nx_room_id room_id = rooms_add_member(rooms, join->name, session, &at);
    if (room_id == 0) {
        fail(join, NX_ERR_NO_MEMORY);
        return;
    }
    struct nx_join_result result = {
            .struct_size = sizeof(result),
            .status = NX_OK,
            .room = room_id,
            .epoch = join->epoch,
            .offset = join->upto,
            .recovered = join->has_since && join->complete,
            .records = (uint32_t)join->count,
    };
    call_done(join, &result);
    // The callback may have left again.
    const struct room *room = rooms_get(rooms, room_id);
    struct member *member = room ? room_member(room, session) : NULL;
    const struct registry_kind *kind =
            registry_find_kind(rooms->core->registry, join->name);
    if (member && !member->held && kind) {
        push_missed(join, session, member);
    }
    join_free(join);
}

static bool keep(struct room_join *join, const struct nx_record *record,
        const char *offset_field) {
    struct payload *payload = frame_of_record(record, offset_field);
    if (!payload) {
        return false;
    }
    join->missed[join->count].payload = payload;
    join->missed[join->count].offset = record->offset;
    join->count++;
    join->bytes += payload_frame_len(payload);
    return true;
}

// Frames a page of records. When they would not fit a session's queue, the
// client is better off with the history: then none is sent.
static void keep_page(
        struct room_join *join, const struct nx_history_result *page) {
    const struct core *core = join->rooms->core;
    const struct registry_kind *kind =
            registry_find_kind(core->registry, join->name);
    size_t limit = (size_t)core->settings->limits_outbox_bytes / 2;
    struct missed *missed = realloc(
            join->missed, (join->count + page->count + 1) * sizeof(*missed));
    if (missed) {
        join->missed = missed;
    }
    if (!missed || !kind) {
        forget_missed(join);
        return;
    }
    for (size_t i = 0; i < page->count; i++) {
        if (!keep(join, &page->records[i], kind->kind.offset_field)
                || join->bytes > limit) {
            forget_missed(join);
            return;
        }
    }
}

static void take_page(
        struct room_join *join, const struct nx_history_result *page) {
    const struct nx_position at = {join->epoch, join->upto};
    if (join->complete && !position_continues(&at, page)) {
        forget_missed(join);
    }
    join->epoch = page->epoch;
    if (!join->complete) {
        join->upto = page->last;
        return;
    }
    keep_page(join, page);
    join->upto = join->complete && page->count > 0
            ? page->records[page->count - 1].offset
            : (join->complete ? join->upto : page->last);
}

static bool caught_up(
        const struct room_join *join, const struct nx_history_result *page) {
    const struct room *room = rooms_find(join->rooms, join->name);
    uint64_t live = room && room->epoch == join->epoch ? room->offset : 0;
    return join->upto >= page->last && join->upto >= live;
}

static nx_status read_page(struct room_join *join);

static void on_page(void *user, const struct nx_history_result *page) {
    struct room_join *join = user;
    struct session *session =
            sessions_open(join->rooms->core->sessions, join->session);
    nx_status status = session ? page->status : NX_ERR_GONE;
    if (status == NX_OK) {
        status = rooms_may_join(join->rooms, join->name, session);
    }
    if (status) {
        fail(join, status);
        return;
    }
    take_page(join, page);
    join->pages++;
    if (!caught_up(join, page) && join->pages < PAGES_MAX) {
        status = read_page(join);
        if (status) {
            fail(join, status);
        }
        return;
    }
    if (join->pages >= PAGES_MAX) {
        forget_missed(join);
    }
    complete(join, session);
}

static nx_status read_page(struct room_join *join) {
    const struct engine_history history = {
            .owner = join->rooms->core,
            .room = join->name,
            .direction = NX_HISTORY_AFTER,
            .offset = join->upto,
            .limit = join->complete ? PAGE_RECORDS : 0,
            .done = on_page,
            .user = join,
    };
    return engine_history(join->rooms->core->engine, &history);
}

static struct room_join *join_create(
        struct rooms *rooms, const struct rooms_join *request) {
    struct nx_str name = request->name;
    struct room_join *join = calloc(1, sizeof(*join) + name.len + 1);
    if (!join) {
        return NULL;
    }
    join->name.ptr = memcpy(join + 1, name.ptr, name.len);
    join->name.len = name.len;
    join->rooms = rooms;
    nx_list_append(&rooms->joins, &join->link);
    join->session = request->session->id;
    join->owner = request->owner;
    join->done = request->done;
    join->user = request->user;
    if (request->since) {
        join->has_since = true;
        join->complete = true;
        join->epoch = request->since->epoch;
        join->upto = request->since->offset;
    }
    return join;
}

nx_status rooms_join(struct rooms *rooms, const struct rooms_join *request) {
    nx_status status = rooms_may_join(rooms, request->name, request->session);
    if (status) {
        return status;
    }
    if (!request->since && !request->done) {
        return rooms_add_member(rooms, request->name, request->session, NULL)
                ? NX_OK
                : NX_ERR_NO_MEMORY;
    }
    struct room_join *join = join_create(rooms, request);
    if (!join) {
        return NX_ERR_NO_MEMORY;
    }
    status = read_page(join);
    if (status) {
        join_free(join);
    }
    return status;
}

void rooms_drop_owner(struct rooms *rooms, const struct plugin *owner) {
    nx_list_for_each (link, &rooms->joins) {
        struct room_join *join = nx_container_of(link, struct room_join, link);
        if (join->owner == owner) {
            join->owner = NULL;
            join->done = NULL;
        }
    }
}

void rooms_drop_joins(struct rooms *rooms) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&rooms->joins)) != NULL) {
        join_free(nx_container_of(link, struct room_join, link));
    }
}
