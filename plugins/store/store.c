#include "plugins/store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

// Answers given in one callback: more would keep sockets waiting.
#define ANSWERS_AT_ONCE 256

// --- answers --------------------------------------------------------------

static bool post(void *ctx);

static void report_health(struct store *store) {
    struct problem problem;
    bool changed = false;
    bool working = writer_health(&store->writer, &changed, &problem);
    if (!changed) {
        return;
    }
    struct nx_str why = nx_str_c(working ? "" : problem.what);
    if (working) {
        nx_logf(&store->sdk, NX_LOG_INFO, "the database works again");
    } else {
        nx_logf(&store->sdk, NX_LOG_ERROR, "%s; %s", problem.what,
                problem_advice(problem.kind));
    }
    store->sink.health(store->sink.ctx, working ? 1 : 0, why);
}

static void give_answers(struct store *store) {
    struct nx_list answered;
    nx_list_init(&answered);
    bool more = false;
    queue_answered(&store->queue, &answered, ANSWERS_AT_ONCE, &more);
    size_t count = 0;
    size_t bytes = 0;
    struct nx_list *link = NULL;
    while ((link = nx_list_take_first(&answered))) {
        struct request *request = nx_container_of(link, struct request, link);
        request_answer(request, &store->sink);
        count++;
        bytes += request->bytes;
        request_destroy(request);
    }
    queue_release(&store->queue, count, bytes);
    meters_set(&store->meters, store->meters.queue_requests,
            (double)queue_count(&store->queue));
    if (more && !post(store)) {
        queue_wake(&store->queue);
    }
}

static void on_post(void *user, void *arg, nx_status status) {
    struct store *store = user;
    (void)arg;
    (void)status;
    report_health(store);
    give_answers(store);
}

// [any]
static bool post(void *ctx) {
    struct store *store = ctx;
    return store->sdk.jobs->post(store->host, on_post, store, NULL) == NX_OK;
}

// --- life -----------------------------------------------------------------

static int64_t now_ms(const struct store *store) {
    return store->sdk.timers->wall_ms(store->host);
}

static bool open_vault(struct store *store) {
    const struct problem *problem = &store->vault.db.problem;
    if (vault_open(&store->vault, store->settings.folder, now_ms(store))) {
        return true;
    }
    nx_logf(&store->sdk, NX_LOG_ERROR, "%s; %s", problem->what,
            problem_advice(problem->kind));
    return false;
}

bool store_prepare(struct store *store) {
    struct store_settings *settings = &store->settings;
    store->queue.max_count = settings->queue_count;
    store->queue.max_bytes = settings->queue_bytes;
    settings->db.is_hurried = writer_is_hurried;
    settings->db.ctx = &store->writer;
    store->writer = (struct writer){
            .queue = &store->queue,
            .vault = &store->vault,
            .meters = &store->meters,
            .sdk = &store->sdk,
            .limits = settings->writer,
            .post = post,
            .ctx = store,
    };
    writer_init(&store->writer);
    store->prepared = true;
    if (!vault_init(&store->vault, &settings->db, &settings->batch,
                settings->check_bytes)) {
        return false;
    }
    return open_vault(store);
}

bool store_run(struct store *store) {
    if (store->writer.running || writer_start(&store->writer)) {
        return true;
    }
    nx_logf(&store->sdk, NX_LOG_ERROR, "cannot start the writer thread");
    return false;
}

bool store_rest(struct store *store) {
    if (queue_count(&store->queue) > 0) {
        return false;
    }
    store->resting = true;
    writer_stop(&store->writer, false);
    vault_close(&store->vault);
    return true;
}

void store_resume(struct store *store) {
    store->resting = false;
    if (!open_vault(store)) {
        writer_set_broken(&store->writer, &store->vault.db.problem);
    }
    (void)store_run(store);
    report_health(store);
}

void store_sweep(struct store *store) {
    const struct request template = {
            .kind = REQUEST_SWEEP,
            .now_ms = now_ms(store),
    };
    bool done = false;
    if (store->opened && !store->resting) {
        // When the queue is full the next time will do.
        (void)queue_push(&store->queue, &template, &done);
    }
}

void store_finish(struct store *store) {
    if (store->prepared) {
        writer_finish(&store->writer);
        vault_finish(&store->vault);
    }
    queue_finish(&store->queue);
    free(store->settings.folder);
}
