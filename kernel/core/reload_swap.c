#include "kernel/core/reload_swap.h"

#include <nexus/error.h>
#include <nexus/plugin.h>
#include <nexus/provider.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/plugins_set.h"
#include "kernel/core/quiesce.h"
#include "kernel/core/registry.h"
#include "kernel/core/reload_plan.h"
#include "kernel/core/reload_states.h"
#include "kernel/core/rooms.h"
#include "kernel/core/settings.h"

static bool goes(const struct reload_item *item) {
    return item->change == RELOAD_REPLACE || item->change == RELOAD_REMOVE;
}

// --- coming to rest -------------------------------------------------------

static bool ask(struct reload_item *item) {
    uint32_t reason = item->change == RELOAD_REMOVE ? NX_QUIESCE_REMOVED
                                                    : NX_QUIESCE_RELOAD;
    if (!item->quiet) {
        item->resting = true;
        item->quiet = lifecycle_quiesce(item->old, reason) != NX_ERR_AGAIN;
    }
    return item->quiet && !quiesce_waits(item->old);
}

bool reload_swap_rest(struct reload_plan *plan) {
    struct reload_item *provider = NULL;
    bool all = true;
    for (size_t i = plan->count; i-- > 0;) {
        struct reload_item *item = &plan->items[i];
        if (goes(item) && reload_item_provides(item)) {
            provider = item;
        } else if (goes(item)) {
            all &= ask(item);
        }
    }
    // Asking one may have given another something to wait for.
    for (size_t i = 0; all && i < plan->count; i++) {
        const struct reload_item *item = &plan->items[i];
        all = !goes(item) || item == provider || !quiesce_waits(item->old);
    }
    if (!all || !provider) {
        return all;
    }
    return engine_pending(plan->core->engine, NULL) == 0 && ask(provider);
}

const struct plugin *reload_swap_late(const struct reload_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        const struct reload_item *item = &plan->items[i];
        if (goes(item) && !reload_item_provides(item)
                && (!item->quiet || quiesce_waits(item->old))) {
            return item->old;
        }
    }
    return NULL;
}

void reload_swap_undo(struct reload_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        struct reload_item *item = &plan->items[i];
        if (item->resting) {
            lifecycle_resume(item->old);
            item->resting = false;
        }
    }
}

// --- the new ones ---------------------------------------------------------

static bool save_all(struct reload_plan *plan, struct lifecycle_error *error) {
    for (size_t i = 0; i < plan->count; i++) {
        struct reload_item *item = &plan->items[i];
        if (!goes(item)) {
            continue;
        }
        lifecycle_error_blame(error, item->old->name, item->old->path);
        if (!handover_save(&item->state, item->old, error)) {
            return false;
        }
    }
    return true;
}

// What it has registered goes on to serve.
static bool stay(struct core *core, const struct reload_item *item,
        struct lifecycle_error *error) {
    const char *what = "";
    enum nx_err err =
            registry_copy(core->staged, core->registry, item->old, &what);
    if (err == NX_ERR_EXISTS) {
        lifecycle_error_set(error,
                "\"%s\" is its own, and another plugin of the list claims it",
                what);
    } else if (err != NX_OK) {
        lifecycle_error_set(error, "%s", nx_err_text(err));
    }
    return err == NX_OK;
}

static bool start_all(struct reload_plan *plan, struct lifecycle_error *error) {
    struct core *core = plan->core;
    core->staged = registry_create();
    if (!core->staged || kernel_register(core->staged, core) != NX_OK) {
        lifecycle_error_set(error, "out of memory");
        return false;
    }
    for (size_t i = 0; i < plan->listed; i++) {
        struct reload_item *item = &plan->items[i];
        struct plugin *plugin = reload_item_plugin(item);
        lifecycle_error_blame(error, plugin->name, plugin->path);
        bool good = item->new
                ? lifecycle_configure(item->new, NX_CONFIGURE_APPLY, error)
                        && handover_start(&item->state, item->new, error)
                : stay(core, item, error);
        if (!good) {
            return false;
        }
    }
    return true;
}

// Records cannot move from one kind of storage to another by themselves.
static bool check_provider(
        const struct reload_plan *plan, struct lifecycle_error *error) {
    const struct registry_service *service = registry_find_service(
            plan->core->staged, NX_SERVICE_ENGINE, NX_SERVICE_ENGINE_VERSION);
    const struct plugin *owner = service ? service->owner : NULL;
    const struct plugin *wanted = NULL;
    for (size_t i = 0; i < plan->listed; i++) {
        if (reload_item_provides(&plan->items[i])) {
            wanted = reload_item_plugin(&plan->items[i]);
        }
    }
    if (owner != wanted) {
        const struct plugin *plugin = owner ? owner : wanted;
        lifecycle_error_blame(error, plugin->name, plugin->path);
        lifecycle_error_set(error,
                "what is stored would move to another place, which is not "
                "possible while the server runs; restart it");
    }
    return owner == wanted;
}

