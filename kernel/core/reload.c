#include "kernel/core/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nexus/util/buf.h>

#include "kernel/base/log.h"
#include "kernel/core/auth.h"
#include "kernel/core/core.h"
#include "kernel/core/features_news.h"
#include "kernel/core/histogram.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/registry.h"
#include "kernel/core/reload_files.h"
#include "kernel/core/reload_held.h"
#include "kernel/core/reload_states.h"
#include "kernel/core/reload_swap.h"
#include "kernel/core/reload_waiters.h"

#define MODULE       "reload"
#define NS_IN_US     INT64_C(1000)
#define NS_IN_MS     INT64_C(1000000)
#define NS_IN_S      INT64_C(1000000000)
#define TICK_MS      1 // between two questions whether plugins are at rest
#define FEATURES_MAX 8192u

// What the one that runs does next. Each is left in a turn of its own, so that
// events are served between them; before REST nobody has noticed anything.
enum step {
    STEP_NONE,
    STEP_FILES,  // waits until the files are read: the place for whatever
                 // else has to be waited for before any new code runs here
    STEP_PLAN,   // makes the new instances, one in each turn
    STEP_AROUND, // asks what surrounds the core, then freezes or commits
    STEP_REST,   // waits until the old instances rest, then commits
};

struct reload {
    struct core *core;
    struct reload_surroundings surroundings;
    bool surrounded;
    bool wanted;                   // one is to begin
    enum step step;                // NONE: none runs
    struct reload_waiters asking;  // for the one that is to begin
    struct reload_waiters waiting; // for the one that runs
    struct reload_held held;
    struct reload_files files;
    struct reload_plan plan;
    struct reload_states states;
    struct settings_errors errors; // of the one that runs
    struct timer tick;
    struct features_news news;
    int64_t began_ns; // CLOCK_MONOTONIC
    int64_t froze_ns;
    int64_t entered_ns; // when it got the loop
    int64_t stall_ns;   // the longest that it had it
    struct reload_status status;
    struct histogram freezes;
    struct histogram stalls;
};

static int64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_IN_S + now.tv_nsec;
}

// Being called makes the loop turn, which is enough.
static void on_tick(void *arg) {
}

// --- life -----------------------------------------------------------------

struct reload *reload_create(struct core *core) {
    struct reload *reload = calloc(1, sizeof(*reload));
    if (!reload) {
        return NULL;
    }
    reload->core = core;
    reload_waiters_init(&reload->asking);
    reload_waiters_init(&reload->waiting);
    reload_held_init(&reload->held);
    reload_files_init(&reload->files, core);
    reload_plan_init(&reload->plan, core);
    reload_states_init(&reload->states);
    settings_errors_init(&reload->errors);
    features_news_init(&reload->news);
    timer_init(&reload->tick, on_tick, reload);
    return reload;
}

void reload_destroy(struct reload *reload) {
    if (!reload) {
        return;
    }
    timer_cancel(&reload->tick);
    reload_held_finish(&reload->held);
    reload_files_finish(&reload->files);
    reload_waiters_finish(&reload->asking);
    reload_waiters_finish(&reload->waiting);
    reload_states_finish(&reload->states);
    settings_errors_finish(&reload->errors);
    features_news_finish(&reload->news);
    free(reload);
}

void reload_surround(
        struct reload *reload, const struct reload_surroundings *surroundings) {
    reload->surroundings = *surroundings;
    reload->surrounded = true;
}

bool reload_request(struct core *core, reload_done_fn done, void *ctx) {
    struct reload *reload = core->reload;
    reload->wanted = true;
    core->busy = true;
    return !done || reload_waiters_add(&reload->asking, done, ctx);
}

void reload_forget(struct core *core, const void *ctx) {
    reload_waiters_forget(&core->reload->asking, ctx);
    reload_waiters_forget(&core->reload->waiting, ctx);
}

// --- events that wait -----------------------------------------------------

static void freeze(struct reload *reload) {
    reload->core->frozen = true;
    reload->froze_ns = now_ns();
    log_info(MODULE, "events wait");
}

// Those that came first go first: sessions in sessions_release() of the next
// turn, requests here.
static void thaw(struct reload *reload) {
    struct core *core = reload->core;
    int64_t spent_ns = now_ns() - reload->froze_ns;
    core->frozen = false;
    core->busy = true;
    timer_cancel(&reload->tick);
    histogram_add(&reload->freezes, (uint64_t)spent_ns);
    reload->status.freeze_us = spent_ns / NS_IN_US;
    auth_release(core);
    reload_held_serve(&reload->held, core);
}

bool reload_hold_http(struct reload *reload, const struct http_request *request,
        nx_op_id op) {
    return reload_held_keep(&reload->held, request, op);
}

