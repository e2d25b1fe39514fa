/*
 * store - one instance of the plugin: the engine's provider on SQLite.
 *
 * The calls of the server are checked and queued (provider.c); the writer
 * executes them; answers come back to the logic thread in one post for each
 * batch. The database is opened by start(), so that what is wrong with it
 * stops the server before it listens.
 *
 * Owner:   plugin.c creates and destroys it
 * Thread:  logic
 */
#ifndef PLUGINS_STORE_STORE_H
#define PLUGINS_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/sdk.h>

#include "plugins/store/meters.h"
#include "plugins/store/queue.h"
#include "plugins/store/vault.h"
#include "plugins/store/writer.h"

struct store_settings {
    char *folder; // owned
    size_t queue_count;
    size_t queue_bytes;
    uint64_t check_bytes;
    struct writer_limits writer;
    struct batch_limits batch;
    struct db_options db;
};

struct store {
    const struct nx_host *host;
    struct nx_sdk sdk;
    struct store_settings settings;
    struct nx_engine_provider_v1 table;
    struct nx_provider_sink sink;
    struct meters meters;
    struct queue queue;
    struct vault vault;
    struct writer writer;
    bool prepared; // vault and writer exist
    bool opened;   // the server takes results
    bool resting;  // quiesced: requests are refused with ENGINE_BUSY
    struct nx_plugin plugin;
};

// Opens the database; a line in the log says what is wrong with it.
bool store_prepare(struct store *store);

// The writer begins to work. After a failure to open, it keeps trying.
bool store_run(struct store *store);

// Whether everything asked was answered; then the database is closed, and
// the folder free for another instance.
bool store_rest(struct store *store);

// Undoes store_rest.
void store_resume(struct store *store);

// Asks the writer to delete what is past its time.
void store_sweep(struct store *store);

// Frees everything, without an answer to what still waits.
void store_finish(struct store *store);

// Fills in the table (provider.c).
void provider_init(struct store *store);

#endif
