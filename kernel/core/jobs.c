#include "kernel/core/jobs.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <nexus/util/list.h>

#include "kernel/base/idmap.h"
#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/crash.h"
#include "kernel/core/plugin.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/where.h"

#define MODULE  "jobs"
#define NS_IN_S INT64_C(1000000000)

// More than the queue holds: running, and done but not delivered.
#define UNDELIVERED_MAX 65536u
// Completions may post again; after so many rounds a plugin that goes away
// is told no more.
#define DROP_ROUNDS_MAX 64

enum job_state {
    JOB_WAITING,
    JOB_RUNNING,
    JOB_DONE,
};

struct job {
    struct nx_list link; // struct jobs::waiting, running or done
    struct jobs_request request;
    nx_job_id id; // 0: a post
    enum job_state state;
    nx_status status;
    int32_t cancelled; // read by the function that runs, atomically
};

struct jobs {
    struct core *core;
    size_t queue_max;
    int64_t quota_posts; // for threads that may not read the settings
    size_t thread_max;
    struct idmap *ids; // struct job; logic thread only
    pthread_t *threads;
    size_t thread_count;

    pthread_mutex_t lock;   // guards everything below, and state and status
    pthread_cond_t work;    // waiting has grown, or stopping
    pthread_cond_t settled; // a function has returned
    struct nx_list waiting; // struct job::link
    struct nx_list running;
    struct nx_list done;
    size_t waiting_count;
    size_t done_count;
    size_t post_count;      // of those that are done
    uint64_t posts_refused; // and not counted in stats yet
    bool stopping;
};

struct jobs *jobs_create(struct core *core) {
    struct jobs *jobs = calloc(1, sizeof(*jobs));
    if (!jobs) {
        return NULL;
    }
    jobs->core = core;
    jobs->queue_max = (size_t)core->settings->jobs_queue;
    jobs->quota_posts = core->settings->quota_posts;
    jobs->thread_max = (size_t)core->settings->jobs_threads;
    jobs->ids = idmap_create(jobs->queue_max + UNDELIVERED_MAX);
    jobs->threads = calloc(jobs->thread_max, sizeof(*jobs->threads));
    if (!jobs->ids || !jobs->threads) {
        idmap_destroy(jobs->ids);
        free(jobs->threads);
        free(jobs);
        return NULL;
    }
    nx_list_init(&jobs->waiting);
    nx_list_init(&jobs->running);
    nx_list_init(&jobs->done);
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->work, NULL);
    pthread_cond_init(&jobs->settled, NULL);
    return jobs;
}

static struct job *job_of(struct nx_list *link) {
    return nx_container_of(link, struct job, link);
}

static void free_list(struct nx_list *list) {
    struct nx_list *link;
    while ((link = nx_list_take_first(list)) != NULL) {
        free(job_of(link));
    }
}

void jobs_destroy(struct jobs *jobs) {
    if (!jobs) {
        return;
    }
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    pthread_cond_broadcast(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < jobs->thread_count; i++) {
        pthread_join(jobs->threads[i], NULL);
    }
    free_list(&jobs->waiting);
    free_list(&jobs->done);
    pthread_cond_destroy(&jobs->work);
    pthread_cond_destroy(&jobs->settled);
    pthread_mutex_destroy(&jobs->lock);
    idmap_destroy(jobs->ids);
    free(jobs->threads);
    free(jobs);
}

static void wake_loop(const struct jobs *jobs) {
    const struct transport *transport = &jobs->core->transport;
    if (transport->ops && transport->ops->wake) {
        transport->ops->wake(transport->ctx);
    }
}

// --- the threads ----------------------------------------------------------

// Returns whether the loop must be told; it was, while there was something.
static bool finish_job(struct jobs *jobs, struct job *job, nx_status status) {
    bool first = nx_list_empty(&jobs->done);
    nx_list_remove(&job->link);
    job->state = JOB_DONE;
    job->status = status;
    nx_list_append(&jobs->done, &job->link);
    jobs->done_count++;
    return first;
}

static int64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_IN_S + now.tv_nsec;
}

// Called with the lock, which is released while the function runs.
static void run_job(struct jobs *jobs, struct job *job) {
    nx_list_remove(&job->link);
    nx_list_append(&jobs->running, &job->link);
    jobs->waiting_count--;
    job->state = JOB_RUNNING;
    pthread_mutex_unlock(&jobs->lock);

    const struct plugin *owner = job->request.owner;
    if (owner) {
        where_enter(&owner->about, "job", now_ns());
    }
    job->request.fn(job->request.arg, &job->cancelled);
    if (owner) {
        where_leave();
    }

    pthread_mutex_lock(&jobs->lock);
    int32_t cancelled = __atomic_load_n(&job->cancelled, __ATOMIC_RELAXED);
    bool first = finish_job(jobs, job, cancelled ? NX_ERR_CANCELLED : NX_OK);
    pthread_cond_broadcast(&jobs->settled);
    if (first) {
        pthread_mutex_unlock(&jobs->lock);
        wake_loop(jobs);
        pthread_mutex_lock(&jobs->lock);
    }
}

