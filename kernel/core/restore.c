#include "kernel/core/restore.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/auth.h>
#include <nexus/engine.h>
#include <nexus/router.h>
#include <nexus/util/list.h>
#include <nexus/util/str.h>

#include "kernel/base/log.h"
#include "kernel/base/timers.h"
#include "kernel/core/auth.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/gate.h"
#include "kernel/core/op.h"
#include "kernel/core/restore_room.h"
#include "kernel/core/resume.h"
#include "kernel/core/resume_record.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define PAGE_RECORDS 200u
// Events of one session that wait; reading stops with the first of them.
#define HELD_MAX  16u
#define TRIES_MAX 6u
#define RETRY_MS  250

enum restore_state {
    RESTORE_NEW,
    RESTORE_WAITING, // in line
    RESTORE_ASKING,  // the authentication chain answers later
    RESTORE_READING,
    RESTORE_BLOCKED, // the client reads what it was sent
    RESTORE_RETRY,   // storage did not answer; the timer runs
};

struct restore {
    struct nx_list link;       // struct restores::all
    struct nx_list queue_link; // struct restores::waiting
    struct restores *restores;
    nx_session_id session; // 0: it has gone
    nx_session_id after;   // must have ended before
    nx_op_id op;           // 0: a session that resumes
    enum restore_state state;
    struct timer timer;
    unsigned tries;
    bool allowed; // to come back into the current room
    size_t current;
    size_t count;
    struct restore_room rooms[];
};

struct restores {
    struct core *core;
    struct nx_list all;     // struct restore::link
    struct nx_list waiting; // struct restore::queue_link
    size_t waiting_count;
    size_t reading;
};

// ---- life ----

struct restores *restores_create(struct core *core) {
    struct restores *restores = calloc(1, sizeof(*restores));
    if (restores) {
        restores->core = core;
        nx_list_init(&restores->all);
        nx_list_init(&restores->waiting);
    }
    return restores;
}

static void leave_line(struct restore *restore) {
    if (restore->state == RESTORE_WAITING) {
        nx_list_remove(&restore->queue_link);
        restore->restores->waiting_count--;
    }
    timer_cancel(&restore->timer);
}

static void restore_free(struct restore *restore) {
    for (size_t i = 0; i < restore->count; i++) {
        resume_room_finish(&restore->rooms[i].want);
    }
    leave_line(restore);
    nx_list_remove(&restore->link);
    free(restore);
}

void restores_destroy(struct restores *restores) {
    if (!restores) {
        return;
    }
    nx_list_for_each_safe (link, next, &restores->all) {
        restore_free(nx_container_of(link, struct restore, link));
    }
    free(restores);
}

size_t restores_waiting(const struct restores *restores) {
    return restores->waiting_count;
}

static struct restore *create(
        struct session *session, struct resume_record *record) {
    size_t size = record->room_count * sizeof(struct restore_room);
    struct restore *restore = calloc(1, sizeof(*restore) + size);
    if (!restore) {
        return NULL;
    }
    restore->restores = session->core->restores;
    restore->session = session->id;
    restore->count = record->room_count;
    for (size_t i = 0; i < restore->count; i++) {
        restore->rooms[i].want = record->rooms[i];
    }
    record->room_count = 0; // the names are ours now
    nx_list_init(&restore->queue_link);
    nx_list_init(&restore->link);
    nx_list_append(&restore->restores->all, &restore->link);
    timer_init(&restore->timer, NULL, restore);
    session->restore = restore;
    return restore;
}

struct restore *restore_create(struct session *session,
        struct resume_record *record, nx_session_id after) {
    struct restore *restore = create(session, record);
    if (restore) {
        restore->after = after;
    }
    return restore;
}

static void hold(const struct restore *restore, const struct session *session) {
    for (size_t i = 0; i < restore->count; i++) {
        const struct room *room =
                rooms_find(session->core->rooms, restore->rooms[i].want.name);
        struct member *member = room ? room_member(room, session) : NULL;
        if (member) {
            member->held = true;
        }
    }
}

struct restore *restore_create_for(
        struct session *session, struct resume_record *record, nx_op_id op) {
    struct restore *restore = create(session, record);
    if (restore) {
        restore->op = op;
        hold(restore, session);
    }
    return restore;
}

static void enqueue(struct restore *restore) {
    struct restores *restores = restore->restores;
    restore->state = RESTORE_WAITING;
    nx_list_append(&restores->waiting, &restore->queue_link);
    restores->waiting_count++;
    restores->core->busy = true;
}

void restore_begin(struct session *session) {
    enqueue(session->restore);
}

