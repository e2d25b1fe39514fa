#include "kernel/net/loop.h"

#include <assert.h>
#include <ev.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/watchdog.h"

#define SIGNALS 3

struct loop {
    struct ev_loop *ev;
    const struct loop_work *work; // NULL unless running
    ev_prepare before_sleep;
    ev_check after_sleep;
    ev_timer deadline; // core's next one
    ev_async wake;
    ev_signal signals[SIGNALS];
};

// Everything happens in the other callbacks; being called is enough.
static void on_deadline(struct ev_loop *ev, ev_timer *watcher, int events) {
}

static void on_wake(struct ev_loop *ev, ev_async *watcher, int events) {
}

static void on_signal(struct ev_loop *ev, ev_signal *watcher, int events) {
    const struct loop_work *work = ((struct loop *)watcher->data)->work;
    work->signalled(work->ctx, watcher->signum);
}

static void arm_deadline(struct loop *loop, int64_t sleep_ms) {
    ev_timer_stop(loop->ev, &loop->deadline);
    if (sleep_ms < 0) {
        return;
    }
    // libev counts from its own reading of the clock, which is as old as the
    // turn: without a fresh one the timer would ring too early.
    ev_now_update(loop->ev);
    ev_timer_set(&loop->deadline, (double)sleep_ms / 1000.0, 0.0);
    ev_timer_start(loop->ev, &loop->deadline);
}

static void on_before_sleep(
        struct ev_loop *ev, ev_prepare *watcher, int events) {
    struct loop *loop = watcher->data;
    const struct loop_work *work = loop->work;
    core_turn(work->core);
    work->turned(work->ctx);
    clock_update(&work->core->clock);
    arm_deadline(loop, core_sleep_ms(work->core));
    watchdog_asleep(work->core->watchdog);
}

static void on_after_sleep(struct ev_loop *ev, ev_check *watcher, int events) {
    struct loop *loop = watcher->data;
    watchdog_awake(loop->work->core->watchdog);
    clock_update(&loop->work->core->clock);
}

static void init_signal(struct loop *loop, ev_signal *watcher, int signo) {
    ev_signal_init(watcher, on_signal, signo);
    watcher->data = loop;
}

static void init_signals(struct loop *loop) {
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    for (int i = 0; i < SIGNALS; i++) {
        init_signal(loop, &loop->signals[i], numbers[i]);
    }
}

// Held back while no watcher is there to take them: their default would end
// the process in the middle of coming up or of being taken down.
static void mask_signals(const struct loop *loop, int how) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < SIGNALS; i++) {
        sigaddset(&set, loop->signals[i].signum);
    }
    (void)pthread_sigmask(how, &set, NULL);
}

static void init_turn(struct loop *loop) {
    ev_prepare_init(&loop->before_sleep, on_before_sleep);
    loop->before_sleep.data = loop;
    ev_check_init(&loop->after_sleep, on_after_sleep);
    loop->after_sleep.data = loop;
    // The clock must be right before any other callback looks at it.
    ev_set_priority(&loop->after_sleep, EV_MAXPRI);
}

struct loop *loop_create(void) {
    struct loop *loop = calloc(1, sizeof(*loop));
    if (!loop) {
        log_error("net", "out of memory");
        return NULL;
    }
    // Not the environment: LIBEV_FLAGS must not choose a slower backend.
    loop->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!loop->ev) {
        log_error("net", "cannot create the event loop", LOG_ERRNO());
        free(loop);
        return NULL;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    init_turn(loop);
    init_signals(loop);
    mask_signals(loop, SIG_BLOCK);
    ev_timer_init(&loop->deadline, on_deadline, 0.0, 0.0);
    ev_async_init(&loop->wake, on_wake);
    // From now on, so that a wake before loop_run() is not lost.
    ev_async_start(loop->ev, &loop->wake);
    return loop;
}

void loop_destroy(struct loop *loop) {
    if (!loop) {
        return;
    }
    ev_async_stop(loop->ev, &loop->wake);
    ev_loop_destroy(loop->ev);
    free(loop);
}

struct ev_loop *loop_native(struct loop *loop) {
    return loop->ev;
}

static void start_watchers(struct loop *loop) {
    ev_prepare_start(loop->ev, &loop->before_sleep);
    ev_check_start(loop->ev, &loop->after_sleep);
    for (int i = 0; i < SIGNALS; i++) {
        ev_signal_start(loop->ev, &loop->signals[i]);
    }
    mask_signals(loop, SIG_UNBLOCK);
}

static void stop_watchers(struct loop *loop) {
    mask_signals(loop, SIG_BLOCK);
    ev_prepare_stop(loop->ev, &loop->before_sleep);
    ev_check_stop(loop->ev, &loop->after_sleep);
    ev_timer_stop(loop->ev, &loop->deadline);
    for (int i = 0; i < SIGNALS; i++) {
        ev_signal_stop(loop->ev, &loop->signals[i]);
    }
}

void loop_run(struct loop *loop, const struct loop_work *work) {
    assert(!loop->work);
    loop->work = work;
    start_watchers(loop);
    ev_run(loop->ev, 0);
    stop_watchers(loop);
    loop->work = NULL;
}

void loop_stop(struct loop *loop) {
    ev_break(loop->ev, EVBREAK_ALL);
}

void loop_wake(struct loop *loop) {
    ev_async_send(loop->ev, &loop->wake);
}
