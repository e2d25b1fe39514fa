/*
 * jobs - blocking work on a pool of threads, completions on the logic thread.
 *
 * A job waits in a bounded queue, runs on one of jobs.threads threads, and
 * comes back through jobs_run(), which calls its completion inside
 * plugin_enter(). jobs_post() uses the way back alone. The threads start with
 * the first job and take no signals.
 *
 * Owner:   core
 * Thread:  logic, but jobs_post
 * Errors:  LIMIT, also of a quota, NO_MEMORY; nothing is called then
 */
#ifndef KERNEL_CORE_JOBS_H
#define KERNEL_CORE_JOBS_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/error.h>
#include <nexus/jobs.h>

struct core;
struct jobs;
struct plugin;

#define JOBS_POSTS_MAX 65536u

// What a plugin asks for. owner NULL is the kernel itself.
struct jobs_request {
    struct plugin *owner;
    nx_job_fn fn;
    nx_job_done_fn done; // may be NULL
    void *user;
    void *arg;
};

// Reads jobs.threads and jobs.queue once. NULL without memory.
struct jobs *jobs_create(struct core *core);

// Waits for the functions that run, and forgets the rest without a word:
// jobs_drop_owner() comes first. Accepts NULL.
void jobs_destroy(struct jobs *jobs);

// out may be NULL. Ids are never reused, for all plugins together. LIMIT when
// jobs.queue jobs wait.
enum nx_err jobs_submit(
        struct jobs *jobs, const struct jobs_request *request, nx_job_id *out);

// Asks the owner's job to stop; done is still called, from jobs_run(). An id
// that names no job of this owner is no error.
void jobs_cancel(struct jobs *jobs, const struct plugin *owner, nx_job_id id);

// Calls fn(user, arg, NX_OK) from jobs_run(), in the order of the posts.
// LIMIT when JOBS_POSTS_MAX wait. [any]
enum nx_err jobs_post(struct jobs *jobs, struct plugin *owner,
        nx_job_done_fn fn, void *user, void *arg);

// Calls the completions that were there when it was called. Returns whether
// more have come meanwhile; the loop has been woken for those.
bool jobs_run(struct jobs *jobs);

// Whether a completion waits for jobs_run().
bool jobs_waiting(struct jobs *jobs);

// Jobs and posts of owner whose completion has not been called.
size_t jobs_pending(struct jobs *jobs, const struct plugin *owner);

// Cancels all jobs of owner, waits for those that run, and calls every
// completion the owner is still owed. Not from a completion.
void jobs_drop_owner(struct jobs *jobs, struct plugin *owner);

// Removes completions of an owner that is gone, without calling them: a
// thread of its own may have posted until the end.
void jobs_forget_owner(struct jobs *jobs, const struct plugin *owner);

#endif
