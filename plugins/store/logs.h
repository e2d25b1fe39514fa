/*
 * logs - the logs of rooms: appended, trimmed, read.
 *
 * Where each log begins and ends is kept in memory for the rooms in use; the
 * rows of room are written once for each transaction. What a log no longer
 * keeps is out of sight at once, and its rows are deleted a few at a time by
 * the appends that follow, or by a sweep.
 *
 * Owner:   struct batch
 * Thread:  that of the db
 * Errors:  false or NULL after an error of the db, LIMIT as a status; after a
 *          rollback logs_forget() comes next
 */
#ifndef PLUGINS_STORE_LOGS_H
#define PLUGINS_STORE_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/util/list.h>

#include "plugins/store/db.h"
#include "plugins/store/meta.h"

struct logs;
struct rows;

struct log {
    struct nx_list lru;   // struct logs::lru
    struct nx_list dirty; // struct logs::dirty
    int64_t room;         // row of the table room
    uint64_t epoch;
    int64_t last;      // newest offset ever given
    int64_t first;     // oldest offset in sight, 0: none
    int64_t first_row; // oldest offset still stored, 0: none
    int64_t first_ms;  // when the record at `first` was appended
    int64_t keep_count;
    int64_t keep_age_ms;
    size_t name_len;
    char name[];
};

// meta and db are borrowed. max_cached bounds memory, max_rooms the rows.
struct logs *logs_create(struct db *db, struct meta_state *meta,
        size_t max_cached, int64_t max_rooms);

// Accepts NULL.
void logs_destroy(struct logs *logs);

// The room's log, or NULL when it has none. Borrowed until logs_commit.
struct log *logs_find(struct logs *logs, struct nx_str room);

// The same, made if need be; NULL also when there are max_rooms already.
struct log *logs_make(struct logs *logs, struct nx_str room);

// Puts what is too old by now out of sight.
bool logs_expire(struct logs *logs, struct log *log, int64_t now_ms);

struct log_append {
    struct nx_str payload;
    int64_t now_ms;
    int64_t keep_count; // at least 1
    int64_t keep_age_ms;
};

// Adds a record at last + 1 and drops what is not kept any more.
bool logs_append(
        struct logs *logs, struct log *log, const struct log_append *append);

// Copies up to limit records into rows, from the one after `offset`, or
// newest first from the one before it (0: from the end).
bool logs_after(struct logs *logs, const struct log *log, uint64_t offset,
        uint32_t limit, struct rows *rows);
bool logs_before(struct logs *logs, const struct log *log, uint64_t offset,
        uint32_t limit, struct rows *rows);

// Deletes what is out of sight in some of the rooms that keep by age, those
// behind the last time. Returns how many rooms it looked at.
size_t logs_sweep(struct logs *logs, int64_t now_ms, int64_t most);

// Writes the rows of rooms that changed, before COMMIT. Logs that are too
// many for memory are forgotten.
bool logs_write(struct logs *logs);

// Forgets everything that is in memory.
void logs_forget(struct logs *logs);

#endif
