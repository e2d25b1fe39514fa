#include "kernel/core/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nexus/util/buf.h>
#include <nexus/util/list.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/features_news.h"
#include "kernel/core/histogram.h"
#include "kernel/core/http.h"
#include "kernel/core/http_request.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/registry.h"
#include "kernel/core/reload_states.h"
#include "kernel/core/reload_swap.h"

#define MODULE       "reload"
#define NS_IN_MS     INT64_C(1000000)
#define NS_IN_S      INT64_C(1000000000)
#define TICK_MS      1 // between two questions whether plugins are at rest
#define FEATURES_MAX 8192u

// Who wants to know.
struct waiter {
    struct nx_list link; // struct reload::asking or waiting
    reload_done_fn done;
    void *ctx;
};

struct held_request {
    struct nx_list link; // struct reload::requests
    struct http_request_copy *copy;
};

struct reload {
    struct core *core;
    struct reload_surroundings surroundings;
    bool surrounded;
    bool wanted;            // one is to begin
    bool running;           // one has begun and waits for plugins
    struct nx_list asking;  // struct waiter, for the one that is to begin
    struct nx_list waiting; // struct waiter, for the one that runs
    struct nx_list requests;
    struct reload_plan plan;
    struct reload_states states;
    struct settings_errors errors; // of the one that runs
    struct timer tick;
    struct features_news news;
    int64_t began_ns; // CLOCK_MONOTONIC
    int64_t froze_ns; // 0: it did not
    struct reload_status status;
    struct histogram freezes;
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
    nx_list_init(&reload->asking);
    nx_list_init(&reload->waiting);
    nx_list_init(&reload->requests);
    reload_states_init(&reload->states);
    settings_errors_init(&reload->errors);
    features_news_init(&reload->news);
    timer_init(&reload->tick, on_tick, reload);
    return reload;
}

static void drop_waiters(struct nx_list *list) {
    struct nx_list *link;
    while ((link = nx_list_take_first(list)) != NULL) {
        free(nx_container_of(link, struct waiter, link));
    }
}

static struct http_request_copy *take_request(struct reload *reload) {
    struct nx_list *link = nx_list_take_first(&reload->requests);
    if (!link) {
        return NULL;
    }
    struct held_request *held =
            nx_container_of(link, struct held_request, link);
    struct http_request_copy *copy = held->copy;
    free(held);
    return copy;
}

void reload_destroy(struct reload *reload) {
    if (!reload) {
        return;
    }
    struct http_request_copy *copy;
    while ((copy = take_request(reload)) != NULL) {
        free(copy);
    }
    timer_cancel(&reload->tick);
    drop_waiters(&reload->asking);
    drop_waiters(&reload->waiting);
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
    struct waiter *waiter = done ? calloc(1, sizeof(*waiter)) : NULL;
    reload->wanted = true;
    core->busy = true;
    if (waiter) {
        waiter->done = done;
        waiter->ctx = ctx;
        nx_list_init(&waiter->link);
        nx_list_append(&reload->asking, &waiter->link);
    }
    return waiter || !done;
}

static void forget(struct nx_list *list, const void *ctx) {
    nx_list_for_each_safe (link, next, list) {
        struct waiter *waiter = nx_container_of(link, struct waiter, link);
        if (waiter->ctx == ctx) {
            nx_list_remove(link);
            free(waiter);
        }
    }
}

void reload_forget(struct core *core, const void *ctx) {
    forget(&core->reload->asking, ctx);
    forget(&core->reload->waiting, ctx);
}

// --- events that wait -----------------------------------------------------

static void freeze(struct reload *reload) {
    reload->core->frozen = true;
    reload->froze_ns = now_ns();
}

// Those that came first go first: sessions in sessions_release() of the next
// turn, requests here.
static void thaw(struct reload *reload) {
    struct core *core = reload->core;
    struct http_request_copy *copy;
    int64_t spent_ns = now_ns() - reload->froze_ns;
    core->frozen = false;
    core->busy = true;
    timer_cancel(&reload->tick);
    histogram_add(&reload->freezes, (uint64_t)spent_ns);
    reload->status.freeze_ms = spent_ns / NS_IN_MS;
    while ((copy = take_request(reload)) != NULL) {
        http_continue(core, copy->op, &copy->request);
        free(copy);
    }
}

bool reload_hold_http(struct reload *reload, const struct http_request *request,
        nx_op_id op) {
    struct held_request *held = calloc(1, sizeof(*held));
    struct http_request_copy *copy = http_request_copy(request, op);
    if (!held || !copy) {
        free(held);
        free(copy);
        return false;
    }
    held->copy = copy;
    nx_list_init(&held->link);
    nx_list_append(&reload->requests, &held->link);
    return true;
}

// --- the end --------------------------------------------------------------

static void log_errors(const struct reload *reload, const char *text) {
    const struct settings_errors *errors = &reload->errors;
    for (size_t i = 0; i < SETTINGS_ERRORS_MAX; i++) {
        if (errors->texts[i]) {
            log_error(MODULE, text, LOG_STR("reason", errors->texts[i]));
        }
        if (errors->warnings[i]) {
            log_warn(MODULE, "the new configuration",
                    LOG_STR("reason", errors->warnings[i]));
        }
    }
}

