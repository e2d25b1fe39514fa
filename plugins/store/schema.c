#include "plugins/store/schema.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

// Migration i leads from version i to i + 1; the first makes the tables. What
// an entry says is never changed once a release has it.
//
// Records of a room are neighbours, so that a page of history is a few pages
// of the file. Keys of facts and of deduplication are bytes; the order of
// BLOBs is that of memcmp.
static const char *const migrations[SCHEMA_VERSION] = {
        "CREATE TABLE meta ("
        " key TEXT NOT NULL PRIMARY KEY,"
        " value INTEGER NOT NULL) WITHOUT ROWID, STRICT;"
        "CREATE TABLE room ("
        " id INTEGER PRIMARY KEY,"
        " name TEXT NOT NULL UNIQUE,"
        " epoch INTEGER NOT NULL,"
        " last INTEGER NOT NULL,"       // newest seq ever given
        " keep_count INTEGER NOT NULL," // of the latest append
        " keep_age INTEGER NOT NULL) STRICT;"
        "CREATE TABLE record ("
        " room INTEGER NOT NULL,"
        " seq INTEGER NOT NULL,"
        " time INTEGER NOT NULL,"
        " payload TEXT NOT NULL,"
        " PRIMARY KEY (room, seq)) WITHOUT ROWID, STRICT;"
        "CREATE TABLE dedupe ("
        " room INTEGER NOT NULL,"
        " key BLOB NOT NULL,"
        " expires INTEGER NOT NULL,"
        " epoch INTEGER NOT NULL,"
        " seq INTEGER NOT NULL,"
        " time INTEGER NOT NULL,"
        " memo BLOB NOT NULL,"
        " PRIMARY KEY (room, key)) WITHOUT ROWID, STRICT;"
        "CREATE INDEX dedupe_expires ON dedupe (expires);"
        "CREATE TABLE fact ("
        " space TEXT NOT NULL,"
        " key BLOB NOT NULL,"
        " value BLOB NOT NULL,"
        " revision INTEGER NOT NULL,"
        " expires INTEGER,"
        " PRIMARY KEY (space, key)) WITHOUT ROWID, STRICT;"
        "CREATE INDEX fact_expires ON fact (expires)"
        " WHERE expires IS NOT NULL;"};

static bool is_empty(struct db *db) {
    return db_number(db, "SELECT count(*) FROM sqlite_schema") == 0;
}

static bool refuse_foreign(struct db *db) {
    return problem_set(&db->problem, PROBLEM_FOREIGN,
            "%s is a database of another program", db->path);
}

bool schema_check(struct db *db) {
    int64_t application = db_number(db, "PRAGMA application_id");
    int64_t version = db_number(db, "PRAGMA user_version");
    if (db_failed(db)) {
        return false;
    }
    if (application == 0 && version == 0 && is_empty(db)) {
        return !db_failed(db);
    }
    if (application != SCHEMA_APPLICATION || version < 1) {
        return db_failed(db) ? false : refuse_foreign(db);
    }
    if (version > SCHEMA_VERSION) {
        return problem_set(&db->problem, PROBLEM_NEWER,
                "%s has schema version %lld, this program knows %d", db->path,
                (long long)version, SCHEMA_VERSION);
    }
    return true;
}

bool schema_check_current(struct db *db) {
    if (!schema_check(db)) {
        return false;
    }
    int64_t version = db_number(db, "PRAGMA user_version");
    if (db_failed(db)) {
        return false;
    }
    return version == SCHEMA_VERSION
            || problem_set(&db->problem, PROBLEM_FOREIGN,
                    "%s has schema version %lld; start the server once to "
                    "bring it to %d",
                    db->path, (long long)version, SCHEMA_VERSION);
}

static bool migrate(struct db *db, int64_t version) {
    for (int64_t i = version; i < SCHEMA_VERSION; i++) {
        if (!db_exec(db, migrations[i])) {
            return false;
        }
    }
    return db_exec(db,
            "PRAGMA application_id = " TEXT(
                    SCHEMA_APPLICATION) ";"
                                        "PRAGMA user_version = " TEXT(
                                                SCHEMA_VERSION));
}

// Every log of a new file begins in this epoch; never 0.
static bool set_epoch(struct db *db) {
    int64_t epoch = 0;
    while (epoch == 0) {
        if (getrandom(&epoch, sizeof(epoch), 0) != (ssize_t)sizeof(epoch)) {
            return problem_set_errno(
                    &db->problem, "choose an epoch for", db->path);
        }
    }
    if (db_prepare(db, SQL_META_SET)) {
        db_bind_text(db, 1, (struct nx_str){"epoch", 5});
        db_bind_i64(db, 2, epoch);
        (void)db_run(db);
    }
    return !db_failed(db);
}

bool schema_mark_copy(struct db *db) {
    return db_exec(db, "INSERT OR REPLACE INTO meta VALUES ('copy', 1)");
}

bool schema_renew_copy(struct db *db) {
    bool copy =
            db_number(db, "SELECT count(*) FROM meta WHERE key = 'copy'") > 0;
    if (!copy) {
        return !db_failed(db);
    }
    bool good = db_exec(db, "BEGIN IMMEDIATE") && set_epoch(db)
            && db_exec(db,
                    "UPDATE room SET epoch ="
                    " (SELECT value FROM meta WHERE key = 'epoch');"
                    "UPDATE dedupe SET epoch ="
                    " (SELECT value FROM meta WHERE key = 'epoch')"
                    " WHERE epoch <> 0;"
                    "DELETE FROM meta WHERE key = 'copy'; COMMIT");
    if (!good) {
        db_rollback(db);
    }
    return good;
}

bool schema_prepare(struct db *db) {
    int64_t version = db_number(db, "PRAGMA user_version");
    if (db_failed(db) || version == SCHEMA_VERSION) {
        return !db_failed(db);
    }
    bool good = db_exec(db, "BEGIN IMMEDIATE") && migrate(db, version)
            && (version > 0 || set_epoch(db)) && db_exec(db, "COMMIT");
    if (!good) {
        db_rollback(db);
    }
    return good;
}

bool schema_examine(struct db *db) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
            db->handle, "PRAGMA quick_check(1)", -1, &statement, NULL);
    bool good = code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    const char *found = good ? (const char *)sqlite3_column_text(statement, 0)
                             : sqlite3_errmsg(db->handle);
    good = good && found && strcmp(found, "ok") == 0;
    if (!good) {
        (void)problem_set(&db->problem, PROBLEM_CORRUPT, "%s is damaged: %s",
                db->path, found ? found : "out of memory");
    }
    (void)sqlite3_finalize(statement);
    return good;
}
