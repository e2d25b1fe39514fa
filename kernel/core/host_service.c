#include <nexus/service.h>

#include "kernel/core/core.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"

static nx_status offer(const struct nx_host *host, const char *name,
        uint32_t version, const void *table) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START, "service.offer", &status);
    if (!plugin) {
        return status;
    }
    struct registry *staged = plugin->core->staged;
    status = registry_add_service(staged, plugin, name, version, table);
    const struct registry_service *taken = status == NX_ERR_EXISTS
            ? registry_find_service(staged, name, version)
            : NULL;
    return host_refused(
            plugin, status, "the service", name, taken ? taken->owner : NULL);
}

static const void *find(
        const struct nx_host *host, const char *name, uint32_t version) {
    const struct plugin *plugin =
            host_enter(host, PHASE_RUNNING, "service.find", NULL);
    const struct registry_service *service = plugin && name
            ? registry_find_service(plugin->core->registry, name, version)
            : NULL;
    return service ? service->table : NULL;
}

const struct nx_service_v1 host_service_v1 = {
        .struct_size = sizeof(host_service_v1),
        .version = 1,
        .offer = offer,
        .find = find,
};
