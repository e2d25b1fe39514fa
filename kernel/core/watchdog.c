#include "kernel/core/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base/log.h"
#include "kernel/core/crash.h"
#include "kernel/core/settings.h"

#define MODULE      "watchdog"
#define NS_IN_MS    INT64_C(1000000)
#define NS_IN_S     INT64_C(1000000000)
#define TICK_MIN_MS 20
#define TICK_MAX_MS 250
#define TICKS       4 // in the shortest of the limits

struct watchdog {
    const struct settings *settings; // of the logic thread
    pthread_t watched;
    clockid_t watched_cpu; // its CPU time
    pthread_t thread;
    bool running;
    // Odd while the loop is awake; another number for each turn.
    _Atomic uint64_t beat;
    _Atomic int64_t warn_ms; // copies: settings change on the logic thread
    _Atomic int64_t end_ms;
    _Atomic uint64_t stuck;

    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
};

// What the thread knows of the turn it looks at.
struct look {
    uint64_t turn;
    int64_t lasts_ns;
    int64_t cpu_ns; // of the loop's thread when the turn was first seen
    bool warned;
    bool spared; // it is not ended because of a debugger
};

static int64_t clock_ns(clockid_t clock) {
    struct timespec now = {0, 0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_IN_S + now.tv_nsec;
}

// --- the thread -----------------------------------------------------------

static int64_t tick_ns(const struct watchdog *watchdog) {
    int64_t warn_ms = atomic_load(&watchdog->warn_ms);
    int64_t end_ms = atomic_load(&watchdog->end_ms);
    int64_t least =
            warn_ms > 0 && (end_ms == 0 || warn_ms < end_ms) ? warn_ms : end_ms;
    int64_t ms = least / TICKS;
    if (least == 0 || ms > TICK_MAX_MS) {
        ms = TICK_MAX_MS;
    }
    return (ms < TICK_MIN_MS ? TICK_MIN_MS : ms) * NS_IN_MS;
}

// A debugger stops the thread for as long as somebody thinks.
static bool is_traced(void) {
    static const char name[] = "TracerPid:";
    char line[128];
    bool traced = false;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof(line), status)) {
        if (strncmp(line, name, sizeof(name) - 1) == 0) {
            traced = strtol(line + sizeof(name) - 1, NULL, 10) != 0;
        }
    }
    if (status) {
        (void)fclose(status);
    }
    return traced;
}

static void describe(const struct watchdog *watchdog, const struct look *look,
        struct crash_stall *stall) {
    stall->lasts_ns = look->lasts_ns;
    stall->busy_ns = clock_ns(watchdog->watched_cpu) - look->cpu_ns;
    stall->beat = &watchdog->beat;
    stall->turn = look->turn;
}

static void warn(struct watchdog *watchdog, struct look *look) {
    struct crash_stall stall;
    look->warned = true;
    atomic_fetch_add(&watchdog->stuck, 1);
    log_error(MODULE, "the main loop is stuck, a report follows",
            LOG_INT("ms", look->lasts_ns / NS_IN_MS),
            LOG_STR("limit", "callbacks.stuck_warn_ms"));
    describe(watchdog, look, &stall);
    crash_ask(watchdog->watched, &stall);
}

static void end(const struct watchdog *watchdog, struct look *look) {
    struct crash_stall stall;
    if (is_traced()) {
        look->spared = true;
        log_warn(MODULE, "the main loop is stuck, and a debugger watches it");
        return;
    }
    log_error(MODULE, "the main loop is stuck, the server ends",
            LOG_INT("ms", look->lasts_ns / NS_IN_MS),
            LOG_STR("limit", "callbacks.stuck_ms"));
    describe(watchdog, look, &stall);
    crash_end(watchdog->watched, &stall);
}

static void look_at(
        struct watchdog *watchdog, struct look *look, int64_t passed_ns) {
    uint64_t turn = atomic_load(&watchdog->beat);
    if (turn % 2 == 0 || turn != look->turn) {
        *look = (struct look){.turn = turn};
        look->cpu_ns = clock_ns(watchdog->watched_cpu);
        return;
    }
    int64_t warn_ms = atomic_load(&watchdog->warn_ms);
    int64_t end_ms = atomic_load(&watchdog->end_ms);
    look->lasts_ns += passed_ns;
    if (warn_ms > 0 && !look->warned && look->lasts_ns >= warn_ms * NS_IN_MS) {
        warn(watchdog, look);
    }
    if (end_ms > 0 && !look->spared && look->lasts_ns >= end_ms * NS_IN_MS) {
        end(watchdog, look);
    }
}