// The loop is held up from here until this is left again.
static void enter(struct reload *reload) {
    reload->entered_ns = now_ns();
}

static void leave(struct reload *reload) {
    int64_t spent_ns = now_ns() - reload->entered_ns;
    if (spent_ns > reload->stall_ns) {
        reload->stall_ns = spent_ns;
    }
}

// --- the end --------------------------------------------------------------

static void warn_of_images(const struct core *core) {
    size_t count = plugins_image_count(core->plugins);
    if (count > (size_t)core->settings->reload_images) {
        log_warn(MODULE, "many files of plugins are in memory until a restart",
                LOG_UINT("images", count), LOG_STR("limit", "reload.images"));
    }
}

// Everything that was made for it and did not take over.
static void clear(struct reload *reload) {
    struct settings *old = reload->plan.wanted;
    reload_plan_finish(&reload->plan);
    reload_files_clear(&reload->files);
    settings_destroy(old);
    reload->step = STEP_NONE;
}

static void end(struct reload *reload, enum reload_outcome outcome) {
    struct reload_status *status = &reload->status;
    struct reload_result result = {
            .outcome = outcome, .errors = &reload->errors};
    if (reload->core->frozen) {
        thaw(reload);
    }
    memcpy(result.changes, reload->plan.changes, sizeof(result.changes));
    clear(reload);
    leave(reload);
    histogram_add(&reload->stalls, (uint64_t)reload->stall_ns);
    const char *reason = reload->errors.texts[0];
    status->count[outcome]++;
    status->outcome = outcome;
    status->at_ms = clock_wall_ms(&reload->core->clock);
    status->stall_us = reload->stall_ns / NS_IN_US;
    (void)snprintf(
            status->reason, sizeof(status->reason), "%s", reason ? reason : "");
    result.prepare_ms = status->prepare_ms;
    result.freeze_us = status->freeze_us;
    result.stall_us = status->stall_us;
    reload_result_log(&result);
    warn_of_images(reload->core);
    reload_waiters_tell(&reload->waiting, &result);
    settings_errors_finish(&reload->errors);
    settings_errors_init(&reload->errors);
    if (reload->surroundings.ended) {
        reload->surroundings.ended(reload->surroundings.ctx);
    }
}

// --- the steps ------------------------------------------------------------

// Ends in '\0'; empty without memory.
static void list_features(const struct core *core, struct nx_buf *out) {
    nx_buf_init(out, FEATURES_MAX);
    registry_list_prefixes(core->registry, out);
    nx_buf_append_char(out, '\0');
}