static void log_outcome(
        const struct reload *reload, const struct reload_result *result) {
    switch (result->outcome) {
    case RELOAD_DONE:
        log_errors(reload, "");
        log_info(MODULE, "done", LOG_UINT("kept", result->changes[RELOAD_KEEP]),
                LOG_UINT("changed", result->changes[RELOAD_APPLY]),
                LOG_UINT("replaced", result->changes[RELOAD_REPLACE]),
                LOG_UINT("added", result->changes[RELOAD_ADD]),
                LOG_UINT("removed", result->changes[RELOAD_REMOVE]),
                LOG_INT("prepare_ms", result->prepare_ms),
                LOG_INT("freeze_ms", result->freeze_ms));
        break;
    case RELOAD_REFUSED:
        log_errors(reload, "refused, all is as it was");
        break;
    case RELOAD_UNDONE:
    case RELOAD_OUTCOME_COUNT:
        log_errors(reload, "undone, all is as it was");
        break;
    }
}

static void warn_of_images(const struct core *core) {
    size_t count = plugins_image_count(core->plugins);
    if (count > (size_t)core->settings->reload_images) {
        log_warn(MODULE, "many files of plugins are in memory until a restart",
                LOG_UINT("images", count), LOG_STR("limit", "reload.images"));
    }
}

static void tell(struct reload *reload, const struct reload_result *result) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&reload->waiting)) != NULL) {
        struct waiter *waiter = nx_container_of(link, struct waiter, link);
        waiter->done(waiter->ctx, result);
        free(waiter);
    }
}

static void end(struct reload *reload, enum reload_outcome outcome) {
    struct reload_status *status = &reload->status;
    if (reload->core->frozen) {
        thaw(reload);
    }
    const char *reason = reload->errors.texts[0];
    struct reload_result result = {.outcome = outcome,
            .errors = &reload->errors,
            .prepare_ms = status->prepare_ms,
            .freeze_ms = status->freeze_ms};
    memcpy(result.changes, reload->plan.changes, sizeof(result.changes));
    struct settings *old = reload->plan.wanted;
    reload_plan_finish(&reload->plan);
    settings_destroy(old);
    reload->running = false;
    status->count[outcome]++;
    status->outcome = outcome;
    status->at_ms = clock_wall_ms(&reload->core->clock);
    (void)snprintf(
            status->reason, sizeof(status->reason), "%s", reason ? reason : "");
    log_outcome(reload, &result);
    warn_of_images(reload->core);
    tell(reload, &result);
    settings_errors_finish(&reload->errors);
    settings_errors_init(&reload->errors);
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
static void go_on(struct reload *reload) {
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

// The file, the plugins, and what surrounds the core.
static bool prepare(struct reload *reload) {
    struct core *core = reload->core;
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
    if (!settings_check_live(core->settings, wanted, errors)) {
        return false;
    }
    return reload_plan_make(
                   &reload->plan, core, wanted, &reload->states, errors)
            && around->check(around->ctx, wanted, errors);
}

static void begin(struct reload *reload) {
    reload->wanted = false;
    reload->running = true;
    nx_list_splice(&reload->waiting, &reload->asking);
    reload->plan = (struct reload_plan){.core = reload->core};
    reload->froze_ns = 0;
    reload->status.freeze_ms = 0;
    log_info(MODULE, "begins");
    reload->began_ns = now_ns();
    bool good = prepare(reload);
    reload->status.prepare_ms = (now_ns() - reload->began_ns) / NS_IN_MS;
    if (!good) {
        end(reload, RELOAD_REFUSED);
    } else if (reload_plan_exchanges(&reload->plan)) {
        freeze(reload);
        go_on(reload);
    } else {
        commit(reload);
    }
}

bool reload_run(struct reload *reload) {
    bool more = features_news_run(&reload->news, reload->core);
    if (reload->running && reload->core->draining) {
        reload_stop(reload);
    } else if (reload->running) {
        go_on(reload);
    } else if (reload->wanted) {
        begin(reload);
    }
    return more || reload->news.frame || (reload->wanted && !reload->running);
}

void reload_stop(struct reload *reload) {
    if (reload->running) {
        settings_errors_add(&reload->errors, "the server stops");
        reload_swap_undo(&reload->plan);
        end(reload, RELOAD_UNDONE);
    }
    if (reload->wanted) {
        reload->wanted = false;
        nx_list_splice(&reload->waiting, &reload->asking);
        reload->plan = (struct reload_plan){.core = reload->core};
        settings_errors_add(&reload->errors, "the server stops");
        end(reload, RELOAD_REFUSED);
    }
}

// --- questions ------------------------------------------------------------

void reload_look(const struct reload *reload, struct reload_status *status) {
    *status = reload->status;
    status->running = reload->running;
}

const char *reload_outcome_word(enum reload_outcome outcome) {
    static const char *const words[] = {
#define RELOAD_WORD_(name, word) word,
            RELOAD_OUTCOMES(RELOAD_WORD_)
#undef RELOAD_WORD_
    };
    return words[outcome];
}

const struct histogram *reload_freezes(const struct reload *reload) {
    return &reload->freezes;
}
