/*
 * facts - small facts in spaces, in order of their keys' bytes.
 *
 * A fact past its ttl is not there for anybody; its row goes with a sweep or
 * the next put.
 *
 * Owner:   struct batch
 * Thread:  that of the db
 * Errors:  nx_status as in nexus/engine.h; after an error of the db the
 *          status means nothing
 */
#ifndef PLUGINS_STORE_FACTS_H
#define PLUGINS_STORE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/engine.h>

#include "plugins/store/db.h"
#include "plugins/store/meta.h"
#include "plugins/store/rows.h"

struct facts {
    struct db *db;
    struct meta_state *meta;
    int64_t max_facts;
    int64_t next_ms; // no fact expires before, 0: not known
};

struct fact_put {
    struct nx_str space;
    struct nx_str key;
    struct nx_str value;
    uint64_t ttl_ms; // 0: for ever
    uint64_t expect_revision;
    int64_t now_ms;
};

// *revision becomes the new one, larger than any before in any space; on
// CONFLICT the current one, 0 without such a key. LIMIT: there are too many.
nx_status facts_put(
        struct facts *facts, const struct fact_put *put, uint64_t *revision);

// Copies the fact into rows, which are empty.
nx_status facts_get(struct facts *facts, struct nx_str space, struct nx_str key,
        int64_t now_ms, struct rows *rows);

nx_status facts_remove(struct facts *facts, struct nx_str space,
        struct nx_str key, int64_t now_ms);

struct fact_range {
    struct nx_str space;
    struct nx_str prefix;
    struct nx_str after;
    int64_t now_ms;
    uint32_t limit;
};

// TOO_LARGE: together they are more than ROWS_BYTES_MAX; ask for fewer.
nx_status facts_scan(
        struct facts *facts, const struct fact_range *range, struct rows *rows);

// Deletes up to `most` facts past their ttl, a few more if they end in the
// same millisecond. Returns how many.
int64_t facts_sweep(struct facts *facts, int64_t now_ms, int64_t most);

#endif
