#include "kernel/core/reload_plan.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/plugin.h>

#include "kernel/core/core.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/loader.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugin_settings.h"
#include "kernel/core/plugins.h"
#include "kernel/core/plugins_set.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/reload_files.h"
#include "kernel/core/reload_states.h"
#include "kernel/core/settings.h"
#include "kernel/core/settings_errors.h"

struct plugin *reload_item_plugin(const struct reload_item *item) {
    if (item->change == RELOAD_REMOVE) {
        return NULL;
    }
    return item->new ? item->new : item->old;
}

bool reload_item_provides(const struct reload_item *item) {
    return item->old && item->old == item->old->core->plugins->provider;
}

bool reload_plan_exchanges(const struct reload_plan *plan) {
    return plan->changes[RELOAD_REPLACE] + plan->changes[RELOAD_ADD]
            + plan->changes[RELOAD_REMOVE]
            > 0;
}

static struct plugin *find_running(
        const struct plugins *plugins, const char *name) {
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        if (strcmp(plugins_name(plugins, i), name) == 0) {
            return plugins_get(plugins, i);
        }
    }
    return NULL;
}

static const char *id_of(const struct plugin *plugin) {
    return plugin->entry->info->id;
}

// --- one line of the list -------------------------------------------------

// Two plugins of one id would write into each other's stored facts.
static bool check_id(const struct reload_plan *plan,
        const struct plugin *plugin, struct lifecycle_error *error) {
    for (size_t i = 0; i < plan->count; i++) {
        const struct plugin *other = reload_item_plugin(&plan->items[i]);
        if (other && other != plugin
                && strcmp(id_of(other), id_of(plugin)) == 0) {
            lifecycle_error_set(error,
                    "it has the id \"%s\", as has plugin %s; load only one of "
                    "them",
                    id_of(plugin), other->name);
            return false;
        }
    }
    return true;
}

// Whether the new instance can go on where an earlier one has ended.
static bool check_state(const struct reload_plan *plan,
        struct reload_item *item, struct lifecycle_error *error) {
    const struct nx_plugin_info *info = item->new->entry->info;
    if (!item->old) {
        if (!reload_states_give(plan->states, info->id, &item->state)) {
            lifecycle_error_set(error, "out of memory");
            return false;
        }
        return handover_readable(info, item->state.version, error);
    }
    if (strcmp(id_of(item->old), info->id) != 0) {
        lifecycle_error_set(error,
                "it has the id \"%s\", and what runs under this name is "
                "\"%s\"; give it a name of its own",
                info->id, id_of(item->old));
        return false;
    }
    const struct nx_plugin_info *from = item->old->entry->info;
    uint32_t version =
            item->old->instance->save_state ? from->state_version : 0;
    return handover_readable(info, version, error);
}

static const struct plugin_entry *line_of(
        const struct reload_plan *plan, const char *name) {
    size_t i = 0;
    while (strcmp(settings_plugin(plan->wanted, i)->name, name) != 0) {
        i++;
    }
    return settings_plugin(plan->wanted, i);
}

// A new instance, ready to start.
static bool make_instance(struct reload_plan *plan, struct reload_item *item,
        const struct image *image, struct lifecycle_error *error) {
    item->change = item->old ? RELOAD_REPLACE : RELOAD_ADD;
    item->new =
            plugin_create(plan->core, image->name, image->path, image->entry);
    if (!item->new) {
        lifecycle_error_set(error, "out of memory");
        return false;
    }
    item->new->settings = plan->wanted;
    plugin_from(item->new, image, line_of(plan, image->name));
    return lifecycle_check(item->new, error) && check_id(plan, item->new, error)
            && check_state(plan, item, error)
            && lifecycle_create(item->new, error)
            && lifecycle_configure(item->new, NX_CONFIGURE_CHECK, error);
}

// What the settings say of a plugin whose file is the same.
static bool compare(struct reload_plan *plan, struct reload_item *item,
        enum plugin_settings_change *change, struct lifecycle_error *error) {
    const struct plugin *old = item->old;
    item->config = plugin_settings_resolve(plan->wanted, old->name,
            old->entry->info->settings, &error->settings);
    if (!item->config) {
        return false;
    }
    *change = plugin_settings_compare(old->config, item->config);
    // A plugin may have asked for settings of the server.
    if (*change == PLUGIN_SETTINGS_SAME
            && settings_differ(plan->core->settings, plan->wanted)) {
        *change = PLUGIN_SETTINGS_LIVE;
    }
    return true;
}

