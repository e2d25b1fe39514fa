#include "kernel/core/plugins.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/provider.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/loader.h"
#include "kernel/core/memory.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins_set.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/quiesce.h"
#include "kernel/core/registry.h"
#include "kernel/core/settings.h"

#define MODULE "plugins"

struct plugins *plugins_create(struct core *core) {
    struct plugins *plugins = calloc(1, sizeof(*plugins));
    if (!plugins) {
        return NULL;
    }
    plugins->core = core;
    plugins->loader = loader_create();
    nx_list_init(&plugins->list);
    if (!plugins->loader) {
        free(plugins);
        return NULL;
    }
    return plugins;
}

static struct plugin *plugin_at(struct nx_list *link) {
    return nx_container_of(link, struct plugin, link);
}

static void destroy_all(struct plugins *plugins) {
    while (!nx_list_empty(&plugins->list)) {
        plugin_destroy(plugin_at(plugins->list.prev));
    }
    plugins->count = 0;
    plugins->provider = NULL;
}

void plugins_destroy(struct plugins *plugins) {
    if (!plugins) {
        return;
    }
    destroy_all(plugins);
    registry_destroy(plugins->bare);
    loader_destroy(plugins->loader);
    free(plugins);
}

// --- getting ready --------------------------------------------------------

static struct plugin *add(struct plugins *plugins, const char *name,
        const char *path, const struct nx_plugin_entry *entry) {
    struct plugin *plugin = plugin_create(plugins->core, name, path, entry);
    if (plugin) {
        nx_list_append(&plugins->list, &plugin->link);
        plugins->count++;
    }
    return plugin;
}

// Two plugins of one id would write into each other's stored facts.
static bool check_id(const struct plugins *plugins, const struct plugin *plugin,
        struct lifecycle_error *error) {
    nx_list_for_each (link, &plugins->list) {
        const struct plugin *other = plugin_at(link);
        if (other == plugin) {
            break;
        }
        if (strcmp(other->entry->info->id, plugin->entry->info->id) == 0) {
            lifecycle_error_set(error,
                    "it has the id \"%s\", as has plugin %s; load only one of "
                    "them",
                    plugin->entry->info->id, other->name);
            return false;
        }
    }
    return true;
}

// Everything up to configure(CHECK): nothing can be heard of it yet.
static bool prepare(struct plugins *plugins, struct plugin *plugin,
        struct lifecycle_error *error) {
    return lifecycle_check(plugin, error) && check_id(plugins, plugin, error)
            && lifecycle_create(plugin, error)
            && lifecycle_configure(plugin, NX_CONFIGURE_CHECK, error);
}

// One line of the list, from its file to a checked configuration.
static bool load(struct plugins *plugins, const struct plugin_entry *entry,
        struct lifecycle_error *error) {
    const struct image *image = loader_open(plugins->loader, entry);
    lifecycle_error_blame(error, entry->name, loader_path(plugins->loader));
    if (!image) {
        lifecycle_error_set(error, "%s", loader_reason(plugins->loader));
        return false;
    }
    struct plugin *plugin =
            add(plugins, entry->name, image->path, image->entry);
    if (!plugin) {
        lifecycle_error_set(error, "out of memory");
        return false;
    }
    plugin_from(plugin, image, entry);
    return prepare(plugins, plugin, error);
}

// --- starting -------------------------------------------------------------

static bool stage(struct plugins *plugins, struct lifecycle_error *error) {
    struct core *core = plugins->core;
    assert(!core->staged);
    core->staged = registry_create();
    if (!plugins->bare) {
        plugins->bare = registry_create();
        if (plugins->bare && kernel_register(plugins->bare, core) != NX_OK) {
            registry_destroy(plugins->bare);
            plugins->bare = NULL;
        }
    }
    if (!core->staged || !plugins->bare
            || kernel_register(core->staged, core) != NX_OK) {
        lifecycle_error_set(error, "out of memory");
        return false;
    }
    return true;
}

bool plugins_use_provider(
        struct plugins *plugins, struct lifecycle_error *error) {
    struct core *core = plugins->core;
    const struct registry_service *service = registry_find_service(
            core->staged, NX_SERVICE_ENGINE, NX_SERVICE_ENGINE_VERSION);
    if (!service) {
        return true;
    }
    struct plugin *owner = service->owner;
    lifecycle_error_blame(error, owner->name, owner->path);
    // It may submit jobs from here on.
    owner->phase = PHASE_RUNNING;
    plugin_enter(owner, "engine open");
    nx_status status = engine_use(core->engine, service->table);
    plugin_leave(owner);
    if (status != NX_OK) {
        lifecycle_error_set(error, "as the engine it cannot be opened: %s",
                nx_err_text(status));
        return false;
    }
    plugins->provider = owner;
    owner->about.traits |= WHERE_ENGINE;
    return true;
}

static void commit(struct plugins *plugins) {
    struct core *core = plugins->core;
    registry_destroy(core->registry);
    core->registry = core->staged;
    core->staged = NULL;
    nx_list_for_each (link, &plugins->list) {
        lifecycle_run(plugin_at(link));
    }
}

static void undo(struct plugins *plugins) {
    registry_destroy(plugins->core->staged);
    plugins->core->staged = NULL;
    destroy_all(plugins);
}

// All plugins of the list are prepared.
static bool start_all(struct plugins *plugins, struct lifecycle_error *error) {
    if (!stage(plugins, error)) {
        return false;
    }
    nx_list_for_each (link, &plugins->list) {
        struct plugin *plugin = plugin_at(link);
        lifecycle_error_blame(error, plugin->name, plugin->path);
        if (!lifecycle_configure(plugin, NX_CONFIGURE_APPLY, error)
                || !lifecycle_start(plugin, NULL, error)) {
            return false;
        }
    }
    return plugins_use_provider(plugins, error);
}

