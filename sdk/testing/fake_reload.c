/*
 * A reload of the whole set, with the steps of the kernel's own: prepare the
 * new instances, bring the old ones to rest, take their state, start the new
 * ones with it, swap the registrations, end the old ones.
 */
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugin_timers.h"
#include "kernel/core/plugins.h"
#include "kernel/core/quiesce.h"
#include "kernel/core/registry.h"

#define STATE_MAX   ((size_t)16 << 20)
#define DEADLINE_MS 5000

// One plugin, and the instance that is to take over.
struct succession {
    struct plugin *old;
    struct plugin *new;
    struct nx_buf state;
    size_t read; // of the state, by start()
    bool saved;
};

struct reload {
    struct fake_host *host;
    struct core *core;
    struct succession *all;
    size_t count;
    struct lifecycle_error error;
};

// ---- state on its way ----

static nx_status write_state(
        const struct nx_state_writer *writer, const void *data, size_t len) {
    struct succession *one = writer->ctx;
    return nx_buf_append(&one->state, data, len) ? NX_OK : NX_ERR_LIMIT;
}

static size_t read_state(
        const struct nx_state_reader *reader, void *buf, size_t len) {
    struct succession *one = reader->ctx;
    size_t rest = one->state.len - one->read;
    // Short reads are normal, so that nobody forgets them.
    size_t most = len > 1 ? len / 2 + 1 : len;
    size_t size = rest < most ? rest : most;
    if (size > 0) {
        memcpy(buf, one->state.data + one->read, size);
    }
    one->read += size;
    return size;
}

static bool save(struct reload *reload, struct succession *one) {
    struct nx_plugin *instance = one->old->instance;
    const struct nx_plugin_info *info = one->old->entry->info;
    if (!instance->save_state || info->state_version == 0) {
        return true;
    }
    const struct nx_state_writer writer = {
            .struct_size = sizeof(writer), .ctx = one, .write = write_state};
    plugin_enter(one->old, "save_state");
    nx_status status = instance->save_state(instance, &writer);
    plugin_leave(one->old);
    one->saved = status == NX_OK;
    if (!one->saved) {
        lifecycle_error_set(&reload->error, "%s: its save_state() failed: %s",
                one->old->name, nx_err_text(status));
    }
    return one->saved;
}

// As lifecycle_start, with state.
static bool start(struct reload *reload, struct succession *one) {
    const struct nx_state_reader reader = {
            .struct_size = sizeof(reader),
            .state_version = one->old->entry->info->state_version,
            .ctx = one,
            .total = one->state.len,
            .read = read_state,
    };
    struct nx_plugin *instance = one->new->instance;
    one->new->phase = PHASE_START;
    one->new->note[0] = '\0';
    plugin_enter(one->new, "start");
    nx_status status = instance->start(instance, one->saved ? &reader : NULL);
    plugin_leave(one->new);
    if (status != NX_OK) {
        lifecycle_error_set(&reload->error, "%s: its start() failed: %s",
                one->new->name,
                one->new->note[0] != '\0' ? one->new->note
                                          : nx_err_text(status));
    }
    return status == NX_OK;
}

// ---- the steps ----

static bool prepare(struct reload *reload) {
    for (size_t i = 0; i < reload->count; i++) {
        struct succession *one = &reload->all[i];
        one->old = plugins_get(reload->core->plugins, i);
        nx_buf_init(&one->state, STATE_MAX);
        one->new = plugin_create(
                reload->core, one->old->name, one->old->path, one->old->entry);
        if (!one->new || !lifecycle_create(one->new, &reload->error)
                || !lifecycle_configure(
                        one->new, NX_CONFIGURE_CHECK, &reload->error)) {
            return false;
        }
    }
    return true;
}

static bool rest_and_save(struct reload *reload) {
    struct quiesce quiesce;
    quiesce_init(&quiesce, reload->core, NX_QUIESCE_RELOAD, DEADLINE_MS);
    bool saved = true;
    for (size_t i = reload->count; i-- > 0;) {
        (void)quiesce_plugin(&quiesce, reload->all[i].old);
    }
    for (size_t i = 0; i < reload->count && saved; i++) {
        saved = save(reload, &reload->all[i]);
    }
    return saved;
}

static bool start_all(struct reload *reload) {
    struct core *core = reload->core;
    core->staged = registry_create();
    bool started = core->staged && kernel_register(core->staged, core) == NX_OK;
    for (size_t i = 0; i < reload->count && started; i++) {
        struct succession *one = &reload->all[i];
        started = lifecycle_configure(
                          one->new, NX_CONFIGURE_APPLY, &reload->error)
                && start(reload, one);
    }
    return started && plugins_use_provider(core->plugins, &reload->error);
}

static void commit(struct reload *reload) {
    struct core *core = reload->core;
    registry_destroy(core->registry);
    core->registry = core->staged;
    core->staged = NULL;
    for (size_t i = 0; i < reload->count; i++) {
        struct succession *one = &reload->all[i];
        quiesce_cancel(core, one->old);
        // In the place of the old one, which destroy takes out of the list.
        nx_list_append(one->old->link.next, &one->new->link);
        plugin_destroy(one->old);
        lifecycle_run(one->new);
        one->new = NULL;
    }
}

static void resume(struct reload *reload) {
    registry_destroy(reload->core->staged);
    reload->core->staged = NULL;
    for (size_t i = 0; i < reload->count; i++) {
        struct plugin *plugin = reload->all[i].old;
        if (plugin->phase != PHASE_QUIESCED) {
            continue;
        }
        if (plugin->instance->resume) {
            plugin_enter(plugin, "resume");
            plugin->instance->resume(plugin->instance);
            plugin_leave(plugin);
        }
        plugin->phase = PHASE_RUNNING;
        plugin_timers_start(plugin);
    }
}

static void complain(struct reload *reload) {
    const char *reason = reload->error.reason;
    if (reason[0] == '\0' && reload->error.settings.texts[0]) {
        reason = reload->error.settings.texts[0];
    }
    fake_host_complain(reload->host, "%s", reason);
}

bool fake_host_reload(struct fake_host *host) {
    if (!host->core || !fake_host_turn(host)) {
        return false;
    }
    struct reload reload = {.host = host, .core = host->core};
    reload.count = plugins_count(host->core->plugins);
    reload.all = fake_alloc((reload.count + 1) * sizeof(*reload.all));
    lifecycle_error_init(&reload.error);
    bool prepared = prepare(&reload);
    bool done = prepared && rest_and_save(&reload) && start_all(&reload);
    if (done) {
        commit(&reload);
    } else if (prepared) {
        resume(&reload);
    }
    if (!done) {
        complain(&reload);
    }
    for (size_t i = 0; i < reload.count; i++) {
        plugin_destroy(reload.all[i].new);
        nx_buf_finish(&reload.all[i].state);
    }
    free(reload.all);
    lifecycle_error_finish(&reload.error);
    return fake_host_turn(host) && done;
}
