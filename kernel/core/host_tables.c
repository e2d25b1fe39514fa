#include "kernel/core/host_tables.h"

#include <string.h>

#include <nexus/sdk.h>

#include "kernel/core/plugin.h"

struct host_table {
    const char *name;
    uint32_t version;
    const void *table;
};

static const struct host_table tables[] = {
        {NX_IFACE_AUTH, 1, &host_auth_v1},
        {NX_IFACE_CONFIG, 1, &host_config_v1},
        {NX_IFACE_ENGINE, 1, &host_engine_v1},
        {NX_IFACE_HTTP, 1, &host_http_v1},
        {NX_IFACE_JOBS, 1, &host_jobs_v1},
        {NX_IFACE_JSON, 1, &host_json_v1},
        {NX_IFACE_LOG, 1, &host_log_v1},
        {NX_IFACE_METRICS, 1, &host_metrics_v1},
        {NX_IFACE_ROOMS, 1, &host_rooms_v1},
        {NX_IFACE_ROUTER, 1, &host_router_v1},
        {NX_IFACE_SEND, 1, &host_send_v1},
        {NX_IFACE_SERVICE, 1, &host_service_v1},
        {NX_IFACE_TIMERS, 1, &host_timers_v1},
        {NX_IFACE_USERS, 1, &host_users_v1},
};

const void *host_interface(
        const struct nx_host *host, const char *name, uint32_t version) {
    if (!host || !name) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (tables[i].version == version && strcmp(tables[i].name, name) == 0) {
            return tables[i].table;
        }
    }
    return NULL;
}

struct plugin *host_enter(const struct nx_host *host, uint32_t phases,
        const char *call, nx_status *status) {
    struct plugin *plugin = host ? plugin_of(host) : NULL;
    nx_status may = plugin ? plugin_may(plugin, phases, call) : NX_ERR_INVALID;
    if (status) {
        *status = may;
    }
    return may == NX_OK ? plugin : NULL;
}

struct plugin *host_enter_any(const struct nx_host *host, uint32_t phases,
        const char *call, nx_status *status) {
    struct plugin *plugin = host ? plugin_of(host) : NULL;
    nx_status may =
            plugin ? plugin_may_any(plugin, phases, call) : NX_ERR_INVALID;
    if (status) {
        *status = may;
    }
    return may == NX_OK ? plugin : NULL;
}

nx_status host_refused(struct plugin *plugin, nx_status status,
        const char *what, const char *name, const struct plugin *owner) {
    const char *shown = name ? name : "(none)";
    if (status == NX_ERR_EXISTS) {
        plugin_note(plugin, "%s \"%.64s\" belongs to %s%.64s", what, shown,
                owner ? "plugin " : "the server", owner ? owner->name : "");
    } else if (status != NX_OK) {
        plugin_note(
                plugin, "%s \"%.64s\": %s", what, shown, nx_err_text(status));
    }
    return status;
}

const char *host_plugin_id(const struct plugin *plugin) {
    return plugin->entry->info->id;
}

static bool is_zero(const unsigned char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

nx_status host_copy_in(void *out, size_t size, const void *in) {
    uint32_t given = 0;
    memset(out, 0, size);
    if (!in) {
        return NX_ERR_INVALID;
    }
    memcpy(&given, in, sizeof(given));
    if (given < sizeof(given)) {
        return NX_ERR_INVALID;
    }
    size_t known = given < size ? given : size;
    if (!is_zero((const unsigned char *)in + known, given - known)) {
        return NX_ERR_UNSUPPORTED;
    }
    memcpy(out, in, known);
    return NX_OK;
}

bool host_text_given(struct nx_str text) {
    return text.ptr && text.len > 0;
}

bool host_text_sane(struct nx_str text) {
    return text.ptr || text.len == 0;
}
