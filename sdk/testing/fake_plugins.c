#include <stdlib.h>
#include <string.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/jobs.h"
#include "kernel/core/plugins.h"

void fake_host_add(struct fake_host *host, const struct nx_plugin_entry *entry,
        const char *name) {
    struct fake_plugin *plugin = fake_alloc(sizeof(*plugin));
    plugin->name = fake_copy(name, strlen(name));
    plugin->entry = entry;
    nx_list_init(&plugin->link);
    nx_list_append(&host->plugins, &plugin->link);
}

static bool add_all(struct fake_host *host) {
    struct plugins *plugins = host->core->plugins;
    const struct nx_plugin_entry *listener = fake_listener_entry(host);
    nx_list_for_each (link, &host->plugins) {
        const struct fake_plugin *plugin =
                nx_container_of(link, struct fake_plugin, link);
        if (!plugins_add_static(plugins, plugin->name, plugin->entry)) {
            fake_host_complain(host, "plugin %s was refused", plugin->name);
            return false;
        }
    }
    return !listener || plugins_add_static(plugins, "fake-listener", listener);
}

bool fake_plugins_start(struct fake_host *host) {
    if (!add_all(host)) {
        return false;
    }
    if (!plugins_start_static(host->core->plugins)) {
        fake_host_complain(host, "a plugin did not start; the log says why");
        return false;
    }
    return true;
}

void fake_plugins_finish(struct fake_host *host) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&host->plugins)) != NULL) {
        struct fake_plugin *plugin =
                nx_container_of(link, struct fake_plugin, link);
        free(plugin->name);
        free(plugin);
    }
}

size_t fake_plugins_pending(const struct fake_host *host) {
    const struct core *core = host->core;
    size_t pending = 0;
    for (size_t i = 0; i < plugins_count(core->plugins); i++) {
        pending += jobs_pending(core->jobs, plugins_get(core->plugins, i));
    }
    return pending;
}
