#include "plugins/store/writer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <nexus/error.h>

#include "plugins/store/batch.h"
#include "plugins/store/request.h"

#define NS_IN_S        1e9
#define RETRY_LEAST_MS 100
#define RETRY_MOST_MS  5000
#define POST_RETRY_MS  10
#define SIZES_EVERY_MS 1000
#define WAL_WARNING    16 // times wal_pages: somebody holds it back

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t monotonic_ms(void) {
    return now_ns(CLOCK_MONOTONIC) / 1000000;
}

static int64_t wall_ms(void) {
    return now_ns(CLOCK_REALTIME) / 1000000;
}

// --- health ---------------------------------------------------------------

void writer_init(struct writer *writer) {
    pthread_mutex_init(&writer->lock, NULL);
    atomic_init(&writer->hurried, false);
    writer->working = true;
    writer->retry_ms = RETRY_LEAST_MS;
}

void writer_finish(struct writer *writer) {
    writer_stop(writer, true);
    pthread_mutex_destroy(&writer->lock);
}

static void set_health(
        struct writer *writer, bool working, const struct problem *problem) {
    pthread_mutex_lock(&writer->lock);
    writer->changed |= working != writer->working;
    writer->working = working;
    if (problem) {
        writer->problem = *problem;
    }
    pthread_mutex_unlock(&writer->lock);
    meters_set(writer->meters, writer->meters->working, working ? 1 : 0);
}

void writer_set_broken(struct writer *writer, const struct problem *problem) {
    set_health(writer, false, problem);
}

bool writer_health(
        struct writer *writer, bool *changed, struct problem *problem) {
    pthread_mutex_lock(&writer->lock);
    bool working = writer->working;
    *changed = writer->changed;
    writer->changed = false;
    *problem = writer->problem;
    pthread_mutex_unlock(&writer->lock);
    return working;
}

bool writer_is_hurried(void *ctx) {
    struct writer *writer = ctx;
    return atomic_load(&writer->hurried);
}

// --- handing back ---------------------------------------------------------

// Not while the instance is being destroyed: nobody is there to listen.
static void post(struct writer *writer) {
    writer->must_post =
            !writer_is_hurried(writer) && !writer->post(writer->ctx);
}

static void hand_back(struct writer *writer, struct nx_list *requests) {
    if (queue_done(writer->queue, requests)) {
        post(writer);
    }
}

static size_t count(struct nx_list *list) {
    size_t n = 0;
    nx_list_for_each (link, list) {
        n++;
    }
    return n;
}

static void fail_all(
        struct writer *writer, struct nx_list *requests, nx_status status) {
    nx_list_for_each (link, requests) {
        request_fail(nx_container_of(link, struct request, link), status);
    }
    meters_add(writer->meters, writer->meters->failed_requests_total,
            (double)count(requests));
    hand_back(writer, requests);
}

// --- trouble --------------------------------------------------------------

static void break_down(struct writer *writer) {
    struct vault *vault = writer->vault;
    struct problem problem = vault->db.problem;
    set_health(writer, false, &problem);
    if (problem.broken) {
        vault_abandon(vault);
    } else {
        db_rollback(&vault->db);
        db_forgive(&vault->db);
    }
    writer->retry_ms = RETRY_LEAST_MS;
    writer->retry_at_ms = monotonic_ms() + writer->retry_ms;
    post(writer);
}

static void on_failure(struct writer *writer, struct nx_list *requests) {
    struct db *db = &writer->vault->db;
    meters_add(writer->meters, writer->meters->failures_total, 1);
    if (db->problem.kind == PROBLEM_MEMORY) {
        db_forgive(db);
        fail_all(writer, requests, NX_ERR_NO_MEMORY);
        return;
    }
    break_down(writer);
    fail_all(writer, requests, NX_ERR_ENGINE_UNAVAILABLE);
}

static void try_again(struct writer *writer) {
    if (vault_recover(writer->vault, wall_ms())) {
        set_health(writer, true, NULL);
        post(writer);
        return;
    }
    set_health(writer, false, &writer->vault->db.problem);
    db_forgive(&writer->vault->db);
    writer->retry_ms *= 2;
    if (writer->retry_ms > RETRY_MOST_MS) {
        writer->retry_ms = RETRY_MOST_MS;
    }
    writer->retry_at_ms = monotonic_ms() + writer->retry_ms;
}

// Reads may work while writes do not.
static void serve_broken(struct writer *writer, struct nx_list *requests) {
    struct nx_list readable;
    struct nx_list rest;
    nx_list_init(&readable);
    nx_list_init(&rest);
    bool open = db_is_open(&writer->vault->db);
    nx_list_for_each_safe (link, next, requests) {
        if (open
                && !request_writes(
                        nx_container_of(link, struct request, link))) {
            nx_list_remove(link);
            nx_list_append(&readable, link);
        }
    }
    fail_all(writer, requests, NX_ERR_ENGINE_UNAVAILABLE);
    if (nx_list_empty(&readable)) {
        return;
    }
    bool good = batch_run(&writer->vault->batch, &readable, &rest);
    queue_put_back(writer->queue, &rest);
    if (good) {
        hand_back(writer, &readable);
    } else {
        on_failure(writer, &readable);
    }
}

// --- measuring ------------------------------------------------------------

// Somebody may have deleted or replaced the file; SQLite does not notice.
static void check_file(struct writer *writer) {
    if (!vault_is_there(writer->vault)) {
        meters_add(writer->meters, writer->meters->failures_total, 1);
        break_down(writer);
    }
}