void restore_abandon(struct session *session) {
    struct restore *restore = session->restore;
    session->restore = NULL;
    if (!restore) {
        return;
    }
    restore->session = 0;
    // The engine's answer is still to come, and frees it.
    if (restore->state != RESTORE_READING) {
        restore_free(restore);
    }
}

void restore_drained(struct session *session) {
    size_t mark = (size_t)session->core->settings->limits_outbox_bytes / 4;
    struct restore *restore = session->restore;
    if (restore && restore->state == RESTORE_BLOCKED
            && session->outbox.bytes <= mark) {
        // It reads, which is a sign of life: its Pongs wait behind its events.
        session->seen_ms = clock_now_ms(&session->core->clock);
        enqueue(restore);
    }
}

// ---- what is still to come ----

// Its place, or restore->count.
static size_t find_room(const struct restore *restore, struct nx_str name) {
    size_t i = 0;
    while (i < restore->count
            && (restore->rooms[i].done
                    || !nx_str_eq(restore->rooms[i].want.name, name))) {
        i++;
    }
    return i;
}

bool restore_expects(const struct restore *restore, struct nx_str room) {
    return find_room(restore, room) < restore->count;
}

bool restore_strike(struct restore *restore, struct nx_str room) {
    size_t at = find_room(restore, room);
    if (at == restore->count) {
        return false;
    }
    restore->rooms[at].done = true;
    restore->rooms[at].status = NX_ERR_NOT_MEMBER;
    return true;
}

bool restore_copy_rest(
        const struct restore *restore, struct resume_record *record) {
    for (size_t i = 0; i < restore->count; i++) {
        const struct resume_room *want = &restore->rooms[i].want;
        if (!restore->rooms[i].done
                && !resume_record_add(record, want->name,
                        want->has_position ? &want->at : NULL)) {
            return false;
        }
    }
    return true;
}

// ---- the end ----

static struct nx_writer *put_rooms(
        const struct restore *restore, struct nx_writer *w) {
    writer_begin_array(w, "rooms");
    for (size_t i = 0; i < restore->count; i++) {
        restore_room_put(&restore->rooms[i], w);
    }
    writer_end(w);
    return w;
}

static void answer(struct restore *restore, struct core *core) {
    struct op *op = ops_find(core->ops, restore->op);
    if (op) {
        op_reply(core, op, put_rooms(restore, writer_object(core->writers)),
                NX_REPLY_RESULT);
    }
}

static void finish(struct restore *restore, struct session *session) {
    struct core *core = session->core;
    session->restore = NULL;
    restore->session = 0;
    restore->state = RESTORE_NEW;
    resume_changed(session);
    if (restore->op != 0) {
        answer(restore, core);
    } else {
        struct nx_writer *event = writer_event(
                core->writers, "system.resume", user_name(session->user));
        session_send(session, put_rooms(restore, event), OUTBOX_NORMAL);
        gate_entered(session);
        session_waits_no_more(session);
    }
    restore_free(restore);
}

// ---- room by room ----

static void on_page(void *user, const struct nx_history_result *page);

static nx_status read_page(
        struct restore *restore, const struct restore_room *room) {
    struct core *core = restore->restores->core;
    const struct engine_history history = {
            .owner = core,
            .room = room->want.name,
            .direction = NX_HISTORY_AFTER,
            .offset = room->at.offset,
            .limit = room->known ? PAGE_RECORDS : 0,
            .done = on_page,
            .user = restore,
    };
    nx_status status = engine_history(core->engine, &history);
    if (status == NX_OK) {
        restore->state = RESTORE_READING;
        restore->restores->reading++;
    }
    return status;
}

static void try_again(void *arg) {
    enqueue(arg);
}

static bool is_passing(nx_status status) {
    return status == NX_ERR_AGAIN || status == NX_ERR_ENGINE_BUSY
            || status == NX_ERR_ENGINE_UNAVAILABLE || status == NX_ERR_TIMEOUT
            || status == NX_ERR_OVERLOADED || status == NX_ERR_NO_MEMORY;
}

// Storage did not answer: again in a moment, or without this room.
static void fail(struct restore *restore, struct session *session,
        struct restore_room *room, nx_status status) {
    if (is_passing(status) && restore->tries < TRIES_MAX) {
        restore->state = RESTORE_RETRY;
        timer_init(&restore->timer, try_again, restore);
        timers_set(&session->core->timers, &restore->timer,
                (int64_t)RETRY_MS << restore->tries++);
        return;
    }
    log_warn("restore", "a session could not come back into a room",
            LOG_STRN("room", room->want.name.ptr, room->want.name.len),
            LOG_STR("reason", nx_err_word(status)));
    restore_room_fail(room, session, status);
    enqueue(restore);
}

