#include "fake_host.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake_parts.h"
#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/plugins.h"
#include "kernel/core/resume_store.h"
#include "kernel/core/settings.h"

// A server that still works after so many rounds goes round in circles.
#define ROUNDS_MAX 10000
// Real time that a job may take, and plugins that stop.
#define JOBS_WAIT_S      10
#define STOP_DEADLINE_MS 5000
#define LOAD_DEADLINE_MS 5000

// ---- helpers ----

void *fake_alloc(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) {
        abort();
    }
    return memory;
}

char *fake_copy(const char *text, size_t len) {
    char *copy = fake_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

void fake_host_complain(struct fake_host *host, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(host->error, sizeof(host->error), format, args);
    va_end(args);
}

const char *fake_host_error(const struct fake_host *host) {
    return host->error;
}

// ---- life ----

static void choose_log_level(void) {
    enum log_level level = LOG_LEVEL_WARN;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before there are threads
    const char *name = getenv("NEXUS_TEST_LOG");
    if (name) {
        (void)log_level_from_name(name, &level);
    }
    log_set_level(level);
}

struct fake_host *fake_host_create(void) {
    struct fake_host *host = fake_alloc(sizeof(*host));
    choose_log_level();
    clock_init_fake(&host->clock, FAKE_HOST_START_MS);
    nx_list_init(&host->plugins);
    nx_list_init(&host->links);
    nx_list_init(&host->requests);
    fake_listener_init(&host->listener);
    host->provider = fake_provider_create(&host->clock);
    host->transport.ops = &fake_transport_ops;
    host->transport.ctx = host;
    host->log_fd = -1;
    (void)pthread_mutex_init(&host->mutex, NULL);
    (void)pthread_cond_init(&host->wake, NULL);
    return host;
}

static void destroy_core(struct fake_host *host) {
    fake_provider_detach(host->provider);
    core_destroy(host->core);
    settings_destroy(host->settings);
    host->core = NULL;
    host->settings = NULL;
}

static void stop(struct fake_host *host) {
    if (!host->core) {
        return;
    }
    fake_host_hold_engine(host, false);
    fake_http_break(host);
    fake_clients_break(host);
    if (fake_provider_is_durable(host->provider)) {
        (void)fake_host_turn(host); // copies of sessions are written
    }
    plugins_stop(host->core->plugins, STOP_DEADLINE_MS);
    destroy_core(host);
}

static bool start(struct fake_host *host) {
    host->settings = host->core ? host->settings : fake_settings_read(host);
    if (host->core || !host->settings) {
        return false;
    }
    host->core = core_create(host->settings, &host->transport, &host->clock);
    bool created =
            host->core && fake_provider_attach(host->provider, host->core);
    if (!created) {
        fake_host_complain(host, "no memory for the core");
    }
    if (!created || !fake_plugins_start(host)) {
        destroy_core(host);
        return false;
    }
    resume_store_load(host->core->resume, LOAD_DEADLINE_MS);
    return fake_host_turn(host);
}

void fake_host_destroy(struct fake_host *host) {
    if (!host) {
        return;
    }
    stop(host);
    fake_clients_finish(host);
    fake_http_finish(host);
    fake_provider_destroy(host->provider);
    fake_plugins_finish(host);
    fake_listener_finish(&host->listener);
    for (size_t i = 0; i < host->set_count; i++) {
        free(host->sets[i]);
    }
    free(host->sets);
    fake_log_finish(host);
    (void)pthread_cond_destroy(&host->wake);
    (void)pthread_mutex_destroy(&host->mutex);
    free(host);
}

void fake_host_set(struct fake_host *host, const char *setting) {
    size_t size = (host->set_count + 1) * sizeof(*host->sets);
    char **sets = realloc(host->sets, size);
    if (!sets) {
        abort();
    }
    host->sets = sets;
    host->sets[host->set_count++] = fake_copy(setting, strlen(setting));
}

bool fake_host_start(struct fake_host *host) {
    return start(host);
}

bool fake_host_restart(struct fake_host *host) {
    stop(host);
    return start(host);
}

// Plugins are destroyed like everything else, but what they do then has no
// effect, and that they were not given the time for it is no news.
bool fake_host_kill(struct fake_host *host, size_t done) {
    if (host->core) {
        fake_provider_die(host->provider, done);
        fake_http_break(host);
        fake_clients_lose(host);
        log_set_level(LOG_LEVEL_ERROR);
        plugins_stop(host->core->plugins, 0);
        choose_log_level();
        destroy_core(host);
    }
    return start(host);
}

// ---- time ----

// Waits until a thread of the pool has something to tell; false when none
// does in time.
static bool wait_for_jobs(struct fake_host *host) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += JOBS_WAIT_S;
    (void)pthread_mutex_lock(&host->mutex);
    int error = 0;
    while (!host->woken && error == 0) {
        error = pthread_cond_timedwait(&host->wake, &host->mutex, &until);
    }
    bool woken = host->woken;
    host->woken = false;
    (void)pthread_mutex_unlock(&host->mutex);
    return woken;
}

// An engine that a plugin offers answers when its own threads are ready.
static bool awaits_engine(const struct fake_host *host) {
    const struct engine *engine = host->core->engine;
    const char *name = engine_name(engine);
    bool own = strcmp(name, "fake") == 0 || strcmp(name, "memory") == 0;
    return !own && engine_pending(engine, NULL) > 0;
}

// Whether something was posted since it was last asked, as the loop of the
// server would notice.
static bool take_wake(struct fake_host *host) {
    (void)pthread_mutex_lock(&host->mutex);
    bool woken = host->woken;
    host->woken = false;
    (void)pthread_mutex_unlock(&host->mutex);
    return woken;
}

static bool run_round(struct fake_host *host) {
    core_turn(host->core);
    bool more = host->core->busy;
    more |= take_wake(host);
    more |= fake_clients_run(host);
    bool waits = fake_plugins_pending(host) > 0 || awaits_engine(host);
    return more || (waits && wait_for_jobs(host));
}

bool fake_host_turn(struct fake_host *host) {
    bool more = host->core != NULL;
    for (int round = 0; round < ROUNDS_MAX && more; round++) {
        more = run_round(host);
    }
    if (more) {
        fake_host_complain(host, "the server does not come to rest");
    }
    return !more;
}

static int64_t next_step(struct fake_host *host, int64_t ms) {
    int64_t sleep_ms = core_sleep_ms(host->core);
    if (sleep_ms < 0 || sleep_ms > ms) {
        return ms;
    }
    return sleep_ms > 0 ? sleep_ms : 1;
}

void fake_host_advance(struct fake_host *host, int64_t ms) {
    (void)fake_host_turn(host);
    while (host->core && ms > 0) {
        int64_t step = next_step(host, ms);
        clock_advance(&host->clock, step);
        clock_advance(&host->core->clock, step);
        ms -= step;
        (void)fake_host_turn(host);
    }
}

int64_t fake_host_now_ms(const struct fake_host *host) {
    return clock_wall_ms(&host->clock);
}
