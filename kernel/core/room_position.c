#include "kernel/core/room_position.h"

#include <stdlib.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/receipts.h"
#include "kernel/core/registry.h"
#include "kernel/core/resume.h"
#include "kernel/core/room_table.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"

// The engine was asked where the log of a room ends.
struct question {
    struct nx_list link; // struct rooms::questions
    struct rooms *rooms;
    nx_room_id room;
};

bool room_position_kept(const struct rooms *rooms, struct nx_str room_name) {
    const struct registry_kind *kind =
            registry_find_kind(rooms->core->registry, room_name);
    return kind && kind->kind.keep_count > 0;
}

static void place(struct member *member, const struct nx_position *at) {
    member->epoch = at->epoch;
    member->proved = at->offset;
    member->pinged = at->offset;
    member->queued = at->offset;
}

void room_position_set(
        struct member *member, const struct nx_position *at, uint64_t upto) {
    receipts_forget(member);
    place(member, at);
    if (upto > at->offset) {
        const struct nx_position queued = {at->epoch, upto};
        receipts_note_record(member, &queued);
    }
}

void room_position_new_log(
        struct room *room, const struct nx_position *record) {
    const struct nx_position before = {record->epoch, record->offset - 1};
    nx_list_for_each (link, &room->members) {
        struct member *member = nx_container_of(link, struct member, room_link);
        if (member->epoch != record->epoch && !member->held) {
            receipts_forget(member);
            place(member, &before);
            resume_changed(member->session);
        }
    }
}

void room_position_catch_up(struct member *member) {
    const struct room *room = member->room;
    bool news = room->epoch != 0 && member->epoch == room->epoch
            && room->offset > member->queued;
    if (!news || member->held) {
        return;
    }
    const struct registry_kind *kind = registry_find_kind(
            member->session->core->registry, room_name(room));
    // In a tracked room each record is noted when it is queued.
    if (kind && (kind->kind.flags & NX_ROOM_TRACKED) == 0) {
        const struct nx_position queued = {room->epoch, room->offset};
        receipts_note_record(member, &queued);
    }
}

bool room_position_of(const struct member *member, struct nx_position *out) {
    const struct room *room = member->room;
    out->epoch = member->epoch;
    out->offset = member->proved;
    return member->epoch != 0
            && room_position_kept(
                    member->session->core->rooms, room_name(room));
}

bool room_position_is_awaited(const struct member *member) {
    const struct registry_kind *kind = registry_find_kind(
            member->session->core->registry, room_name(member->room));
    return member->epoch == 0 && kind && kind->kind.keep_count > 0
            && (kind->kind.flags & NX_ROOM_TRACKED) != 0;
}

static void question_free(struct question *question) {
    nx_list_remove(&question->link);
    free(question);
}

static void place_all(struct room *room, const struct nx_position *at) {
    nx_list_for_each (link, &room->members) {
        struct member *member = nx_container_of(link, struct member, room_link);
        if (member->epoch == 0) {
            place(member, at);
            resume_changed(member->session);
        }
    }
}

// Records that came meanwhile have told the position more exactly.
static void on_answer(void *user, const struct nx_history_result *result) {
    struct question *question = user;
    const struct nx_position end = {result->epoch, result->last};
    struct room *room = rooms_get(question->rooms, question->room);
    if (room && result->status == NX_OK && room->epoch == 0) {
        place_all(room, &end);
    }
    question_free(question);
}

static void ask(struct rooms *rooms, const struct room *room) {
    struct question *question = calloc(1, sizeof(*question));
    if (!question) {
        return;
    }
    question->rooms = rooms;
    question->room = room->id;
    nx_list_append(&rooms->questions, &question->link);
    const struct engine_history history = {
            .owner = rooms->core,
            .room = room_name(room),
            .direction = NX_HISTORY_AFTER,
            .done = on_answer,
            .user = question,
    };
    if (engine_history(rooms->core->engine, &history) != NX_OK) {
        question_free(question);
    }
}

// A neighbour that joined before any record knows the end of the log too.
static const struct member *neighbour_of(const struct member *member) {
    struct nx_list *first = member->room->members.next;
    const struct member *other =
            nx_container_of(first, struct member, room_link);
    return other != member && other->epoch != 0 ? other : NULL;
}

void room_position_begin(struct rooms *rooms, struct member *member) {
    const struct room *room = member->room;
    struct nx_position end = {room->epoch, room->offset};
    if (rooms->core->settings->resume_window == 0
            || !room_position_kept(rooms, room_name(room))) {
        return;
    }
    const struct member *neighbour = neighbour_of(member);
    if (end.epoch == 0 && neighbour) {
        end.epoch = neighbour->epoch;
        end.offset = neighbour->queued;
    }
    if (end.epoch != 0) {
        place(member, &end);
    } else if (room->member_count == 1) {
        ask(rooms, room);
    }
}

void room_position_drop(struct rooms *rooms) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&rooms->questions)) != NULL) {
        free(nx_container_of(link, struct question, link));
    }
}
