#include <nexus/jobs.h>

#include "kernel/core/core.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/jobs.h"
#include "kernel/core/plugin.h"

static nx_status submit(const struct nx_host *host, nx_job_fn fn,
        nx_job_done_fn done, void *user, void *arg, nx_job_id *out) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_RUNNING, "jobs.submit", &status);
    if (!plugin) {
        return status;
    }
    const struct jobs_request request = {
            .owner = plugin,
            .fn = fn,
            .done = done,
            .user = user,
            .arg = arg,
    };
    return fn ? jobs_submit(plugin->core->jobs, &request, out) : NX_ERR_INVALID;
}

static void cancel(const struct nx_host *host, nx_job_id job) {
    const struct plugin *plugin = host_enter(
            host, PHASE_RUNNING | PHASE_QUIESCED, "jobs.cancel", NULL);
    if (plugin) {
        jobs_cancel(plugin->core->jobs, plugin, job);
    }
}

static nx_status post(
        const struct nx_host *host, nx_job_done_fn fn, void *user, void *arg) {
    nx_status status;
    struct plugin *plugin = host_enter_any(
            host, PHASE_RUNNING | PHASE_QUIESCED, "jobs.post", &status);
    if (!plugin) {
        return status;
    }
    return fn ? jobs_post(plugin->core->jobs, plugin, fn, user, arg)
              : NX_ERR_INVALID;
}

const struct nx_jobs_v1 host_jobs_v1 = {
        .struct_size = sizeof(host_jobs_v1),
        .version = 1,
        .submit = submit,
        .cancel = cancel,
        .post = post,
};
