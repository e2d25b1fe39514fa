/*
 * db - one connection to the database, and what went wrong on it.
 *
 * Runs prepared statements of a fixed list (sql.h). The first error since
 * db_forgive() is kept; after one, whoever runs statements gives up and rolls
 * back, so single calls need no handling of their own.
 *
 * Owner:   whoever embeds it; the same thread at a time uses it
 * Thread:  that of the owner
 * Errors:  false, and `problem` says why
 */
#ifndef PLUGINS_STORE_DB_H
#define PLUGINS_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "plugins/store/problem.h"
#include "plugins/store/sql.h"

struct db_options {
    uint64_t cache_bytes; // page cache
    uint64_t max_bytes;   // of the file
    int busy_timeout_ms;
    // Asked while waiting for SQLite's lock: true gives up. May be NULL.
    bool (*is_hurried)(void *ctx);
    void *ctx;
};

struct db {
    sqlite3 *handle;                // NULL: not open
    sqlite3_stmt *statements[SQLS]; // prepared on first use
    sqlite3_stmt *current;          // prepared last
    struct db_options options;
    char *path;
    int waited_ms; // for SQLite's lock, in the present attempt
    int wal_pages; // in the log ahead, as of the last commit
    struct problem problem;
};

void db_init(struct db *db, const struct db_options *options);

// Opens a file for reading and writing, makes it when missing, and sets it to
// survive power loss. Nothing is read from it yet. *db must not be open.
bool db_open(struct db *db, const char *path);

// Opens an existing file for reading.
bool db_open_reader(struct db *db, const char *path);

// Moves what the log ahead holds into the file, unless `abandon`: then the
// handle saw an error, and nothing more is written through it. A closed db is
// accepted; problem stays readable.
void db_close(struct db *db, bool abandon);

static inline bool db_is_open(const struct db *db) {
    return db->handle != NULL;
}

// Whether an error has happened; forgets it.
bool db_failed(const struct db *db);
void db_forgive(struct db *db);

// The statement, reset and ready for db_bind_*; NULL after an error.
sqlite3_stmt *db_prepare(struct db *db, enum sql sql);

void db_bind_i64(struct db *db, int at, int64_t value);
void db_bind_text(struct db *db, int at, struct nx_str text);
void db_bind_blob(struct db *db, int at, struct nx_str bytes);
void db_bind_null(struct db *db, int at);

// Steps to the next row of the statement prepared last. False at the end,
// which resets it, and on an error.
bool db_row(struct db *db);

// Ends a statement of which more rows could come.
void db_reset(struct db *db);

// Runs a statement that gives no row.
bool db_run(struct db *db);

// Text or bytes of the current row, borrowed until the next step.
struct nx_str db_column(struct db *db, int at);
int64_t db_column_i64(struct db *db, int at);

// Rows changed by the last db_run.
int64_t db_changes(const struct db *db);

// Runs SQL that is not in the list.
bool db_exec(struct db *db, const char *sql);

// The single number that SQL gives, 0 after an error.
int64_t db_number(struct db *db, const char *sql);

// Copies the log ahead into the file. `empty` also empties the log and waits
// for readers; without it, what readers still need stays.
bool db_checkpoint(struct db *db, bool empty);

// Undoes an open transaction, whatever its state.
void db_rollback(struct db *db);

#endif
