#include "kernel/core/session_io.h"

#include <string.h>
#include <time.h>

#include "kernel/base/log.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/held.h"
#include "kernel/core/message_sizes.h"
#include "kernel/core/router.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"

static void mark_alive(struct session *session) {
    session->seen_ms = clock_now_ms(&session->core->clock);
    session->suspect = false;
}

size_t session_io_message_max(const struct core *core, nx_session_id id) {
    const struct settings *settings = core->settings;
    if (!sessions_open(core->sessions, id)) {
        return (size_t)settings->limits_message_bytes;
    }
    return message_sizes_max(core->message_sizes, settings, core->registry);
}

static int64_t time_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void session_io_handle(struct session *session, const char *data, size_t len) {
    struct core *core = session->core;
    stats_arrived(core->stats, len);
    int64_t start_ns = time_ns();
    router_receive(core->router, session, data, len);
    stats_handled(core->stats, time_ns() - start_ns);
}

void session_io_message(struct core *core, nx_session_id id, const char *data,
        size_t len, bool binary) {
    struct session *session = sessions_find(core->sessions, id);
    if (!session || session->state >= SESSION_CLOSING) {
        return;
    }
    mark_alive(session);
    if (binary) {
        stats_arrived(core->stats, len);
        session_io_refuse(core, id, CLOSE_UNSUPPORTED_DATA,
                "send JSON in text messages, not binary ones");
    } else if (session_waits(session) || session->held) {
        held_keep(session, data, len);
        if (core->frozen) {
            session_waits_no_more(session);
        }
    } else {
        session_io_handle(session, data, len);
    }
}

void session_io_pong(
        struct core *core, nx_session_id id, const void *data, size_t len) {
    struct session *session = sessions_find(core->sessions, id);
    if (!session || session->state != SESSION_OPEN) {
        return;
    }
    mark_alive(session);
    receipts_pong(session, data, len);
}

void session_io_alive(struct core *core, nx_session_id id) {
    struct session *session = sessions_find(core->sessions, id);
    if (session) {
        mark_alive(session);
    }
}

void session_io_writable(struct core *core, nx_session_id id) {
    struct session *session = sessions_find(core->sessions, id);
    if (!session || session->state == SESSION_ENDED) {
        return;
    }
    session->blocked = false;
    if (!outbox_empty(&session->outbox)) {
        session_mark_dirty(session);
    }
}

static nx_status status_of(uint16_t code) {
    switch (code) {
    case CLOSE_TOO_LARGE:
        return NX_ERR_TOO_LARGE;
    case CLOSE_UNSUPPORTED_DATA:
        return NX_ERR_UNSUPPORTED;
    case CLOSE_OVERLOADED:
        return NX_ERR_NO_MEMORY;
    case CLOSE_HEARTBEAT_TIMEOUT:
        return NX_ERR_TIMEOUT;
    default:
        return NX_ERR_BAD_REQUEST;
    }
}

// The limit behind a close code, LIMIT_COUNT for none.
static enum limit limit_of(uint16_t code) {
    switch (code) {
    case CLOSE_TOO_LARGE:
        return LIMIT_MESSAGE_BYTES;
    case CLOSE_HEARTBEAT_TIMEOUT:
        return LIMIT_MESSAGE_TIMEOUT;
    default:
        return LIMIT_COUNT;
    }
}

void session_io_refuse(struct core *core, nx_session_id id, uint16_t code,
        const char *reason) {
    struct session *session = sessions_find(core->sessions, id);
    if (!session || session->state >= SESSION_CLOSING) {
        return;
    }
    enum limit limit = limit_of(code);
    const struct envelope_failure failure = {
            .status = status_of(code),
            .message = {reason, strlen(reason)},
            .limit_name = limit < LIMIT_COUNT ? limit_setting(limit) : NULL,
    };
    if (limit < LIMIT_COUNT) {
        stats_refused(core->stats, limit);
    }
    session_error(session, &failure);
    session_close(session, code, NULL);
}

void session_io_closed(struct core *core, nx_session_id id, uint16_t code) {
    struct session *session = sessions_find(core->sessions, id);
    if (!session) {
        return;
    }
    if (session->state < SESSION_CLOSING) {
        session->close_code = code;
        stats_closed(core->stats, code, true);
    }
    log_debug("session", "closed", LOG_UINT("session", session->id),
            LOG_UINT("code", session->close_code));
    // The link is dead: nothing of the teardown may be written to it.
    session->blocked = true;
    session_end(session);
    sessions_remove(core->sessions, session);
}