static bool prepare(struct reload_plan *plan, struct reload_item *item,
        struct image_file *file, struct lifecycle_error *error) {
    enum plugin_settings_change change = PLUGIN_SETTINGS_RESTART;
    lifecycle_error_blame(error, file->name, file->path ? file->path : "");
    const struct image *image = loader_map(plan->core->plugins->loader, file);
    if (!image) {
        lifecycle_error_set(error, "%s", file->why);
        return false;
    }
    item->old = find_running(plan->core->plugins, image->name);
    if (item->old && item->old->entry == image->entry
            && !compare(plan, item, &change, error)) {
        return false;
    }
    if (change == PLUGIN_SETTINGS_RESTART) {
        return make_instance(plan, item, image, error);
    }
    if (change == PLUGIN_SETTINGS_LIVE) {
        item->change = RELOAD_APPLY;
    }
    return check_id(plan, item->old, error)
            && (change == PLUGIN_SETTINGS_SAME
                    || lifecycle_reconfigure(item->old, item->config,
                            NX_CONFIGURE_CHECK, error));
}

// --- the whole ------------------------------------------------------------

static struct reload_item *add_item(struct reload_plan *plan) {
    struct reload_item *item = &plan->items[plan->count++];
    handover_init(
            &item->state, (size_t)plan->core->settings->reload_state_bytes);
    return item;
}

// Whatever a child process has said of it.
static bool stays_out(const struct reload_plan *plan,
        const struct plugin_entry *entry, const struct image_file *file) {
    const struct core *core = plan->core;
    return file->sha256[0] != '\0' && !find_running(core->plugins, entry->name)
            && quarantine_keeps_out(
                    core->quarantine, core, plan->wanted, entry, file->sha256);
}

static bool add_listed(struct reload_plan *plan) {
    const struct plugin_entry *entry =
            settings_plugin(plan->wanted, plan->lines);
    struct image_file *file = &plan->files->files[plan->lines++];
    if (stays_out(plan, entry, file)) {
        return false;
    }
    struct reload_item *item = add_item(plan);
    struct lifecycle_error error;
    lifecycle_error_init(&error);
    plan->listed = plan->count;
    (void)prepare(plan, item, file, &error);
    lifecycle_error_collect(&error, entry->origin, plan->errors);
    lifecycle_error_finish(&error);
    return item->new != NULL;
}

static bool is_listed(
        const struct reload_plan *plan, const struct plugin *plugin) {
    for (size_t i = 0; i < plan->listed; i++) {
        if (plan->items[i].old == plugin) {
            return true;
        }
    }
    return false;
}

static void add_removed(struct reload_plan *plan) {
    const struct plugins *plugins = plan->core->plugins;
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        struct plugin *plugin = plugins_get(plugins, i);
        if (is_listed(plan, plugin)) {
            continue;
        }
        struct reload_item *item = add_item(plan);
        item->change = RELOAD_REMOVE;
        item->old = plugin;
        if (reload_item_provides(item)) {
            settings_errors_add(plan->errors,
                    "plugins: %s keeps what is stored and cannot be taken out "
                    "while the server runs; restart it",
                    plugin->name);
        }
    }
}

void reload_plan_init(struct reload_plan *plan, struct core *core) {
    *plan = (struct reload_plan){.core = core};
}

bool reload_plan_begin(struct reload_plan *plan, struct settings *wanted,
        struct reload_files *files, const struct reload_states *states,
        struct settings_errors *errors) {
    size_t most =
            settings_plugin_count(wanted) + plugins_count(plan->core->plugins);
    plan->wanted = wanted;
    plan->files = files;
    plan->states = states;
    plan->errors = errors;
    plan->errors_before = errors->count;
    plan->items = calloc(most + 1, sizeof(*plan->items));
    if (!plan->items) {
        settings_errors_add(errors, "plugins: out of memory");
    }
    return plan->items != NULL;
}

bool reload_plan_good(const struct reload_plan *plan) {
    return plan->errors->count == plan->errors_before;
}

bool reload_plan_step(struct reload_plan *plan) {
    size_t lines = settings_plugin_count(plan->wanted);
    bool made = false;
    while (plan->lines < lines && !made) {
        made = add_listed(plan);
    }
    if (plan->lines < lines) {
        return true;
    }
    if (reload_plan_good(plan)) {
        add_removed(plan);
    }
    for (size_t i = 0; i < plan->count; i++) {
        plan->changes[plan->items[i].change]++;
    }
    return false;
}

void reload_plan_finish(struct reload_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        plugin_destroy(plan->items[i].new);
        handover_finish(&plan->items[i].state);
    }
    free(plan->items);
    reload_plan_init(plan, plan->core);
}
