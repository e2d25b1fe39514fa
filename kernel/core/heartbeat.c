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
    session->core->stats->closed_heartbeat++;
    log_info("session", "no sign of life", LOG_UINT("session", session->id),
            LOG_STR("user", session->user->name),
            LOG_STR("limit", "heartbeat.timeout"));
    session_close(session, CLOSE_HEARTBEAT_TIMEOUT, NULL);
}

static void beat(void *arg) {
    struct session *session = arg;
    struct core *core = session->core;
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
        timers_set(&core->timers, &session->timer,
                rest_ms < interval_ms ? rest_ms : interval_ms);
    } else if (!session->suspect) {
        session->suspect = true;
        timers_set(&core->timers, &session->timer, SECOND_LOOK_MS);
    } else {
        give_up(session);
    }
}

void session_start_heartbeat(struct session *session) {
    struct core *core = session->core;
    timer_cancel(&session->timer);
    timer_init(&session->timer, beat, session);
    timers_set(&core->timers, &session->timer,
            core->settings->heartbeat_interval * 1000);
}
