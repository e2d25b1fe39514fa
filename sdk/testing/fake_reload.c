/*
 * A reload of the whole set, with the steps of the kernel's own: prepare the
 * new instances, bring the old ones to rest, take their state, start the new
 * ones with it, swap the registrations, end the old ones.
 */
#include <stdlib.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/handover.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/quiesce.h"
#include "kernel/core/registry.h"
#include "kernel/core/settings.h"

#define STATE_MAX   ((size_t)16 << 20)
#define DEADLINE_MS 5000

// One plugin, and the instance that is to take over.
struct succession {
    struct plugin *old;
    struct plugin *new;
    struct handover state;
};

struct reload {
    struct fake_host *host;
    struct core *core;
    struct settings *wanted; // read again; at the end those of before
    struct succession *all;
    size_t count;
    struct lifecycle_error error;
};

// ---- the steps ----

static bool prepare(struct reload *reload) {
    reload->wanted = fake_settings_read(reload->host);
    if (!reload->wanted) {
        return false;
    }
    for (size_t i = 0; i < reload->count; i++) {
        struct succession *one = &reload->all[i];
        one->old = plugins_get(reload->core->plugins, i);
        handover_init(&one->state, STATE_MAX);
        one->new = plugin_create(
                reload->core, one->old->name, one->old->path, one->old->entry);
        if (one->new) {
            one->new->settings = reload->wanted;
        }
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
        struct succession *one = &reload->all[i];
        lifecycle_error_blame(&reload->error, one->old->name, "");
        saved = handover_save(&one->state, one->old, &reload->error);
    }
    return saved;
}

static bool start_all(struct reload *reload) {
    struct core *core = reload->core;
    core->staged = registry_create();
    bool started = core->staged && kernel_register(core->staged, core) == NX_OK;
    for (size_t i = 0; i < reload->count && started; i++) {
        struct succession *one = &reload->all[i];
        lifecycle_error_blame(&reload->error, one->new->name, "");
        started = lifecycle_configure(
                          one->new, NX_CONFIGURE_APPLY, &reload->error)
                && handover_start(&one->state, one->new, &reload->error);
    }
    return started && plugins_use_provider(core->plugins, &reload->error);
}

static void commit(struct reload *reload) {
    struct core *core = reload->core;
    registry_destroy(core->registry);
    core->registry = core->staged;
    core->staged = NULL;
    settings_exchange(core->settings, reload->wanted);
    for (size_t i = 0; i < reload->count; i++) {
        struct succession *one = &reload->all[i];
        one->new->settings = core->settings;
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
        if (plugin->phase == PHASE_QUIESCED) {
            lifecycle_resume(plugin);
        }
    }
}

static void complain(struct reload *reload) {
    const char *reason = reload->error.reason;
    if (!reload->wanted) {
        return; // it was said
    }
    if (reason[0] == '\0' && reload->error.settings.texts[0]) {
        reason = reload->error.settings.texts[0];
    }
    fake_host_complain(reload->host, "%s: %s", reload->error.name, reason);
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
        handover_finish(&reload.all[i].state);
    }
    free(reload.all);
    settings_destroy(reload.wanted);
    lifecycle_error_finish(&reload.error);
    return fake_host_turn(host) && done;
}