static bool same_text(const struct nx_buf *a, const struct nx_buf *b) {
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool swap(struct reload *reload, struct lifecycle_error *error) {
    struct core *core = reload->core;
    struct nx_buf before;
    struct nx_buf after;
    list_features(core, &before);
    bool good = reload_swap(&reload->plan, &reload->states, error);
    if (good) {
        quarantine_judge(core->quarantine, core);
        quarantine_settle(core->quarantine, core);
        reload->surroundings.apply(reload->surroundings.ctx);
        list_features(core, &after);
        if (!same_text(&before, &after)) {
            features_news_tell(&reload->news, core);
        }
        nx_buf_finish(&after);
    }
    nx_buf_finish(&before);
    return good;
}

static void commit(struct reload *reload) {
    struct lifecycle_error error;
    lifecycle_error_init(&error);
    bool frozen = reload->core->frozen;
    bool good = swap(reload, &error);
    if (!good) {
        lifecycle_error_collect(&error, "plugins", &reload->errors);
    }
    lifecycle_error_finish(&error);
    if (good) {
        end(reload, RELOAD_DONE);
    } else {
        end(reload, frozen ? RELOAD_UNDONE : RELOAD_REFUSED);
    }
}

static void give_up(struct reload *reload) {
    const struct plugin *late = reload_swap_late(&reload->plan);
    settings_errors_add(&reload->errors,
            "reload.freeze_ms: %s did not come to rest within %lld ms; try "
            "again, or raise the limit",
            late ? late->name : "storage",
            (long long)reload->core->settings->reload_freeze_ms);
    reload_swap_undo(&reload->plan);
    end(reload, RELOAD_UNDONE);
}

// One question to the plugins that go, then the swap, or another turn.
static void rest(struct reload *reload) {
    struct core *core = reload->core;
    int64_t limit_ns = core->settings->reload_freeze_ms * NS_IN_MS;
    if (reload_swap_rest(&reload->plan)) {
        commit(reload);
    } else if (now_ns() - reload->froze_ns >= limit_ns) {
        give_up(reload);
    } else {
        timers_set(&core->timers, &reload->tick, TICK_MS);
    }
}

static bool read_settings(struct reload *reload) {
    const struct core *core = reload->core;
    const struct reload_surroundings *around = &reload->surroundings;
    struct settings_errors *errors = &reload->errors;
    if (!reload->surrounded || core->draining) {
        settings_errors_add(errors,
                core->draining ? "the server stops"
                               : "this server was started without a way to "
                                 "read its settings again");
        return false;
    }
    struct settings *wanted = settings_create(&around->source, errors);
    if (!wanted) {
        return false;
    }
    reload->plan.wanted = wanted;
    return settings_check_live(core->settings, wanted, errors)
            && reload_files_begin(&reload->files, wanted, around->program,
                    &around->source, errors);
}

// Starts afresh, for those who have asked so far.
static void begin(struct reload *reload) {
    reload->wanted = false;
    reload_waiters_take(&reload->waiting, &reload->asking);
    if (reload->surroundings.begun) {
        reload->surroundings.begun(reload->surroundings.ctx);
    }
    reload->began_ns = now_ns();
    reload->stall_ns = 0;
    reload->status.prepare_ms = 0;
    reload->status.freeze_us = 0;
}

// To the step, or to the end if something was wrong.
static void proceed(struct reload *reload, bool good, enum step step) {
    if (good) {
        reload->step = step;
        return;
    }
    reload->status.prepare_ms = (now_ns() - reload->began_ns) / NS_IN_MS;
    end(reload, RELOAD_REFUSED);
}

static void plan(struct reload *reload) {
    if (!reload_plan_step(&reload->plan)) {
        proceed(reload, reload_plan_good(&reload->plan), STEP_AROUND);
    }
}

static void look_around(struct reload *reload) {
    const struct reload_surroundings *around = &reload->surroundings;
    bool good =
            around->check(around->ctx, reload->plan.wanted, &reload->errors);
    reload->status.prepare_ms = (now_ns() - reload->began_ns) / NS_IN_MS;
    proceed(reload, good, STEP_REST);
    if (good && reload_plan_exchanges(&reload->plan)) {
        freeze(reload);
        rest(reload);
    } else if (good) {
        commit(reload);
    }
}

static void go_on(struct reload *reload) {
    switch (reload->step) {
    case STEP_NONE:
        log_info(MODULE, "begins");
        begin(reload);
        proceed(reload, read_settings(reload), STEP_FILES);
        break;
    case STEP_FILES:
        if (reload_files_ready(&reload->files)) {
            proceed(reload,
                    reload_plan_begin(&reload->plan, reload->plan.wanted,
                            &reload->files, &reload->states, &reload->errors),
                    STEP_PLAN);
        }
        break;
    case STEP_PLAN:
        plan(reload);
        break;
    case STEP_AROUND:
        look_around(reload);
        break;
    case STEP_REST:
        rest(reload);
        break;
    }
}

// Whether it goes on in the next turn, or waits to be woken.
static bool is_busy(const struct reload *reload) {
    switch (reload->step) {
    case STEP_NONE:
        return reload->wanted;
    case STEP_FILES:
        return !reload->files.reading;
    case STEP_PLAN:
    case STEP_AROUND:
        return true;
    case STEP_REST:
        break;
    }
    return false;
}

bool reload_run(struct reload *reload) {
    bool more = features_news_run(&reload->news, reload->core);
    if (reload->step != STEP_NONE && reload->core->draining) {
        reload_stop(reload);
    } else if (reload->step != STEP_NONE || reload->wanted) {
        enter(reload);
        go_on(reload);
        leave(reload);
    }
    return more || reload->news.frame || is_busy(reload);
}

void reload_stop(struct reload *reload) {
    enter(reload);
    if (reload->step != STEP_NONE) {
        bool frozen = reload->core->frozen;
        settings_errors_add(&reload->errors, "the server stops");
        reload_swap_undo(&reload->plan);
        end(reload, frozen ? RELOAD_UNDONE : RELOAD_REFUSED);
    }
    if (reload->wanted) {
        begin(reload);
        settings_errors_add(&reload->errors, "the server stops");
        end(reload, RELOAD_REFUSED);
    }
    // The transport it may still be waking does not live as long as this.
    reload_files_finish(&reload->files);
}

// --- questions ------------------------------------------------------------

void reload_look(const struct reload *reload, struct reload_status *status) {
    *status = reload->status;
    status->running = reload->step != STEP_NONE;
}

const struct histogram *reload_freezes(const struct reload *reload) {
    return &reload->freezes;
}

const struct histogram *reload_stalls(const struct reload *reload) {
    return &reload->stalls;
}
