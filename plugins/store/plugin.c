// store - durable logs and facts on SQLite: entry, settings, life.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/sdk.h>

#include "plugins/store/place.h"
#include "plugins/store/store.h"

#define SWEEP_EVERY_MS 10000

static const struct nx_setting settings[] = {
        {"folder", NX_SETTING_STRING, 0, "", NULL,
                "folder of the database, on a local disk; empty means store "
                "in data_dir"},
        {"queue_requests", NX_SETTING_INT, 0, "16384", "1..65536",
                "requests waiting for the disk, one more is refused with the "
                "error engine_busy"},
        {"queue_bytes", NX_SETTING_INT, 0, "67108864", "1048576..17179869184",
                "memory of those requests, beyond it they are refused in the "
                "same way"},
        {"batch_requests", NX_SETTING_INT, 0, "2048", "1..16384",
                "requests in one transaction at most"},
        {"batch_bytes", NX_SETTING_INT, 0, "8388608", "65536..268435456",
                "memory of the requests in one transaction at most"},
        {"busy_timeout_ms", NX_SETTING_INT, 0, "5000", "0..60000",
                "milliseconds to wait for another program that has locked the "
                "database, then writes fail with engine_unavailable"},
        {"wal_pages", NX_SETTING_INT, 0, "4096", "64..1048576",
                "pages of 4 KiB written to the log ahead before they are "
                "moved into the database"},
        {"cache_bytes", NX_SETTING_INT, 0, "67108864", "1048576..68719476736",
                "memory for pages of the database"},
        {"max_bytes", NX_SETTING_INT, 0, "68719476736",
                "1048576..17592186044416",
                "size of the database, beyond it writes are refused like on a "
                "full disk"},
        {"check_bytes", NX_SETTING_INT, 0, "268435456", "0..17592186044416",
                "databases up to this size are examined for damage at each "
                "start, larger ones only by nexusctl store check"},
        {"rooms_cached", NX_SETTING_INT, 0, "100000", "100..10000000",
                "rooms whose log is kept open in memory, about 200 bytes each"},
        {"rooms", NX_SETTING_INT, 0, "10000000", "1..1000000000",
                "rooms with a log, one more is refused with limit_exceeded"},
        {"facts", NX_SETTING_INT, 0, "10000000", "1..1000000000",
                "facts of plugins (memberships, read marks, ...), one more is "
                "refused with limit_exceeded"},
        {"dedupe_keys", NX_SETTING_INT, 0, "10000000", "1000..1000000000",
                "client_ids remembered so that a repeated message is not "
                "stored twice, beyond it the oldest are forgotten early"},
        {NULL, 0, 0, NULL, NULL, NULL},
};

static char *choose_folder(
        const struct nx_config_v1 *config, const struct nx_config *cfg) {
    struct nx_str path = config->get_str(cfg, "folder");
    if (path.len > 0) {
        return strndup(path.ptr, path.len);
    }
    struct nx_str data_dir = config->data_dir(cfg);
    char *folder = NULL;
    int len = asprintf(&folder, "%.*s/store", (int)data_dir.len, data_dir.ptr);
    return len < 0 ? NULL : folder;
}

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    (void)diag;
    struct store *store = plugin->self;
    const struct nx_config_v1 *config = store->sdk.config;
    struct store_settings *to = &store->settings;
    if (mode != NX_CONFIGURE_APPLY) {
        return NX_OK;
    }
    free(to->folder);
    to->folder = choose_folder(config, cfg);
    to->queue_count = (size_t)config->get_int(cfg, "queue_requests");
    to->queue_bytes = (size_t)config->get_int(cfg, "queue_bytes");
    to->check_bytes = (uint64_t)config->get_int(cfg, "check_bytes");
    to->writer.batch_count = (size_t)config->get_int(cfg, "batch_requests");
    to->writer.batch_bytes = (size_t)config->get_int(cfg, "batch_bytes");
    to->writer.wal_pages = (int)config->get_int(cfg, "wal_pages");
    to->db.busy_timeout_ms = (int)config->get_int(cfg, "busy_timeout_ms");
    to->db.cache_bytes = (uint64_t)config->get_int(cfg, "cache_bytes");
    to->db.max_bytes = (uint64_t)config->get_int(cfg, "max_bytes");
    to->batch.rooms_cached = (size_t)config->get_int(cfg, "rooms_cached");
    to->batch.rooms = config->get_int(cfg, "rooms");
    to->batch.facts = config->get_int(cfg, "facts");
    to->batch.dedupe_keys = config->get_int(cfg, "dedupe_keys");
    return to->folder ? NX_OK : NX_ERR_NO_MEMORY;
}

static void sweep(void *user, nx_timer_id timer) {
    (void)timer;
    store_sweep(user);
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct store *store = plugin->self;
    (void)prev; // Everything is in the file.
    nx_status status = meters_define(&store->meters, &store->sdk);
    if (status == NX_OK) {
        status = store->sdk.timers->set(store->host, SWEEP_EVERY_MS,
                SWEEP_EVERY_MS, sweep, store, NULL);
    }
    if (status == NX_OK && !store_prepare(store)) {
        status = NX_ERR_ENGINE_UNAVAILABLE;
    }
    return status == NX_OK ? store->sdk.service->offer(store->host,
                   NX_SERVICE_ENGINE, NX_SERVICE_ENGINE_VERSION, &store->table)
                           : status;
}

static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    (void)reason;
    return store_rest(plugin->self) ? NX_OK : NX_ERR_AGAIN;
}

static void resume(struct nx_plugin *plugin) {
    store_resume(plugin->self);
}

static void destroy(struct nx_plugin *plugin) {
    struct store *store = plugin->self;
    store_finish(store);
    free(store);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct store *store = calloc(1, sizeof(*store));
    if (!store) {
        return NX_ERR_NO_MEMORY;
    }
    store->host = host;
    nx_sdk_load(&store->sdk, host);
    queue_init(&store->queue);
    provider_init(store);
    store->plugin = (struct nx_plugin){
            .struct_size = sizeof(store->plugin),
            .self = store,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .resume = resume,
            .destroy = destroy,
    };
    *out = &store->plugin;
    return NX_OK;
}

NX_PLUGIN("store", "1.0.0", "MIT", "Durable logs and facts on SQLite.", 0, 0,
        (""),
        ("nexus.config/1", "nexus.jobs/1", "nexus.log/1", "nexus.metrics/1",
                "nexus.service/1", "nexus.timers/1"),
        settings, create);