static void *work(void *arg) {
    struct jobs *jobs = arg;
    void *stack = crash_thread_begin("job");
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping) {
        if (nx_list_empty(&jobs->waiting)) {
            pthread_cond_wait(&jobs->work, &jobs->lock);
        } else {
            run_job(jobs, job_of(jobs->waiting.next));
        }
    }
    pthread_mutex_unlock(&jobs->lock);
    crash_thread_end(stack);
    return NULL;
}

// Signals are for the loop's thread.
static bool start_threads(struct jobs *jobs) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (jobs->thread_count < jobs->thread_max) {
        pthread_t *thread = &jobs->threads[jobs->thread_count];
        errno = pthread_create(thread, NULL, work, jobs);
        if (errno != 0) {
            log_warn(MODULE, "cannot start a thread", LOG_ERRNO(),
                    LOG_UINT("running", jobs->thread_count),
                    LOG_UINT("wanted", jobs->thread_max));
            break;
        }
        (void)pthread_setname_np(*thread, "nexus-job");
        jobs->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return jobs->thread_count > 0;
}

// --- counting ---------------------------------------------------------------

static void count_job(struct plugin *owner, int by) {
    if (owner) {
        owner->jobs += (size_t)by;
    }
}

// Called with the lock.
static void count_post(struct jobs *jobs, struct plugin *owner, int by) {
    jobs->post_count += (size_t)by;
    if (owner) {
        owner->posts += (size_t)by;
    }
}

// --- asking ---------------------------------------------------------------

static bool queue_is_full(struct jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    bool full = jobs->waiting_count >= jobs->queue_max;
    pthread_mutex_unlock(&jobs->lock);
    return full || idmap_count(jobs->ids) >= jobs->queue_max + UNDELIVERED_MAX;
}

static struct job *create_job(const struct jobs_request *request) {
    struct job *job = calloc(1, sizeof(*job));
    if (job) {
        nx_list_init(&job->link);
        job->request = *request;
    }
    return job;
}

