#include <string.h>

#include <nexus/engine.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"
#include "kernel/core/writer.h"

#define PHASES (PHASE_RUNNING | PHASE_QUIESCED)

// Fills in who publishes, and the rules of the room's kind, whose owner alone
// may publish.
static nx_status complete(
        struct engine_publish *publish, struct plugin *plugin) {
    if (!host_text_given(publish->room)) {
        return NX_ERR_INVALID;
    }
    const struct registry_kind *kind =
            registry_find_kind(plugin->core->registry, publish->room);
    if (!kind) {
        return NX_ERR_INVALID;
    }
    if (kind->owner != plugin) {
        return NX_ERR_FORBIDDEN;
    }
    publish->owner = plugin;
    publish->keep_count = kind->kind.keep_count;
    publish->keep_age_ms = kind->kind.keep_age_ms;
    return NX_OK;
}

static nx_status publish_checked(struct plugin *plugin,
        struct engine_publish *publish, struct nx_writer *event) {
    nx_status status = complete(publish, plugin);
    if (status == NX_OK) {
        publish->payload = writer_text(event);
        status = event ? writer_status(event) : NX_ERR_NO_MEMORY;
    }
    if (status == NX_OK) {
        status = engine_publish(plugin->core->engine, publish);
    }
    return status;
}

static nx_status publish(const struct nx_host *host, struct nx_str room_name,
        struct nx_writer *event, const struct nx_publish_opts *given,
        nx_published_fn done, void *user) {
    nx_status status;
    struct plugin *plugin = host_enter(host, PHASES, "engine.publish", &status);
    if (!plugin) {
        writer_discard(event);
        return status;
    }
    struct nx_publish_opts opts = {.struct_size = sizeof(opts)};
    struct engine_publish request = {
            .room = room_name,
            .opts = &opts,
            .done = done,
            .user = user,
    };
    status = given ? host_copy_in(&opts, sizeof(opts), given) : NX_OK;
    opts.struct_size = sizeof(opts);
    if (status == NX_OK) {
        status = publish_checked(plugin, &request, event);
    }
    writer_discard(event);
    return status;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are the ABI's
static nx_status history(const struct nx_host *host, struct nx_str room_name,
        uint32_t direction, uint64_t offset, uint32_t limit, nx_history_fn done,
        void *user) {
    nx_status status;
    struct plugin *plugin = host_enter(host, PHASES, "engine.history", &status);
    if (!plugin) {
        return status;
    }
    const struct engine_history request = {
            .owner = plugin,
            .room = room_name,
            .direction = direction,
            .limit = limit,
            .offset = offset,
            .done = done,
            .user = user,
    };
    return engine_history(plugin->core->engine, &request);
}

// ---- facts, in the plugin's own space ----

static struct engine *asking(const struct nx_host *host, const char *call,
        struct engine_asker *asker, nx_status *status) {
    struct plugin *plugin = host_enter(host, PHASES, call, status);
    if (!plugin) {
        return NULL;
    }
    const char *id = host_plugin_id(plugin);
    asker->owner = plugin;
    asker->space.ptr = id;
    asker->space.len = strlen(id);
    return plugin->core->engine;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are the ABI's
static nx_status put(const struct nx_host *host, struct nx_str key,
        struct nx_bytes value, uint64_t ttl_ms, uint64_t expect_revision,
        nx_fact_fn done, void *user) {
    nx_status status;
    struct engine_asker asker = {.done = done, .user = user};
    struct engine *engine = asking(host, "engine.put", &asker, &status);
    return engine
            ? engine_put(engine, &asker, key, value, ttl_ms, expect_revision)
            : status;
}

static nx_status get(const struct nx_host *host, struct nx_str key,
        nx_fact_fn done, void *user) {
    nx_status status;
    struct engine_asker asker = {.done = done, .user = user};
    struct engine *engine = asking(host, "engine.get", &asker, &status);
    if (engine) {
        status = done ? engine_get(engine, &asker, key) : NX_ERR_INVALID;
    }
    return status;
}

static nx_status remove_fact(const struct nx_host *host, struct nx_str key,
        nx_fact_fn done, void *user) {
    nx_status status;
    struct engine_asker asker = {.done = done, .user = user};
    struct engine *engine = asking(host, "engine.remove", &asker, &status);
    return engine ? engine_remove(engine, &asker, key) : status;
}

static nx_status scan(const struct nx_host *host, struct nx_str prefix,
        struct nx_str after, uint32_t limit, nx_fact_fn done, void *user) {
    nx_status status;
    struct engine_asker asker = {.done = done, .user = user};
    struct engine *engine = asking(host, "engine.scan", &asker, &status);
    return engine ? engine_scan(engine, &asker, prefix, after, limit) : status;
}

static int32_t durable(const struct nx_host *host) {
    struct plugin *plugin = host_enter(host, PHASES, "engine.durable", NULL);
    return plugin && engine_durable(plugin->core->engine) ? 1 : 0;
}

const struct nx_engine_v1 host_engine_v1 = {
        .struct_size = sizeof(host_engine_v1),
        .version = 1,
        .publish = publish,
        .history = history,
        .put = put,
        .get = get,
        .remove = remove_fact,
        .scan = scan,
        .durable = durable,
};
