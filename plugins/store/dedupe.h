/*
 * dedupe - the first result of each dedupe key, as long as it is remembered.
 *
 * Keys belong to a room. At the ceiling those that would be forgotten first
 * go before their time, counted, because a repeat of them is then taken for
 * something new.
 *
 * Owner:   struct batch
 * Thread:  that of the db
 * Errors:  false after an error of the db
 */
#ifndef PLUGINS_STORE_DEDUPE_H
#define PLUGINS_STORE_DEDUPE_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/engine.h>
#include <nexus/util/buf.h>

#include "plugins/store/db.h"
#include "plugins/store/meta.h"

struct dedupe {
    struct db *db;
    struct meta_state *meta;
    int64_t max_keys;
    int64_t next_ms;   // no key expires before, 0: not known
    int64_t added;     // keys since the last sweep
    int64_t forgotten; // at the ceiling, of all time
};

enum dedupe_state {
    DEDUPE_NEW,
    DEDUPE_KNOWN,
    DEDUPE_ERROR,
};

// Whether the key of that room was used before; then *result is the first
// result, its memo appended to *memo.
enum dedupe_state dedupe_find(struct dedupe *dedupe, int64_t room,
        struct nx_str key, int64_t now_ms, struct nx_publish_result *result,
        struct nx_buf *memo);

// Remembers a result under a key that is new.
bool dedupe_add(struct dedupe *dedupe, int64_t room, struct nx_str key,
        int64_t expires_ms, const struct nx_publish_result *result);

// Deletes keys past their time, about as many as were added and some more,
// and what is too much. Returns how many.
int64_t dedupe_sweep(struct dedupe *dedupe, int64_t now_ms);

#endif
