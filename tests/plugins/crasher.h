/*
 * crasher - ends the server in every way a plugin can, on demand.
 *
 * The event <prefix><way> takes the way in its handler; with {"in": "timer"},
 * "job" or "record" there instead. GET /api/<id> takes the way "segv".
 *
 * hello answers; leak_timers, leak_jobs and leak_requests take {"count": n} of
 * them and answer how many there were, and with which error it ended. The
 * setting `at` names a step of its own life to crash in.
 */
#ifndef TESTS_PLUGINS_CRASHER_H
#define TESTS_PLUGINS_CRASHER_H

#include <stdbool.h>

#include "tests/plugins/bad.h"
#include "tests/plugins/crasher_ways.h"

#define CRASHER_LATE_MS 3600000u

struct crasher {
    struct bad bad;
    void (*way)(void); // that the timer or the job takes
    nx_op_id op;       // answered when the job is done
};

// --- where ----------------------------------------------------------------

static struct crasher *crasher_of(struct nx_plugin *base) {
    return (struct crasher *)bad_of(base);
}

static void crasher_on_timer(void *user, nx_timer_id timer) {
    struct crasher *crasher = user;
    if (crasher->way) {
        crasher->way();
    }
}

static void crasher_job(void *arg, const volatile int32_t *cancelled) {
    const struct crasher *crasher = arg;
    crasher->way();
}

static void crasher_job_done(void *user, void *arg, nx_status status) {
    const struct crasher *crasher = user;
    const struct nx_sdk *nx = &crasher->bad.nx;
    (void)nx->router->reply(nx->host, crasher->op, NULL, 0);
}

static nx_status crasher_in_room(const struct crasher *crasher) {
    const struct nx_sdk *nx = &crasher->bad.nx;
    struct nx_writer *event =
            nx->json->event(nx->host, CRASHER_PREFIX "said", nx_str_c(NULL));
    return nx->engine->publish(
            nx->host, nx_str_c(CRASHER_ID ":hall"), event, NULL, NULL, NULL);
}

static void crasher_on_record(void *user, nx_room_id room, struct nx_str name,
        const struct nx_record *record) {
    const struct crasher *crasher = user;
    crasher->way();
}

static nx_status crasher_take(
        struct crasher *crasher, const struct nx_event *ev) {
    struct nx_sdk *nx = &crasher->bad.nx;
    struct nx_str in = nx->json->str(nx->json->get(ev->json, "in"));
    if (!in.ptr) {
        crasher->way();
        return NX_OK;
    }
    if (strcmp(in.ptr, "timer") == 0) {
        return nx->timers->set(nx->host, 0, 0, crasher_on_timer, crasher, NULL);
    }
    if (strcmp(in.ptr, "job") == 0) {
        crasher->op = ev->op;
        nx_status status = nx->jobs->submit(nx->host, crasher_job,
                crasher_job_done, crasher, crasher, NULL);
        return status ? status : NX_LATER;
    }
    return crasher_in_room(crasher);
}

// --- what is never given back ---------------------------------------------

static nx_status crasher_leak_one(struct crasher *crasher, bool timer) {
    struct nx_sdk *nx = &crasher->bad.nx;
    crasher->way = timer ? NULL : crasher_wait;
    return timer ? nx->timers->set(nx->host, CRASHER_LATE_MS, 0,
                   crasher_on_timer, crasher, NULL)
                 : nx->jobs->submit(
                         nx->host, crasher_job, NULL, NULL, crasher, NULL);
}

static nx_status crasher_leak(
        struct crasher *crasher, const struct nx_event *ev, bool timer) {
    struct nx_sdk *nx = &crasher->bad.nx;
    int64_t count = 0;
    int64_t done = 0;
    nx_status status = nx->json->i64(nx->json->get(ev->json, "count"), &count);
    while (status == NX_OK && done < count) {
        status = crasher_leak_one(crasher, timer);
        done += status == NX_OK ? 1 : 0;
    }
    struct nx_writer *result = nx->json->object(nx->host);
    nx->json->put_i64(result, "count", done);
    nx->json->put_str(result, "ended", nx_str_c(nx_err_word(status)));
    return nx->router->reply(nx->host, ev->op, result, NX_REPLY_RESULT);
}

// --- the plugin -----------------------------------------------------------

static int32_t crasher_on_event(void *user, const struct nx_event *ev) {
    struct crasher *crasher = user;
    const char *what = ev->type.ptr + sizeof(CRASHER_PREFIX) - 1;
    if (strcmp(what, "hello") == 0) {
        return NX_DONE;
    }
    if (strcmp(what, "leak_requests") == 0) {
        return NX_LATER;
    }
    if (strcmp(what, "leak_timers") == 0) {
        return crasher_leak(crasher, ev, true);
    }
    if (strcmp(what, "leak_jobs") == 0) {
        return crasher_leak(crasher, ev, false);
    }
    crasher->way = crasher_ways_find(what);
    return crasher->way ? crasher_take(crasher, ev) : NX_PASS;
}

static int32_t crasher_on_http(
        void *user, const struct nx_http_request *request) {
    crasher_segv();
    return NX_DONE;
}

static nx_status crasher_configure(struct nx_plugin *base,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    struct crasher *crasher = crasher_of(base);
    struct nx_str at = crasher->bad.nx.config->get_str(cfg, "at");
    if (strcmp(at.ptr, "configure") == 0) {
        crasher_segv();
    }
    crasher->way = strcmp(at.ptr, "start") == 0 ? crasher_segv : NULL;
    return NX_OK;
}

static nx_status crasher_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct crasher *crasher = crasher_of(base);
    struct nx_sdk *nx = &crasher->bad.nx;
    const struct nx_room_kind kind = {
            .struct_size = sizeof(kind),
            .prefix = CRASHER_ID ":",
            .user = crasher,
            .on_record = crasher_on_record,
    };
    if (crasher->way) {
        crasher->way();
    }
    nx_status status = nx->router->handle(
            nx->host, CRASHER_PREFIX, crasher_on_event, crasher);
    if (!status) {
        status = nx->rooms->define(nx->host, &kind);
    }
    return status ? status
                  : nx->http->route(nx->host, "GET", "/api/" CRASHER_ID,
                          crasher_on_http, crasher);
}

static nx_status crasher_create(
        const struct nx_host *host, struct nx_plugin **out) {
    struct crasher *crasher = calloc(1, sizeof(*crasher));
    if (!crasher) {
        return NX_ERR_NO_MEMORY;
    }
    struct nx_plugin *base = &crasher->bad.base;
    nx_sdk_load(&crasher->bad.nx, host);
    base->struct_size = sizeof(*base);
    base->self = crasher;
    base->configure = crasher_configure;
    base->start = crasher_start;
    base->destroy = bad_destroy;
    *out = base;
    return NX_OK;
}

static const struct nx_setting crasher_settings[] = {
        {"at", NX_SETTING_STRING, 0, "", NULL, "The step to crash in."},
        {"colour", NX_SETTING_STRING, 0, "", NULL, "Something to change."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN(CRASHER_ID, "1.2.3", "MIT", "ends the server", 0, 0, (CRASHER_PREFIX),
        ("nexus.router/1", "nexus.timers/1", "nexus.jobs/1", "nexus.http/1"),
        crasher_settings, crasher_create);

#endif
