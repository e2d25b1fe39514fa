#include "kernel/core/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base/idmap.h"
#include "kernel/base/log.h"
#include "kernel/base/payload.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/frame.h"
#include "kernel/core/gate.h"
#include "kernel/core/held.h"
#include "kernel/core/packer.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume.h"
#include "kernel/core/rooms.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/tails.h"
#include "kernel/core/users.h"

// The most one write sends; also what the transport's buffers are made for.
#define FLUSH_BYTES  ((size_t)64 * 1024)
#define SESSIONS_MAX ((size_t)1 << 24)

// The next size of the allocator's is 448: there are many sessions.
_Static_assert(sizeof(struct session) <= 384, "a session has become larger");

struct sessions {
    struct core *core;
    struct idmap *by_id;  // struct session
    struct nx_list dirty; // struct session::dirty_link
    struct nx_list ready; // struct held::ready
    unsigned char scratch[FLUSH_BYTES];
};

struct sessions *sessions_create(struct core *core) {
    struct sessions *sessions = calloc(1, sizeof(*sessions));
    if (!sessions) {
        return NULL;
    }
    sessions->core = core;
    nx_list_init(&sessions->dirty);
    nx_list_init(&sessions->ready);
    sessions->by_id = idmap_create(SESSIONS_MAX);
    if (!sessions->by_id) {
        free(sessions);
        return NULL;
    }
    return sessions;
}

static void drop_outbox(struct session *session) {
    session->core->stats->queued_bytes -= session->outbox.bytes;
    outbox_finish(&session->outbox);
}

static void session_free(struct session *session) {
    timer_cancel(&session->timer);
    nx_list_remove(&session->dirty_link);
    drop_outbox(session);
    session->core->stats->deflate_sessions -= session->deflate;
    held_destroy(session->held);
    blobs_finish(&session->blobs);
    free(session->close_reason);
    free(session->device);
    free(session->address);
    free(session);
}

void sessions_destroy(struct sessions *sessions) {
    if (!sessions) {
        return;
    }
    uint64_t cursor = 0;
    struct session *session;
    while ((session = sessions_next(sessions, &cursor)) != NULL) {
        session_end(session);
        sessions_remove(sessions, session);
    }
    idmap_destroy(sessions->by_id);
    free(sessions);
}

static struct session *session_create(
        struct core *core, struct link *link, struct nx_str address) {
    struct session *session = calloc(1, sizeof(*session));
    if (!session) {
        return NULL;
    }
    session->core = core;
    session->link = link;
    session->state = SESSION_PENDING;
    session->seen_ms = clock_now_ms(&core->clock);
    session->opened_ms = clock_wall_ms(&core->clock);
    session->active_ms = session->seen_ms;
    session->address = strndup(address.ptr ? address.ptr : "", address.len);
    nx_list_init(&session->user_link);
    nx_list_init(&session->members);
    nx_list_init(&session->dirty_link);
    outbox_init(&session->outbox, core->stats->shed);
    receipts_init(&session->receipts);
    blobs_init(&session->blobs);
    timer_init(&session->timer, NULL, session);
    if (!session->address) {
        free(session);
        return NULL;
    }
    return session;
}

struct session *sessions_add(
        struct sessions *sessions, struct link *link, struct nx_str address) {
    struct session *session = session_create(sessions->core, link, address);
    if (!session) {
        return NULL;
    }
    session->id = idmap_add(sessions->by_id, session);
    if (session->id == 0) {
        session_free(session);
        return NULL;
    }
    return session;
}

struct session *sessions_find(const struct sessions *sessions, uint64_t id) {
    return idmap_get(sessions->by_id, id);
}

struct session *sessions_open(const struct sessions *sessions, uint64_t id) {
    struct session *session = idmap_get(sessions->by_id, id);
    return session && session->state == SESSION_OPEN ? session : NULL;
}

size_t sessions_count(const struct sessions *sessions) {
    return idmap_count(sessions->by_id);
}

struct session *sessions_next(
        const struct sessions *sessions, uint64_t *cursor) {
    return idmap_next(sessions->by_id, cursor);
}

void session_mark_dirty(struct session *session) {
    if (!nx_list_linked(&session->dirty_link)) {
        nx_list_append(&session->core->sessions->dirty, &session->dirty_link);
    }
}

static void close_slow(struct session *session) {
    struct core *core = session->core;
    stats_refused(core->stats, LIMIT_OUTBOX_BYTES);
    log_warn("session", "client reads too slowly",
            LOG_UINT("session", session->id),
            LOG_STR("user", session->user ? session->user->name : ""),
            LOG_UINT("queued_bytes", session->outbox.bytes),
            LOG_STR("limit", "limits.outbox_bytes"));
    session_close(session, CLOSE_SLOW_CONSUMER, NULL);
    drop_outbox(session);
}

// All outboxes together are at their limit: of those who do not read, what is
// droppable goes first. Others have it in a moment, which frees the memory as
// well.
static bool is_pressed(const struct session *session) {
    const struct core *core = session->core;
    return session->blocked
            && core->stats->queued_bytes
            >= (uint64_t)core->settings->limits_queued_bytes;
}

static enum nx_err queue_frame(struct session *session, struct payload *payload,
        enum outbox_class cls, uint64_t key) {
    struct outbox *box = &session->outbox;
    size_t limit = (size_t)session->core->settings->limits_outbox_bytes;
    if (is_pressed(session)) {
        outbox_shed_droppable(box);
        if (cls == OUTBOX_DROPPABLE) {
            box->shed[OUTBOX_SHED_TOTAL]++;
            return NX_OK;
        }
    }
    if (session->deflate) {
        payload = packer_choose(session->core->packer, payload);
    }
    return outbox_push(box, limit, payload, cls, key);
}

