#include "kernel/base/log.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"

// A session found silent is judged this much later: by then the loop has read
// everything that was pending, so a server that stalled does not blame its
// clients.
#define SECOND_LOOK_MS 1000

static void give_up(struct session *session) {
    stats_refused(session->core->stats, LIMIT_HEARTBEAT_TIMEOUT);
    log_info("session", "no sign of life", LOG_UINT("session", session->id),
            LOG_STR("user", session->user->name),
            LOG_STR("limit", "heartbeat.timeout"));
    session_close(session, CLOSE_HEARTBEAT_TIMEOUT, NULL);
}

// Judges the silence, pings, and returns when to look again; 0: closed.
static int64_t look(struct session *session) {
    const struct core *core = session->core;
    int64_t interval_ms = core->settings->heartbeat_interval * 1000;
    int64_t timeout_ms = core->settings->heartbeat_timeout * 1000;
    int64_t silent_ms = clock_now_ms(&core->clock) - session->seen_ms;

    if (silent_ms < timeout_ms) {
        session->suspect = false;
        if (core->settings->heartbeat_auto_ping) {
            receipts_ping(session, true);
        }
        // The deadline may come before the next Ping.
        int64_t rest_ms = timeout_ms - silent_ms;
        return rest_ms < interval_ms ? rest_ms : interval_ms;
    }
    if (!session->suspect || core->frozen) {
        session->suspect = !core->frozen; // then nobody has been listening
        return SECOND_LOOK_MS;
    }
    give_up(session);
    return 0;
}

static void set_timer(struct session *session, int64_t delay_ms) {
    struct core *core = session->core;
    if (session->expires_ms > 0) {
        int64_t rest_ms = session->expires_ms - clock_wall_ms(&core->clock);
        delay_ms = rest_ms < delay_ms ? rest_ms : delay_ms;
    }
    timers_set(&core->timers, &session->timer, delay_ms);
}

static void beat(void *arg) {
    struct session *session = arg;
    if (session->expires_ms > 0
            && clock_wall_ms(&session->core->clock) >= session->expires_ms) {
        session_close(session, CLOSE_TOKEN_EXPIRED, NULL);
        return;
    }
    int64_t delay_ms = look(session);
    if (delay_ms > 0) {
        set_timer(session, delay_ms);
    }
}

void session_start_heartbeat(struct session *session) {
    timer_cancel(&session->timer);
    timer_init(&session->timer, beat, session);
    set_timer(session, session->core->settings->heartbeat_interval * 1000);
}
