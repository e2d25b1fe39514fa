#include "kernel/core/drain.h"

#include <assert.h>
#include <stdlib.h>

#include "kernel/base/log.h"
#include "kernel/base/random.h"
#include "kernel/base/timers.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/writer.h"

#define TICK_MS 20

// Sent away at each tick however much time there is: few sessions do not have
// to wait for the window to pass.
#define SLICE_MIN ((size_t)64)

// The same without a window.
#define SLICE_AT_ONCE ((size_t)1024)

// Of drain.timeout, what the window may take: the last also need time to go.
#define WINDOW_PART(ms) ((ms) - (ms) / 5)

struct drain {
    struct core *core;
    struct timer timer;
    bool begun; // the delay is over
    int64_t window_ms;
    int64_t ends_ms; // monotonic, of the window
    uint64_t cursor; // of sessions_next()
    size_t left;     // sessions not told yet
};

static size_t slice_min(const struct drain *drain) {
    return drain->window_ms > 0 ? SLICE_MIN : SLICE_AT_ONCE;
}

static int64_t window_left_ms(const struct drain *drain) {
    int64_t now_ms = clock_now_ms(&drain->core->clock);
    return drain->ends_ms > now_ms ? drain->ends_ms - now_ms : 0;
}

// Until the last session is told: before that nobody can come back.
static int64_t rest_ms(const struct drain *drain) {
    int64_t window_ms = window_left_ms(drain);
    int64_t least_ms = (int64_t)(drain->left / slice_min(drain)) * TICK_MS;
    return drain->window_ms > 0 && window_ms < least_ms ? window_ms : least_ms;
}

void drain_send_away(const struct drain *drain, struct session *session) {
    struct core *core = drain->core;
    struct nx_str nobody = {NULL, 0};
    uint64_t spread_ms = random_u64() % ((uint64_t)drain->window_ms + 1);
    struct nx_writer *event =
            writer_event(core->writers, "system.message", nobody);
    writer_put_cstr(event, "message", "The server is going away");
    writer_put_cstr(event, "code", close_code_word(CLOSE_DRAINING));
    writer_put_u64(
            event, "reconnect_after_ms", (uint64_t)rest_ms(drain) + spread_ms);
    session_send(session, event, OUTBOX_CONTROL);
    session_close(session, CLOSE_DRAINING, NULL);
}

static size_t slice_size(const struct drain *drain) {
    size_t ticks = (size_t)(window_left_ms(drain) / TICK_MS) + 1;
    size_t even = (drain->left + ticks - 1) / ticks;
    size_t least = slice_min(drain);
    return even > least && drain->window_ms > 0 ? even : least;
}

static void send_slice(struct drain *drain) {
    struct core *core = drain->core;
    for (size_t n = slice_size(drain); n > 0; n--) {
        struct session *session = sessions_next(core->sessions, &drain->cursor);
        if (!session) {
            log_info("drain", "all clients were told to leave");
            return;
        }
        drain->left -= drain->left > 0 ? 1 : 0;
        if (session->state < SESSION_CLOSING) {
            drain_send_away(drain, session);
        }
    }
    timers_set(&core->timers, &drain->timer, TICK_MS);
}

static void begin(struct drain *drain) {
    const struct core *core = drain->core;
    drain->begun = true;
    drain->left = sessions_count(core->sessions);
    drain->ends_ms = clock_now_ms(&core->clock) + drain->window_ms;
    send_slice(drain);
}

// First the end of drain.delay, then each tick.
static void on_timer(void *arg) {
    struct drain *drain = arg;
    if (drain->begun) {
        send_slice(drain);
    } else {
        begin(drain);
    }
}

void drain_start(struct drain *drain) {
    struct core *core = drain->core;
    const struct settings *settings = core->settings;
    int64_t delay_ms = settings->drain_delay * 1000;
    int64_t time_ms = settings->drain_timeout * 1000 - delay_ms;
    int64_t most_ms = time_ms > 0 ? WINDOW_PART(time_ms) : 0;
    assert(!core->draining);
    core->draining = true;
    drain->window_ms = settings->drain_window * 1000;
    if (drain->window_ms > most_ms) {
        drain->window_ms = most_ms;
    }
    if (delay_ms > 0) {
        timers_set(&core->timers, &drain->timer, delay_ms);
    } else {
        begin(drain);
    }
}

struct drain *drain_create(struct core *core) {
    struct drain *drain = calloc(1, sizeof(*drain));
    if (!drain) {
        return NULL;
    }
    drain->core = core;
    timer_init(&drain->timer, on_timer, drain);
    return drain;
}

void drain_destroy(struct drain *drain) {
    if (drain) {
        timer_cancel(&drain->timer);
        free(drain);
    }
}
