/*
 * batch - executes requests, all that wait in one transaction.
 *
 * The group commit: nothing of a batch is answered before its commit, and
 * when any statement or the commit fails, nothing of it happened. Holds what
 * is kept in memory about the database.
 *
 * Owner:   struct writer
 * Thread:  the writer
 * Errors:  false: rolled back, the requests have no answer, db->problem says
 *          why
 */
#ifndef PLUGINS_STORE_BATCH_H
#define PLUGINS_STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/util/list.h>

#include "plugins/store/db.h"
#include "plugins/store/dedupe.h"
#include "plugins/store/facts.h"
#include "plugins/store/logs.h"
#include "plugins/store/meta.h"

struct batch_limits {
    size_t rooms_cached;
    int64_t rooms;
    int64_t facts;
    int64_t dedupe_keys;
};

struct batch {
    struct db *db;
    struct meta_state meta;
    struct logs *logs;
    struct facts facts;
    struct dedupe dedupe;
    bool wrote; // the last run had something to commit
};

// False without memory.
bool batch_init(
        struct batch *batch, struct db *db, const struct batch_limits *limits);
void batch_finish(struct batch *batch);

// Reads what is kept in memory, after the db was opened.
bool batch_load(struct batch *batch);

// Executes the requests in order and commits. Those that did not fit, because
// the answers before them are large already, are moved to rest.
bool batch_run(
        struct batch *batch, struct nx_list *requests, struct nx_list *rest);

// Commits a change that nobody sees: the database can be written.
bool batch_probe(struct batch *batch, int64_t now_ms);

#endif
