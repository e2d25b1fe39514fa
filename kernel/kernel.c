#include "kernel/kernel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/banner.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/modules.h"
#include "kernel/base/timers.h"
#include "kernel/core/core.h"
#include "kernel/core/crash.h"
#include "kernel/core/crash_dir.h"
#include "kernel/core/plugins.h"
#include "kernel/core/preflight.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/reload.h"
#include "kernel/core/resume_store.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/watchdog.h"
#include "kernel/net/control.h"
#include "kernel/net/listeners.h"
#include "kernel/net/loop.h"
#include "kernel/net/server.h"
#include "kernel/net/tls.h"
#include "kernel/supervisor.h"

// How long storage may take to tell what sessions there were before.
#define RESUME_LOAD_MS 10000
// What stopping takes at most beside drain.timeout, for clients and storage.
#define STOP_MARGIN_MS 10000

struct kernel {
    struct settings *settings; // borrowed
    struct loop *loop;
    struct server *server;
    struct core *core;
    struct listeners *listeners;
    struct control *control; // NULL without control.socket
    struct supervisor supervisor;
    struct watchdog *watchdog;
    struct quarantine *quarantine; // NULL: nothing can be remembered
    struct timer deadline;         // of draining
    bool limited;                  // the deadline is set
    bool overdue;
};

// ---- signals ----

static void on_deadline(void *arg) {
    struct kernel *kernel = arg;
    kernel->overdue = true;
}

static void drain(struct kernel *kernel, int signo) {
    struct core *core = kernel->core;
    if (core->draining) {
        log_warn("kernel", "stopping at once", LOG_INT("signal", signo));
        loop_stop(kernel->loop);
        return;
    }
    log_info("kernel", "draining", LOG_INT("signal", signo),
            LOG_UINT("sessions", sessions_count(core->sessions)));
    core_drain(core);
    loop_wake(kernel->loop);
}

static void on_signal(void *ctx, int signo) {
    struct kernel *kernel = ctx;
    if (signo == SIGHUP) {
        (void)reload_request(kernel->core, NULL, NULL);
        return;
    }
    drain(kernel, signo);
}

// Whoever began it: a signal or nexusctl.
static void limit_draining(struct kernel *kernel) {
    int64_t limit_ms = kernel->settings->drain_timeout * 1000;
    if (!kernel->limited) {
        kernel->limited = true;
        timers_set(&kernel->core->timers, &kernel->deadline, limit_ms);
        supervisor_stopping(&kernel->supervisor, 2 * limit_ms + STOP_MARGIN_MS);
    }
}

static void on_turned(void *ctx) {
    struct kernel *kernel = ctx;
    if (!kernel->core->draining) {
        return;
    }
    limit_draining(kernel);
    if (kernel->overdue) {
        log_warn("kernel", "clients did not leave in time",
                LOG_UINT("sessions", sessions_count(kernel->core->sessions)),
                LOG_STR("limit", "drain.timeout"));
    }
    if (kernel->overdue || core_drained(kernel->core)) {
        loop_stop(kernel->loop);
    }
}

// ---- reload ----

void kernel_log_as(const struct settings *settings) {
    enum log_level level;
    if (log_level_from_name(settings->log_level, &level)) {
        log_set_level(level);
    }
    log_set_format(strcmp(settings->log_format, "json") == 0 ? LOG_FORMAT_JSON
                                                             : LOG_FORMAT_TEXT);
}

static bool check_surroundings(void *ctx, const struct settings *wanted,
        struct settings_errors *errors) {
    const struct kernel *kernel = ctx;
    return server_prepare_reload(kernel->server, wanted, errors);
}

static void apply_surroundings(void *ctx) {
    const struct kernel *kernel = ctx;
    kernel_log_as(kernel->settings);
    server_reload(kernel->server);
}

static void on_reload_begun(void *ctx) {
    struct kernel *kernel = ctx;
    supervisor_reloading(&kernel->supervisor);
}

static void on_reload_ended(void *ctx) {
    struct kernel *kernel = ctx;
    supervisor_reloaded(&kernel->supervisor);
}

static void allow_reload(
        struct kernel *kernel, const struct settings_source *source) {
    const struct reload_surroundings surroundings = {
            .source = *source,
            .program = PREFLIGHT_PROGRAM,
            .ctx = kernel,
            .check = check_surroundings,
            .apply = apply_surroundings,
            .begun = on_reload_begun,
            .ended = on_reload_ended,
    };
    reload_surround(kernel->core->reload, &surroundings);
}

// ---- life ----

static bool create_core(struct kernel *kernel) {
    kernel->loop = loop_create();
    kernel->server = kernel->loop ? server_create(kernel->loop) : NULL;
    if (!kernel->server) {
        return false;
    }
    struct clock clock;
    clock_init(&clock);
    kernel->core =
            core_create(kernel->settings, &kernel->server->transport, &clock);
    return kernel->core != NULL;
}

static bool start_plugins(struct kernel *kernel) {
    char *dirs = plugins_default_dirs(kernel->settings);
    char *images = plugins_default_image_dir(kernel->settings);
    bool started = dirs && images
            && plugins_start(kernel->core->plugins, dirs, images);
    free(dirs);
    free(images);
    return started;
}