static bool finish_start(
        struct plugins *plugins, bool good, struct lifecycle_error *error) {
    lifecycle_error_log(error);
    lifecycle_error_finish(error);
    if (good) {
        commit(plugins);
        quarantine_settle(plugins->core->quarantine, plugins->core);
    } else {
        undo(plugins);
    }
    return good;
}

static bool load_all(struct plugins *plugins, struct lifecycle_error *error) {
    const struct settings *settings = plugins->core->settings;
    for (size_t i = 0; i < settings_plugin_count(settings); i++) {
        const struct plugin_entry *entry = settings_plugin(settings, i);
        if (!quarantine_keeps_out(plugins->core->quarantine, plugins->core,
                    settings, entry, NULL)
                && !load(plugins, entry, error)) {
            return false;
        }
    }
    return true;
}

bool plugins_start(struct plugins *plugins, const char *plugin_dir,
        const char *image_dir) {
    struct lifecycle_error error;
    lifecycle_error_init(&error);
    assert(nx_list_empty(&plugins->list));
    bool good = loader_set_dirs(plugins->loader, plugin_dir, image_dir);
    if (good) {
        loader_sweep(plugins->loader);
        quarantine_judge(plugins->core->quarantine, plugins->core);
        good = load_all(plugins, &error) && start_all(plugins, &error);
    } else {
        lifecycle_error_set(&error, "%s", loader_reason(plugins->loader));
    }
    return finish_start(plugins, good, &error);
}

bool plugins_add_static(struct plugins *plugins, const char *name,
        const struct nx_plugin_entry *entry) {
    return add(plugins, name, "", entry) != NULL;
}

static bool prepare_all(
        struct plugins *plugins, struct lifecycle_error *error) {
    nx_list_for_each (link, &plugins->list) {
        lifecycle_error_blame(error, plugin_at(link)->name, "");
        if (!prepare(plugins, plugin_at(link), error)) {
            return false;
        }
    }
    return true;
}

bool plugins_start_static(struct plugins *plugins) {
    struct lifecycle_error error;
    lifecycle_error_init(&error);
    bool good = prepare_all(plugins, &error) && start_all(plugins, &error);
    return finish_start(plugins, good, &error);
}

bool plugins_check(struct plugins *plugins, const char *plugin_dir,
        const char *image_dir, struct settings_errors *errors) {
    const struct core *core = plugins->core;
    const struct settings *settings = core->settings;
    size_t before = errors->count;
    assert(nx_list_empty(&plugins->list));
    if (!loader_set_dirs(plugins->loader, plugin_dir, image_dir)) {
        settings_errors_add(errors, "%s", loader_reason(plugins->loader));
        return false;
    }
    for (size_t i = 0; i < settings_plugin_count(settings); i++) {
        const struct plugin_entry *entry = settings_plugin(settings, i);
        struct lifecycle_error error;
        if (quarantine_keeps_out(
                    core->quarantine, core, settings, entry, NULL)) {
            settings_errors_warn(errors,
                    "%s: plugin %s is in quarantine, as it crashes the "
                    "server, and was not looked at",
                    entry->origin, entry->name);
            continue;
        }
        lifecycle_error_init(&error);
        (void)load(plugins, entry, &error);
        lifecycle_error_collect(&error, entry->origin, errors);
        lifecycle_error_finish(&error);
    }
    destroy_all(plugins);
    loader_remove_copies(plugins->loader);
    return errors->count == before;
}

// --- stopping -------------------------------------------------------------

// Storage comes to rest last, wherever it stands in the list: the others may
// still wait for it.
static void quiesce_all(struct plugins *plugins, int64_t deadline_ms) {
    struct quiesce quiesce;
    quiesce_init(&quiesce, plugins->core, NX_QUIESCE_SHUTDOWN, deadline_ms);
    for (struct nx_list *link = plugins->list.prev; link != &plugins->list;
            link = link->prev) {
        if (plugin_at(link) != plugins->provider) {
            quiesce_plugin(&quiesce, plugin_at(link));
        }
    }
    quiesce_engine(&quiesce);
    if (plugins->provider) {
        quiesce_plugin(&quiesce, plugins->provider);
    }
}

static void remove_registrations(struct plugins *plugins) {
    registry_destroy(plugins->core->registry);
    plugins->core->registry = plugins->bare;
    plugins->bare = NULL;
}

void plugins_stop(struct plugins *plugins, int64_t deadline_ms) {
    struct core *core = plugins->core;
    if (!plugins->bare) {
        destroy_all(plugins); // never started
        return;
    }
    quiesce_all(plugins, deadline_ms);
    // Answers what is still pending, while those who asked are there.
    (void)engine_use(core->engine, NULL);
    nx_list_for_each (link, &plugins->list) {
        quiesce_cancel(core, plugin_at(link));
    }
    remove_registrations(plugins);
    destroy_all(plugins);
    (void)engine_use(core->engine, memory_provider(core->memory));
}

size_t plugins_count(const struct plugins *plugins) {
    return plugins->count;
}

struct plugin *plugins_get(const struct plugins *plugins, size_t i) {
    struct nx_list *link = plugins->list.next;
    while (i-- > 0) {
        link = link->next;
    }
    return plugin_at(link);
}

const char *plugins_name(const struct plugins *plugins, size_t i) {
    return plugins_get(plugins, i)->name;
}

const char *plugins_version(const struct plugins *plugins, size_t i) {
    return plugins_get(plugins, i)->entry->info->version;
}

size_t plugins_image_count(const struct plugins *plugins) {
    return loader_image_count(plugins->loader);
}