static void on_page(void *user, const struct nx_history_result *page) {
    struct restore *restore = user;
    struct restores *restores = restore->restores;
    struct session *session =
            sessions_open(restores->core->sessions, restore->session);
    restores->reading--;
    restore->state = RESTORE_NEW;
    if (restore->session == 0) {
        restore_free(restore);
        return;
    }
    struct restore_room *room = &restore->rooms[restore->current];
    if (!session) {
        return; // it closes, and abandons this
    }
    if (!room->done && page->status != NX_OK) {
        fail(restore, session, room, page->status);
        return;
    }
    enum restore_step step = room->done
            ? RESTORE_ROOM_DONE
            : restore_room_feed(room, session, page);
    if (step == RESTORE_ROOM_FULL) {
        restore->state = RESTORE_BLOCKED;
        session_mark_dirty(session);
        return;
    }
    restore->tries = 0;
    enqueue(restore);
}

static void on_decided(struct core *core, struct op *op,
        const struct nx_auth_decision *decision) {
    struct session *session = sessions_open(core->sessions, op->session);
    struct restore *restore = session ? session->restore : NULL;
    if (!restore || restore->state != RESTORE_ASKING) {
        return;
    }
    restore->allowed = decision->verdict == NX_AUTH_ALLOW;
    if (!restore->allowed) {
        restore_room_fail(
                &restore->rooms[restore->current], session, NX_ERR_FORBIDDEN);
    }
    enqueue(restore);
}

// Grants may have been taken back while the client was away. False: the
// answer comes later.
static bool ask(struct restore *restore, struct session *session,
        struct restore_room *room) {
    const struct nx_auth_request request = {
            .action = NX_AUTH_JOIN,
            .session = session->id,
            .user = user_name(session->user),
            .address = nx_str_c(session->address),
            .room = room->want.name,
    };
    struct nx_auth_decision decision;
    restore->state = RESTORE_ASKING;
    int32_t verdict =
            auth_ask(session->core, &request, &decision, on_decided, NULL);
    if (verdict == NX_AUTH_LATER) {
        return false;
    }
    restore->state = RESTORE_NEW;
    restore->allowed = verdict == NX_AUTH_ALLOW;
    if (!restore->allowed) {
        restore_room_fail(room, session, NX_ERR_FORBIDDEN);
    }
    return true;
}

// False when the room has to wait for something.
static bool advance_room(struct restore *restore, struct session *session,
        struct restore_room *room) {
    bool ask_first = restore->op == 0 && !restore->allowed;
    if (ask_first && !ask(restore, session, room)) {
        return false;
    }
    if (!room->done && !room->begun) {
        (void)restore_room_begin(room, session);
    }
    if (room->done) {
        return true;
    }
    nx_status status = read_page(restore, room);
    if (status != NX_OK) {
        fail(restore, session, room, status);
    }
    return false;
}

// Goes on until something has to be waited for.
static void advance(struct restore *restore, struct session *session) {
    while (restore->current < restore->count) {
        struct restore_room *room = &restore->rooms[restore->current];
        if (!room->done && !advance_room(restore, session, room)) {
            return;
        }
        restore->current++;
        restore->allowed = false;
    }
    finish(restore, session);
}

// ---- the line ----

static bool may_begin(const struct restore *restore) {
    const struct session *former = restore->after == 0
            ? NULL
            : sessions_find(restore->restores->core->sessions, restore->after);
    return !former || former->state == SESSION_ENDED;
}

static void serve(struct restore *restore) {
    struct session *session =
            sessions_open(restore->restores->core->sessions, restore->session);
    restore->state = RESTORE_NEW;
    if (!session) {
        return; // it closes, and abandons this
    }
    if (session->held) {
        // We do not read from it, so its silence says nothing.
        session->seen_ms = clock_now_ms(&session->core->clock);
    }
    if (may_begin(restore)) {
        advance(restore, session);
    } else {
        enqueue(restore);
    }
}

bool restores_run(struct restores *restores) {
    size_t limit = (size_t)restores->core->settings->resume_parallel;
    for (size_t n = restores->waiting_count;
            n > 0 && restores->reading < limit && restores->waiting_count > 0;
            n--) {
        struct nx_list *link = nx_list_take_first(&restores->waiting);
        restores->waiting_count--;
        serve(nx_container_of(link, struct restore, queue_link));
    }
    return restores->waiting_count > 0 && restores->reading < limit;
}

// ---- events that come too early ----

bool restore_holds(const struct session *session) {
    const struct restore *restore = session->restore;
    return restore && restore->op == 0;
}