static void measure_sizes(struct writer *writer) {
    const struct meters *meters = writer->meters;
    const struct batch *batch = &writer->vault->batch;
    int64_t now_ms = monotonic_ms();
    if (writer->sizes_at_ms != 0
            && now_ms - writer->sizes_at_ms < SIZES_EVERY_MS) {
        return;
    }
    writer->sizes_at_ms = now_ms;
    uint64_t database = 0;
    uint64_t wal = 0;
    vault_sizes(writer->vault, &database, &wal);
    meters_set(meters, meters->database_bytes, (double)database);
    meters_set(meters, meters->wal_bytes, (double)wal);
    meters_set(meters, meters->rooms, (double)batch->meta.now.rooms);
    meters_set(meters, meters->facts, (double)batch->meta.now.facts);
    meters_set(
            meters, meters->dedupe_keys, (double)batch->meta.now.dedupe_keys);
    int64_t forgotten = batch->dedupe.forgotten - writer->forgotten;
    meters_add(meters, meters->dedupe_forgotten_total, (double)forgotten);
    writer->forgotten += forgotten;
    check_file(writer);
}

static void measure(struct writer *writer, size_t requests, int64_t spent_ns) {
    const struct meters *meters = writer->meters;
    meters_add(meters, meters->requests_total, (double)requests);
    if (writer->vault->batch.wrote) {
        meters_add(meters, meters->commits_total, 1);
        meters_add(meters, meters->batch_size, (double)requests);
        meters_add(meters, meters->commit_seconds, (double)spent_ns / NS_IN_S);
    }
    meters_set(
            meters, meters->queue_requests, (double)queue_count(writer->queue));
    meters_set(meters, meters->queue_bytes, (double)queue_bytes(writer->queue));
    measure_sizes(writer);
}

// --- work -----------------------------------------------------------------

// After the answers, which need not wait for it: they are safe in the log.
static void checkpoint(struct writer *writer) {
    struct db *db = &writer->vault->db;
    if (!db_is_open(db) || db->wal_pages < writer->limits.wal_pages) {
        return;
    }
    if (db->wal_pages > WAL_WARNING * writer->limits.wal_pages) {
        nx_logf(writer->sdk, NX_LOG_WARN,
                "a program that reads %s keeps its log ahead from being "
                "emptied: it has %d pages; end that program",
                db->path, db->wal_pages);
    }
    db->wal_pages = 0; // until the next commit
    meters_add(writer->meters, writer->meters->checkpoints_total, 1);
    if (!db_checkpoint(db, false)) {
        meters_add(writer->meters, writer->meters->failures_total, 1);
        break_down(writer);
    }
}

static void execute(struct writer *writer, struct nx_list *requests) {
    struct nx_list rest;
    nx_list_init(&rest);
    int64_t since_ns = now_ns(CLOCK_MONOTONIC);
    bool good = batch_run(&writer->vault->batch, requests, &rest);
    queue_put_back(writer->queue, &rest);
    if (!good) {
        on_failure(writer, requests);
        return;
    }
    size_t done = count(requests);
    hand_back(writer, requests);
    measure(writer, done, now_ns(CLOCK_MONOTONIC) - since_ns);
    checkpoint(writer);
}

// A post that was refused comes first; else, while nothing works, the next
// attempt.
static int timeout_of(const struct writer *writer) {
    if (writer->must_post) {
        return POST_RETRY_MS;
    }
    if (writer->working) {
        return -1;
    }
    int64_t left = writer->retry_at_ms - monotonic_ms();
    return left > 0 ? (int)left : 0;
}

static void serve(struct writer *writer, struct nx_list *requests) {
    if (writer_is_hurried(writer)) {
        fail_all(writer, requests, NX_ERR_CANCELLED);
    } else if (writer->working) {
        execute(writer, requests);
    } else {
        serve_broken(writer, requests);
    }
}

static void *work(void *arg) {
    struct writer *writer = arg;
    struct nx_list batch;
    nx_list_init(&batch);
    for (;;) {
        bool taken =
                queue_take(writer->queue, &batch, writer->limits.batch_count,
                        writer->limits.batch_bytes, timeout_of(writer));
        if (writer->must_post) {
            post(writer);
        }
        if (!writer->working && monotonic_ms() >= writer->retry_at_ms
                && !queue_is_stopping(writer->queue)) {
            try_again(writer);
        }
        if (taken) {
            serve(writer, &batch);
        } else if (queue_is_over(writer->queue)) {
            break;
        }
    }
    return NULL;
}

bool writer_start(struct writer *writer) {
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    sigset_t all;
    sigset_t before;
    atomic_store(&writer->hurried, false);
    queue_stop(writer->queue, false);
    writer->retry_at_ms = 0;
    set_health(writer, writer->working, NULL);
    if (writer->working) {
        measure_sizes(writer);
    }
    // Signals are for the loop's thread.
    sigfillset(&all);
    // Not those of a crash, which would end the server without its report.
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        sigdelset(&all, crashes[i]);
    }
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&writer->thread, NULL, work, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    writer->running = errno == 0;
    if (writer->running) {
        (void)pthread_setname_np(writer->thread, "nexus-store");
    }
    return writer->running;
}

void writer_stop(struct writer *writer, bool hurried) {
    if (!writer->running) {
        return;
    }
    atomic_store(&writer->hurried, hurried);
    queue_stop(writer->queue, true);
    pthread_join(writer->thread, NULL);
    writer->running = false;
}