// Called with the lock.
static void wait_until(struct watchdog *watchdog, int64_t when_ns) {
    const struct timespec when = {
            .tv_sec = when_ns / NS_IN_S, .tv_nsec = when_ns % NS_IN_S};
    (void)pthread_cond_timedwait(&watchdog->stop, &watchdog->lock, &when);
}

static void *watch(void *arg) {
    struct watchdog *watchdog = arg;
    struct look look = {0};
    void *stack = crash_thread_begin("watchdog");
    pthread_mutex_lock(&watchdog->lock);
    int64_t last_ns = clock_ns(CLOCK_MONOTONIC);
    while (!watchdog->stopping) {
        int64_t tick = tick_ns(watchdog);
        wait_until(watchdog, last_ns + tick);
        int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
        // Longer is time in which this thread did not run either.
        int64_t passed_ns = now_ns - last_ns;
        passed_ns = passed_ns < 2 * tick ? passed_ns : 2 * tick;
        last_ns = now_ns;
        look_at(watchdog, &look, passed_ns);
    }
    pthread_mutex_unlock(&watchdog->lock);
    crash_thread_end(stack);
    return NULL;
}

// --- life -----------------------------------------------------------------

static void start_thread(struct watchdog *watchdog) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&watchdog->thread, NULL, watch, watchdog);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    watchdog->running = errno == 0;
    if (watchdog->running) {
        (void)pthread_setname_np(watchdog->thread, "nexus-watchdog");
    } else {
        log_warn(
                MODULE, "nobody will see a stuck loop: no thread", LOG_ERRNO());
    }
}

static void copy_limits(struct watchdog *watchdog) {
    const struct settings *settings = watchdog->settings;
    atomic_store_explicit(&watchdog->warn_ms, settings->callbacks_stuck_warn_ms,
            memory_order_relaxed);
    atomic_store_explicit(&watchdog->end_ms, settings->callbacks_stuck_ms,
            memory_order_relaxed);
}

struct watchdog *watchdog_create(const struct settings *settings) {
    struct watchdog *watchdog = calloc(1, sizeof(*watchdog));
    if (!watchdog) {
        return NULL;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watchdog->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&watchdog->lock, NULL);
    watchdog->settings = settings;
    watchdog->watched = pthread_self();
    if (pthread_getcpuclockid(watchdog->watched, &watchdog->watched_cpu) != 0) {
        watchdog->watched_cpu = CLOCK_PROCESS_CPUTIME_ID;
    }
    copy_limits(watchdog);
    start_thread(watchdog);
    return watchdog;
}

void watchdog_destroy(struct watchdog *watchdog) {
    if (!watchdog) {
        return;
    }
    pthread_mutex_lock(&watchdog->lock);
    watchdog->stopping = true;
    pthread_cond_signal(&watchdog->stop);
    pthread_mutex_unlock(&watchdog->lock);
    if (watchdog->running) {
        pthread_join(watchdog->thread, NULL);
    }
    crash_calm();
    pthread_cond_destroy(&watchdog->stop);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
}

void watchdog_awake(struct watchdog *watchdog) {
    if (watchdog) {
        uint64_t beat =
                atomic_load_explicit(&watchdog->beat, memory_order_relaxed);
        atomic_store_explicit(
                &watchdog->beat, (beat + 1) | 1, memory_order_relaxed);
    }
}

void watchdog_asleep(struct watchdog *watchdog) {
    if (watchdog) {
        uint64_t beat =
                atomic_load_explicit(&watchdog->beat, memory_order_relaxed);
        atomic_store_explicit(
                &watchdog->beat, (beat | 1) + 1, memory_order_relaxed);
        copy_limits(watchdog);
    }
}

uint64_t watchdog_stuck(const struct watchdog *watchdog) {
    return watchdog ? atomic_load(&watchdog->stuck) : 0;
}