static bool apply_all(struct reload_plan *plan, struct lifecycle_error *error) {
    for (size_t i = 0; i < plan->listed; i++) {
        struct reload_item *item = &plan->items[i];
        if (item->change != RELOAD_APPLY) {
            continue;
        }
        lifecycle_error_blame(error, item->old->name, item->old->path);
        item->applied = true;
        if (!lifecycle_reconfigure(
                    item->old, item->config, NX_CONFIGURE_APPLY, error)) {
            return false;
        }
    }
    return true;
}

static bool open_provider(
        struct reload_plan *plan, struct lifecycle_error *error) {
    for (size_t i = 0; i < plan->listed; i++) {
        const struct reload_item *item = &plan->items[i];
        if (item->new &&reload_item_provides(item)) {
            return plugins_use_provider(plan->core->plugins, error);
        }
    }
    return true;
}

// --- taking it all back ---------------------------------------------------

static void apply_back(struct reload_plan *plan) {
    struct lifecycle_error error;
    lifecycle_error_init(&error);
    for (size_t i = 0; i < plan->listed; i++) {
        const struct reload_item *item = &plan->items[i];
        if (item->applied) {
            lifecycle_error_blame(&error, item->old->name, item->old->path);
            (void)lifecycle_reconfigure(
                    item->old, item->old->config, NX_CONFIGURE_APPLY, &error);
        }
    }
    lifecycle_error_log(&error);
    lifecycle_error_finish(&error);
}

// The new ones first: they may hold what the old ones need, such as a lock.
static void take_back(struct reload_plan *plan) {
    struct core *core = plan->core;
    registry_destroy(core->staged);
    core->staged = NULL;
    for (size_t i = plan->listed; i-- > 0;) {
        plugin_destroy(plan->items[i].new);
        plan->items[i].new = NULL;
    }
    apply_back(plan);
    reload_swap_undo(plan);
}

// --- taking over ----------------------------------------------------------

static void end_old(struct reload_item *item, struct core *core) {
    struct plugin *old = item->old;
    item->old = NULL;
    quiesce_cancel(core, old);
    plugin_destroy(old);
}

static void link_plugin(
        struct plugins *plugins, struct plugin *plugin, struct settings *now) {
    plugin->settings = now;
    nx_list_remove(&plugin->link);
    nx_list_append(&plugins->list, &plugin->link);
    plugins->count++;
}

static void keep_states(
        struct reload_plan *plan, struct reload_states *states) {
    for (size_t i = 0; i < plan->count; i++) {
        struct reload_item *item = &plan->items[i];
        if (item->change == RELOAD_REMOVE) {
            reload_states_keep(
                    states, item->old->entry->info->id, &item->state);
        } else if (item->change == RELOAD_ADD) {
            reload_states_drop(states, item->new->entry->info->id);
        }
    }
}

static void take_over(struct reload_plan *plan, struct reload_states *states) {
    struct core *core = plan->core;
    struct plugins *plugins = core->plugins;
    keep_states(plan, states);
    registry_destroy(core->registry);
    core->registry = core->staged;
    core->staged = NULL;
    settings_exchange(core->settings, plan->wanted);
    plugins->count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        struct reload_item *item = &plan->items[i];
        struct plugin *plugin = reload_item_plugin(item);
        if (plugin) {
            link_plugin(plugins, plugin, core->settings);
            plugin->config = item->new ? plugin->config : item->config;
        }
        if (goes(item)) {
            end_old(item, core);
        }
    }
    for (size_t i = 0; i < plan->listed; i++) {
        if (plan->items[i].new) {
            lifecycle_run(plan->items[i].new);
            plan->items[i].new = NULL;
        }
    }
}

bool reload_swap(struct reload_plan *plan, struct reload_states *states,
        struct lifecycle_error *error) {
    struct core *core = plan->core;
    bool another = false;
    for (size_t i = 0; i < plan->listed; i++) {
        const struct reload_item *item = &plan->items[i];
        another |= item->new &&reload_item_provides(item);
    }
    bool good = save_all(plan, error) && start_all(plan, error)
            && check_provider(plan, error) && apply_all(plan, error)
            && open_provider(plan, error);
    if (!good) {
        take_back(plan);
        return false;
    }
    take_over(plan, states);
    if (another) {
        rooms_attach_again(core->rooms);
    }
    return true;
}