bool session_push(struct session *session, struct payload *payload,
        enum outbox_class cls, uint64_t key) {
    if (session->state >= SESSION_CLOSING) {
        return false;
    }
    struct core *core = session->core;
    size_t before = session->outbox.bytes;
    enum nx_err err = queue_frame(session, payload, cls, key);
    core->stats->queued_bytes += session->outbox.bytes - before;
    if (err) {
        close_slow(session);
        return false;
    }
    core->stats->events_out++;
    if (tails_any(core->tails)) {
        tails_saw_out(core->tails, session, payload);
    }
    if (!session->blocked) {
        session_mark_dirty(session);
    }
    return true;
}

nx_status session_send(struct session *session, struct nx_writer *event,
        enum outbox_class cls) {
    struct payload *payload = NULL;
    nx_status status = frame_of_event(event, &payload);
    if (status) {
        return status;
    }
    bool taken = session_push(session, payload, cls, 0);
    payload_unref(payload);
    return taken ? NX_OK : NX_ERR_GONE;
}

void session_error(
        struct session *session, const struct envelope_failure *failure) {
    stats_error(session->core->stats, failure->status, failure->code);
    (void)session_send(session, envelope_error(session->core->writers, failure),
            OUTBOX_NORMAL);
}

void session_close(struct session *session, uint16_t code, const char *reason) {
    if (session->state >= SESSION_CLOSING) {
        return;
    }
    session->state = SESSION_CLOSING;
    session->close_code = code;
    stats_closed(session->core->stats, code, false);
    session->close_reason = reason ? strdup(reason) : NULL;
    timer_cancel(&session->timer);
    session_mark_dirty(session);
}

// Writes what waits; false when the connection is dead.
static bool write_out(struct sessions *sessions, struct session *session) {
    const struct transport *transport = &session->core->transport;
    if (!session->blocked && session->outbox.bytes > 0) {
        histogram_add(&session->core->stats->outboxes, session->outbox.bytes);
    }
    while (!session->blocked && !outbox_empty(&session->outbox)) {
        struct outbox_batch batch;
        outbox_gather(&session->outbox, sessions->scratch,
                sizeof(sessions->scratch), &batch);
        switch (transport->ops->write(
                transport->ctx, session->link, batch.bytes, batch.len)) {
        case TRANSPORT_TAKEN:
            session->core->stats->writes++;
            session->core->stats->bytes_out += batch.len;
            session->core->stats->queued_bytes -= batch.len;
            outbox_commit(&session->outbox, &batch);
            break;
        case TRANSPORT_BUSY:
            session->blocked = true;
            break;
        case TRANSPORT_GONE:
            return false;
        }
    }
    outbox_trim(&session->outbox);
    return true;
}

static void finish_closing(struct session *session) {
    const struct transport *transport = &session->core->transport;
    const char *reason = session->close_reason
            ? session->close_reason
            : close_code_word(session->close_code);
    struct nx_str text = {reason, strlen(reason)};
    session_end(session);
    drop_outbox(session);
    transport->ops->close(
            transport->ctx, session->link, session->close_code, text);
}

void sessions_flush(struct sessions *sessions) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&sessions->dirty)) != NULL) {
        struct session *session =
                nx_container_of(link, struct session, dirty_link);
        if (session->state == SESSION_OPEN) {
            receipts_ping(session, false);
            nx_list_remove(&session->dirty_link);
        }
        // A dead connection is reported by the transport soon; until then
        // nothing more is written.
        if (session->state < SESSION_ENDED && !write_out(sessions, session)) {
            session->blocked = true;
            drop_outbox(session);
        }
        restore_drained(session);
        if (session->state == SESSION_CLOSING) {
            finish_closing(session);
        }
    }
}

bool sessions_dirty(const struct sessions *sessions) {
    return !nx_list_empty(&sessions->dirty)
            || (!sessions->core->frozen && !nx_list_empty(&sessions->ready));
}

bool session_waits(const struct session *session) {
    return session->joining > 0 || restore_holds(session)
            || session->core->frozen;
}

void session_waits_no_more(struct session *session) {
    if (held_make_ready(session, &session->core->sessions->ready)) {
        session->core->busy = true;
    }
}

void sessions_release(struct sessions *sessions) {
    struct nx_list ready;
    nx_session_id id;
    if (sessions->core->frozen) {
        return;
    }
    nx_list_init(&ready);
    nx_list_splice(&ready, &sessions->ready);
    while ((id = held_take_ready(&ready)) != 0) {
        held_handle(sessions->core, id);
    }
}

void session_end(struct session *session) {
    if (session->state == SESSION_ENDED) {
        return;
    }
    session->state = SESSION_ENDED;
    timer_cancel(&session->timer);
    resume_keep(session->core->resume, session);
    restore_abandon(session);
    if (!session->user) {
        return;
    }
    rooms_leave_all(session->core->rooms, session);
    receipts_finish(session);
    gate_left(session->core, session);
    users_detach(session->core->users, session);
}

void session_quota_limits(
        const struct settings *settings, struct quota_limits *limits) {
    limits->messages_per_second = settings->limits_messages_per_second;
    limits->burst = settings->limits_burst;
    limits->bytes_per_second = settings->limits_bytes_per_second;
    limits->violations = settings->limits_rate_violations;
}

void sessions_remove(struct sessions *sessions, struct session *session) {
    assert(session->state == SESSION_ENDED);
    idmap_remove(sessions->by_id, session->id);
    session_free(session);
}
