/*
 * jobs - blocking work, off the logic thread.
 *
 * The server runs a pool of threads; a job's function runs on one of them
 * and may block, its completion runs on the logic thread, exactly once, and
 * always before the instance is destroyed. Plugins should need no threads of
 * their own; one that has them talks back through post().
 *
 * Interface: "nexus.jobs" version 1
 */
#ifndef NEXUS_JOBS_H
#define NEXUS_JOBS_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_JOBS "nexus.jobs"

// The work. May look at *cancelled now and then and return early; may call
// nothing of the host but what is tagged [any]. [worker] R Q. Since 1.0.
typedef void (*nx_job_fn)(void *arg, const volatile int32_t *cancelled);

// The completion: status is NX_OK, or CANCELLED when the work was not run or
// asked to stop. [logic] R Q. Since 1.0.
typedef void (*nx_job_done_fn)(void *user, void *arg, nx_status status);

struct nx_jobs_v1 {
    NX_INTERFACE_HEAD;

    // Queues a job. arg belongs to the job until done is called. *out may be
    // NULL. LIMIT: jobs.queue jobs wait already, or quota.jobs of this
    // plugin; NO_MEMORY; then nothing is called. [logic] R. Since 1.0.
    nx_status (*submit)(const struct nx_host *host, nx_job_fn fn,
            nx_job_done_fn done, void *user, void *arg, nx_job_id *out);

    // Asks a job to stop; done is still called. A finished job, or 0, is no
    // error. [logic] R Q. Since 1.0.
    void (*cancel)(const struct nx_host *host, nx_job_id job);

    // Calls fn(user, arg, NX_OK) on the logic thread soon, in order of the
    // posts of one thread. LIMIT when 65,536 posts wait, or quota.posts of
    // this plugin; NO_MEMORY. A thread of the plugin's own should not block
    // SIGSEGV and its like: its crash would go unreported. [any] R Q.
    // Since 1.0.
    nx_status (*post)(const struct nx_host *host, nx_job_done_fn fn, void *user,
            void *arg);
};

#ifdef __cplusplus
}
#endif

#endif
