/*
 * meta - the few numbers about the database as a whole.
 *
 * Read once, changed in memory by whoever counts, and written by the
 * transaction that changed what they count, so they are always right.
 *
 * Owner:   struct batch
 * Thread:  that of the db
 * Errors:  false; the db says why
 */
#ifndef PLUGINS_STORE_META_H
#define PLUGINS_STORE_META_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/store/db.h"

// X(name): a number of the table meta.
#define META_NUMBERS(X) \
    X(epoch)    /* of logs that are new; never 0 */ \
    X(revision) /* the newest given to a fact */ \
    X(rooms)    /* rows of room, and so on */ \
    X(facts) \
    X(dedupe_keys) \
    X(opened) /* when the database was last found to work, UTC ms */

struct meta {
#define META_MEMBER_(name) int64_t name;
    META_NUMBERS(META_MEMBER_)
#undef META_MEMBER_
};

struct meta_state {
    struct meta now;
    struct meta written;
};

bool meta_load(struct meta_state *meta, struct db *db);

// Writes the numbers that differ from what is in the file.
bool meta_write(struct meta_state *meta, struct db *db);

#endif
