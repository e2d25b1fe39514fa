#include "kernel/core/restore_room.h"

#include <nexus/util/str.h>

#include "kernel/base/payload.h"
#include "kernel/core/core.h"
#include "kernel/core/frame.h"
#include "kernel/core/position.h"
#include "kernel/core/registry.h"
#include "kernel/core/room_events.h"
#include "kernel/core/room_position.h"
#include "kernel/core/room_table.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/writer.h"

static struct member *find_member(
        const struct restore_room *room, const struct session *session) {
    const struct room *found =
            rooms_find(session->core->rooms, room->want.name);
    return found ? room_member(found, session) : NULL;
}

void restore_room_fail(
        struct restore_room *room, struct session *session, nx_status status) {
    room->done = true;
    room->recovered = false;
    room->status = status;
    // A member that was held has a hole now, and must not seem to have none.
    (void)rooms_leave(session->core->rooms, room->want.name, session);
}

// The session is a member from here on, and has everything up to room->at.
static enum restore_step enter(
        struct restore_room *room, struct session *session) {
    struct rooms *rooms = session->core->rooms;
    bool was_member = find_member(room, session) != NULL;
    room->done = true;
    if (!was_member) {
        room->status = rooms_may_join(rooms, room->want.name, session);
        if (room->status == NX_OK
                && rooms_add_member(
                           rooms, room->want.name, session, &room->from)
                        == 0) {
            room->status = NX_ERR_NO_MEMORY;
        }
    }
    struct member *member = find_member(room, session);
    if (member && room->has_log) {
        room_position_set(member, &room->from, room->at.offset);
    }
    if (member) {
        member->held = false;
    }
    if (member && !was_member) {
        room_events_entered(member);
    }
    return RESTORE_ROOM_DONE;
}

enum restore_step restore_room_begin(
        struct restore_room *room, struct session *session) {
    const struct rooms *rooms = session->core->rooms;
    struct member *member = find_member(room, session);
    nx_status status =
            member ? NX_OK : rooms_may_join(rooms, room->want.name, session);
    room->begun = true;
    if (status != NX_OK) {
        restore_room_fail(room, session, status);
        return RESTORE_ROOM_DONE;
    }
    room->has_log = room_position_kept(rooms, room->want.name);
    if (!room->has_log) {
        return enter(room, session);
    }
    if (member) {
        member->held = true;
    }
    room->known = room->want.has_position;
    room->recovered = room->known;
    room->from = room->want.at;
    room->at = room->want.at;
    return RESTORE_ROOM_READ;
}

static const char *gap_reason(
        const struct restore_room *room, const struct nx_history_result *page) {
    if (!room->known) {
        return "unknown";
    }
    return room->at.epoch == page->epoch ? "expired" : "lost";
}

static void tell_gap(const struct restore_room *room, struct session *session,
        const struct nx_history_result *page) {
    bool same = room->known && room->at.epoch == page->epoch;
    uint64_t from = same ? room->at.offset + 1 : 1;
    struct core *core = session->core;
    char epoch[POSITION_EPOCH_SIZE];
    position_write_epoch(page->epoch, epoch);
    struct nx_writer *w =
            writer_event(core->writers, "system.gap", nx_str_none());
    writer_put_str(w, "room", room->want.name);
    writer_put_cstr(w, "epoch", epoch);
    writer_put_u64(w, "from", from);
    writer_put_u64(w, "to", page->last);
    writer_put_cstr(w, "reason", gap_reason(room, page));
    (void)session_send(session, w, OUTBOX_NORMAL);
    core->stats->gaps++;
}

// The client will not get what is between what it has and the end of the log.
static void skip(struct restore_room *room, struct session *session,
        const struct nx_history_result *page) {
    const struct nx_position end = {page->epoch, page->last};
    if (room->known || page->last > 0) {
        tell_gap(room, session, page);
    }
    room->known = true;
    room->recovered = false;
    room->from = end;
    room->at = end;
}

static bool send(struct restore_room *room, struct session *session,
        const struct nx_record *record) {
    const struct registry_kind *kind =
            registry_find_kind(session->core->registry, room->want.name);
    struct payload *payload =
            kind ? frame_of_record(record, kind->kind.offset_field) : NULL;
    bool sent = payload && session_push(session, payload, OUTBOX_NORMAL, 0);
    payload_unref(payload);
    if (sent) {
        room->at.offset = record->offset;
        room->records++;
        session->core->stats->replayed++;
    }
    return sent;
}

static bool caught_up(const struct restore_room *room,
        const struct session *session, const struct nx_history_result *page) {
    const struct room *live = rooms_find(session->core->rooms, room->want.name);
    uint64_t newest = live && live->epoch == room->at.epoch ? live->offset : 0;
    return room->at.offset >= page->last && room->at.offset >= newest;
}

enum restore_step restore_room_feed(struct restore_room *room,
        struct session *session, const struct nx_history_result *page) {
    // Half of the queue is left for what comes live meanwhile.
    size_t mark = (size_t)session->core->settings->limits_outbox_bytes / 2;
    if (!room->known || !position_continues(&room->at, page)) {
        skip(room, session, page);
    }
    room->at.epoch = page->epoch;
    room->from.epoch = page->epoch;
    for (size_t i = 0; i < page->count; i++) {
        const struct nx_record *record = &page->records[i];
        if (record->offset <= room->at.offset) {
            continue; // skipped
        }
        if (session->outbox.bytes >= mark) {
            return RESTORE_ROOM_FULL;
        }
        if (!send(room, session, record)) {
            restore_room_fail(room, session, NX_ERR_NO_MEMORY);
            return RESTORE_ROOM_DONE;
        }
    }
    return caught_up(room, session, page) ? enter(room, session)
                                          : RESTORE_ROOM_READ;
}

void restore_room_put(const struct restore_room *room, struct nx_writer *w) {
    writer_begin_object(w, NULL);
    writer_put_str(w, "room", room->want.name);
    if (room->status != NX_OK) {
        writer_put_cstr(w, "error", nx_err_word(room->status));
    } else {
        writer_put_bool(w, "recovered", room->recovered);
    }
    if (room->status == NX_OK && room->has_log) {
        char epoch[POSITION_EPOCH_SIZE];
        position_write_epoch(room->at.epoch, epoch);
        writer_put_cstr(w, "epoch", epoch);
        writer_put_u64(w, "offset", room->at.offset);
        writer_put_u64(w, "records", room->records);
    }
    writer_end(w);
}