enum nx_err jobs_submit(
        struct jobs *jobs, const struct jobs_request *request, nx_job_id *out) {
    if (!request->fn) {
        return NX_ERR_INVALID;
    }
    struct plugin *owner = request->owner;
    const struct settings *settings = jobs->core->settings;
    if (owner
            && !plugin_has_quota(owner, LIMIT_QUOTA_JOBS, owner->jobs,
                    settings->quota_jobs)) {
        stats_refused(jobs->core->stats, LIMIT_QUOTA_JOBS);
        return NX_ERR_LIMIT;
    }
    if (queue_is_full(jobs)) {
        stats_refused(jobs->core->stats, LIMIT_JOBS_QUEUE);
        return NX_ERR_LIMIT;
    }
    if (jobs->thread_count == 0 && !start_threads(jobs)) {
        return NX_ERR_NO_MEMORY;
    }
    struct job *job = create_job(request);
    if (!job) {
        return NX_ERR_NO_MEMORY;
    }
    nx_job_id id = idmap_add(jobs->ids, job);
    if (id == 0) {
        free(job);
        return NX_ERR_NO_MEMORY;
    }
    job->id = id;
    count_job(owner, 1);
    pthread_mutex_lock(&jobs->lock);
    nx_list_append(&jobs->waiting, &job->link);
    jobs->waiting_count++;
    pthread_cond_signal(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    if (out) {
        *out = id;
    }
    return NX_OK;
}

// Called with the lock. Returns whether the loop must be told.
static bool cancel_job(struct jobs *jobs, struct job *job) {
    __atomic_store_n(&job->cancelled, 1, __ATOMIC_RELAXED);
    if (job->state != JOB_WAITING) {
        return false;
    }
    jobs->waiting_count--;
    return finish_job(jobs, job, NX_ERR_CANCELLED);
}

void jobs_cancel(struct jobs *jobs, const struct plugin *owner, nx_job_id id) {
    struct job *job = idmap_get(jobs->ids, id);
    if (!job || job->request.owner != owner) {
        return;
    }
    pthread_mutex_lock(&jobs->lock);
    bool first = cancel_job(jobs, job);
    pthread_mutex_unlock(&jobs->lock);
    if (first) {
        wake_loop(jobs);
    }
}

enum nx_err jobs_post(struct jobs *jobs, struct plugin *owner,
        nx_job_done_fn fn, void *user, void *arg) {
    if (!fn) {
        return NX_ERR_INVALID;
    }
    const struct jobs_request request = {
            .owner = owner, .done = fn, .user = user, .arg = arg};
    struct job *post = create_job(&request);
    if (!post) {
        return NX_ERR_NO_MEMORY;
    }
    pthread_mutex_lock(&jobs->lock);
    bool over = owner
            && !plugin_has_quota(
                    owner, LIMIT_QUOTA_POSTS, owner->posts, jobs->quota_posts);
    bool full = over || jobs->post_count >= JOBS_POSTS_MAX;
    bool first = false;
    jobs->posts_refused += over ? 1 : 0;
    if (!full) {
        count_post(jobs, owner, 1);
        first = finish_job(jobs, post, NX_OK);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (full) {
        free(post);
        return NX_ERR_LIMIT;
    }
    if (first) {
        wake_loop(jobs);
    }
    return NX_OK;
}

// --- answering ------------------------------------------------------------

// Takes the first job that is done, of owner if any_owner is false.
static struct job *take_done(
        struct jobs *jobs, bool any_owner, const struct plugin *owner) {
    struct job *found = NULL;
    pthread_mutex_lock(&jobs->lock);
    nx_list_for_each (link, &jobs->done) {
        struct job *job = job_of(link);
        if (any_owner || job->request.owner == owner) {
            found = job;
            break;
        }
    }
    if (found) {
        nx_list_remove(&found->link);
        jobs->done_count--;
        count_post(jobs, found->request.owner, found->id == 0 ? -1 : 0);
    }
    pthread_mutex_unlock(&jobs->lock);
    return found;
}

static void deliver(struct jobs *jobs, struct job *job) {
    const struct jobs_request request = job->request;
    nx_status status = job->status;
    const char *name = job->id == 0 ? "post" : "job done";
    if (job->id > 0) {
        (void)idmap_remove(jobs->ids, job->id);
        count_job(request.owner, -1);
    }
    free(job);
    if (request.done) {
        plugin_enter(request.owner, name);
        request.done(request.user, request.arg, status);
        plugin_leave(request.owner);
    }
}

static size_t count_in(struct nx_list *list, const struct plugin *owner) {
    size_t count = 0;
    nx_list_for_each (link, list) {
        count += job_of(link)->request.owner == owner ? 1 : 0;
    }
    return count;
}

// What other threads have counted is added to the statistics on the way.
static size_t done_count(struct jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    size_t count = jobs->done_count;
    jobs->core->stats->refused[LIMIT_QUOTA_POSTS] += jobs->posts_refused;
    jobs->posts_refused = 0;
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

bool jobs_run(struct jobs *jobs) {
    size_t left = done_count(jobs);
    struct job *job = NULL;
    while (left > 0 && (job = take_done(jobs, true, NULL)) != NULL) {
        deliver(jobs, job);
        left--;
    }
    bool more = done_count(jobs) > 0;
    if (more) {
        wake_loop(jobs);
    }
    return more;
}

bool jobs_waiting(struct jobs *jobs) {
    return done_count(jobs) > 0;
}

size_t jobs_pending(struct jobs *jobs, const struct plugin *owner) {
    pthread_mutex_lock(&jobs->lock);
    size_t count = count_in(&jobs->waiting, owner)
            + count_in(&jobs->running, owner) + count_in(&jobs->done, owner);
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

static void cancel_all(struct jobs *jobs, const struct plugin *owner) {
    pthread_mutex_lock(&jobs->lock);
    nx_list_for_each_safe (link, next, &jobs->waiting) {
        if (job_of(link)->request.owner == owner) {
            (void)cancel_job(jobs, job_of(link));
        }
    }
    nx_list_for_each (link, &jobs->running) {
        if (job_of(link)->request.owner == owner) {
            (void)cancel_job(jobs, job_of(link));
        }
    }
    while (count_in(&jobs->running, owner) > 0) {
        pthread_cond_wait(&jobs->settled, &jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
}

static size_t forget_done(struct jobs *jobs, const struct plugin *owner) {
    size_t forgotten = 0;
    struct job *job = NULL;
    while ((job = take_done(jobs, false, owner)) != NULL) {
        if (job->id > 0) {
            (void)idmap_remove(jobs->ids, job->id);
            count_job(job->request.owner, -1);
        }
        free(job);
        forgotten++;
    }
    return forgotten;
}

// For a plugin that posts without end while it goes away.
static void give_up(struct jobs *jobs, const struct plugin *owner) {
    size_t forgotten = forget_done(jobs, owner);
    if (forgotten > 0) {
        log_warn(MODULE, "a plugin that goes away posts without end",
                LOG_STR("plugin", owner ? owner->name : "kernel"),
                LOG_UINT("forgotten", forgotten));
    }
}

void jobs_drop_owner(struct jobs *jobs, struct plugin *owner) {
    for (int round = 0; round < DROP_ROUNDS_MAX; round++) {
        cancel_all(jobs, owner);
        pthread_mutex_lock(&jobs->lock);
        size_t left = count_in(&jobs->done, owner);
        pthread_mutex_unlock(&jobs->lock);
        if (left == 0) {
            return;
        }
        struct job *job = NULL;
        while (left > 0 && (job = take_done(jobs, false, owner)) != NULL) {
            deliver(jobs, job);
            left--;
        }
    }
    give_up(jobs, owner);
}

void jobs_forget_owner(struct jobs *jobs, const struct plugin *owner) {
    (void)forget_done(jobs, owner);
}