static bool open_control(struct kernel *kernel) {
    if (kernel->settings->control_socket[0] == '\0') {
        return true;
    }
    kernel->control = control_create(kernel->loop, kernel->core);
    return kernel->control != NULL;
}

// The rest of the server does not depend on it.
static void await_crashes(struct kernel *kernel) {
    char *dir = crash_dir_open(kernel->settings);
    crash_init(dir);
    kernel->quarantine = dir ? quarantine_create(dir) : NULL;
    kernel->core->quarantine = kernel->quarantine;
    free(dir);
}

// Libraries may have loaded more of them meanwhile.
static bool watch(struct kernel *kernel) {
    modules_scan(NULL, NULL);
    kernel->watchdog = watchdog_create(kernel->settings);
    kernel->core->watchdog = kernel->watchdog;
    return kernel->watchdog != NULL;
}

static bool start(struct kernel *kernel) {
    if (!create_core(kernel)) {
        return false;
    }
    await_crashes(kernel);
    if (!start_plugins(kernel)) {
        return false;
    }
    resume_store_load(kernel->core->resume, RESUME_LOAD_MS);
    if (!server_start(kernel->server, kernel->core)) {
        return false;
    }
    kernel->listeners =
            listeners_create(kernel->loop, kernel->server, kernel->settings);
    return kernel->listeners && open_control(kernel) && watch(kernel);
}

struct kernel *kernel_create(
        struct settings *settings, const struct settings_source *source) {
    struct kernel *kernel = calloc(1, sizeof(*kernel));
    if (!kernel) {
        return NULL;
    }
    kernel->settings = settings;
    supervisor_init(&kernel->supervisor);
    timer_init(&kernel->deadline, on_deadline, kernel);
    if (!start(kernel)) {
        kernel_destroy(kernel);
        return NULL;
    }
    allow_reload(kernel, source);
    return kernel;
}

void kernel_run(struct kernel *kernel) {
    const struct loop_work work = {
            .core = kernel->core,
            .signalled = on_signal,
            .turned = on_turned,
            .ctx = kernel,
    };
    listeners_log(kernel->listeners);
    banner_write(kernel->core, kernel->listeners);
    log_info("kernel", "ready");
    supervisor_ready(&kernel->supervisor, kernel->core);
    loop_run(kernel->loop, &work);
    log_info("kernel", "stopped");
}

void kernel_destroy(struct kernel *kernel) {
    if (!kernel) {
        return;
    }
    timer_cancel(&kernel->deadline);
    supervisor_finish(&kernel->supervisor);
    watchdog_destroy(kernel->watchdog);
    if (kernel->core) {
        kernel->core->watchdog = NULL;
        reload_stop(kernel->core->reload);
    }
    control_destroy(kernel->control);
    listeners_destroy(kernel->listeners);
    if (kernel->core) {
        plugins_stop(
                kernel->core->plugins, kernel->settings->drain_timeout * 1000);
    }
    server_destroy(kernel->server);
    core_destroy(kernel->core);
    quarantine_destroy(kernel->quarantine);
    crash_finish();
    loop_destroy(kernel->loop);
    free(kernel);
}

// What the server would leave out is not looked at: it may crash this process.
static bool know_quarantine(struct kernel *kernel) {
    char *dir = crash_dir_path(kernel->settings);
    kernel->quarantine = dir ? quarantine_peek(dir) : NULL;
    kernel->core->quarantine = kernel->quarantine;
    free(dir);
    return true;
}

bool kernel_check(struct settings *settings,
        const struct settings_source *source, struct settings_errors *errors) {
    struct preflight preflight;
    struct kernel kernel = {.settings = settings};
    timer_init(&kernel.deadline, on_deadline, &kernel);
    bool temporary = false;
    char *dirs = plugins_default_dirs(settings);
    char *images = plugins_check_image_dir(settings, &temporary);
    preflight_init(&preflight, PREFLIGHT_PROGRAM, source, settings);
    bool good = dirs && images && create_core(&kernel)
            && know_quarantine(&kernel)
            && preflight_try_all(&preflight, kernel.core, dirs, images, errors)
            && plugins_check(kernel.core->plugins, dirs, images, errors)
            && (settings->listen_tls_port < 0 || tls_check(settings));
    if (images && temporary) {
        (void)rmdir(images);
    }
    free(dirs);
    free(images);
    server_destroy(kernel.server);
    core_destroy(kernel.core);
    quarantine_destroy(kernel.quarantine);
    loop_destroy(kernel.loop);
    return good;
}

bool kernel_preflight(struct settings *settings, const char *plugin) {
    struct kernel kernel = {.settings = settings};
    timer_init(&kernel.deadline, on_deadline, &kernel);
    const char *mark = strchr(plugin, '=');
    char *name = mark ? strndup(plugin, (size_t)(mark - plugin)) : NULL;
    char *images = plugins_default_image_dir(settings);
    bool good = name && images && create_core(&kernel)
            && preflight_child(kernel.core, name, mark + 1, images, stdout);
    free(name);
    free(images);
    server_destroy(kernel.server);
    core_destroy(kernel.core);
    loop_destroy(kernel.loop);
    return good;
}
