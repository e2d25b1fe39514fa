#include "plugins/store/db.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugins/store/place.h"

#define PAGE_BYTES    4096u // SQLite's default, not changed
#define BUSY_PAUSE_MS 5
// The log ahead is cut to this once it was emptied.
#define WAL_KEPT "67108864"

static const char *const texts[SQLS] = {
#define SQL_TEXT_(name, text) [SQL_##name] = (text),
        SQL_STATEMENTS(SQL_TEXT_)
#undef SQL_TEXT_
};

void db_init(struct db *db, const struct db_options *options) {
    *db = (struct db){.options = *options};
}

// --- errors ---------------------------------------------------------------

static enum problem_kind kind_of(int code) {
    switch (code & 0xff) {
    case SQLITE_FULL:
        return PROBLEM_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return PROBLEM_BUSY;
    case SQLITE_NOMEM:
        return PROBLEM_MEMORY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return PROBLEM_READ_ONLY;
    case SQLITE_NOTADB:
        return PROBLEM_FOREIGN;
    case SQLITE_CORRUPT:
        return PROBLEM_CORRUPT;
    default:
        return PROBLEM_IO;
    }
}

// The system knows better why a file could not be read or written.
static enum problem_kind kind_of_system(enum problem_kind kind, int error) {
    return kind == PROBLEM_IO && error != 0 ? problem_kind_of(error) : kind;
}

static bool fail(struct db *db, const char *doing, int code) {
    if (db->problem.kind != PROBLEM_NONE) {
        return false;
    }
    enum problem_kind kind = kind_of(code);
    const char *text = kind == PROBLEM_FOREIGN
            ? "it is not a database, or it is damaged from the beginning"
            : sqlite3_errstr(code);
    int error = db->handle && kind != PROBLEM_BUSY
            ? sqlite3_system_errno(db->handle)
            : 0;
    char system[96] = "";
    if (error != 0) {
        char buffer[64];
        (void)snprintf(system, sizeof(system), " (%s)",
                strerror_r(error, buffer, sizeof(buffer)));
    }
    (void)problem_set(&db->problem, kind_of_system(kind, error),
            "cannot %s %s: %s%s, code %d", doing, db->path, text, system, code);
    // Whatever the system calls it, something may be half written.
    db->problem.broken |= kind == PROBLEM_IO;
    return false;
}

bool db_failed(const struct db *db) {
    return db->problem.kind != PROBLEM_NONE;
}

void db_forgive(struct db *db) {
    db->problem.kind = PROBLEM_NONE;
}

// --- life -----------------------------------------------------------------

static int wait_for_lock(void *ctx, int count) {
    struct db *db = ctx;
    const struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};
    db->waited_ms = count == 0 ? 0 : db->waited_ms + BUSY_PAUSE_MS;
    bool hurried =
            db->options.is_hurried && db->options.is_hurried(db->options.ctx);
    if (hurried || db->waited_ms >= db->options.busy_timeout_ms) {
        return 0;
    }
    (void)nanosleep(&pause, NULL);
    return 1;
}

static int note_pages(
        void *ctx, sqlite3 *handle, const char *name, int wal_pages) {
    struct db *db = ctx;
    (void)handle;
    (void)name;
    db->wal_pages = wal_pages;
    return SQLITE_OK;
}

static bool sync_folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return place_sync(".");
    }
    char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    bool good = folder && place_sync(folder);
    free(folder);
    return good;
}

// SQLite would make a new file readable for everybody, and does not write its
// entry in the folder to disk.
static bool make_file(struct db *db, const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return true; // It is there, or SQLite will say what is wrong.
    }
    bool good = fsync(fd) == 0;
    (void)close(fd);
    good = good && sync_folder_of(path);
    return good || problem_set_errno(&db->problem, "write", path);
}

static bool open_handle(struct db *db, const char *path, int flags) {
    db->path = strdup(path);
    if (!db->path) {
        return problem_set(&db->problem, PROBLEM_MEMORY, "out of memory");
    }
    db->wal_pages = 0;
    int code = sqlite3_open_v2(path, &db->handle,
            flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (code != SQLITE_OK) {
        return fail(db, "open", code);
    }
    (void)sqlite3_extended_result_codes(db->handle, 1);
    (void)sqlite3_busy_handler(db->handle, wait_for_lock, db);
    (void)sqlite3_db_config(
            db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    (void)sqlite3_db_config(
            db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    return true;
}

static bool set_pragmas(struct db *db) {
    char text[256];
    (void)snprintf(text, sizeof(text),
            "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
            "PRAGMA mmap_size = 0; PRAGMA cache_size = -%llu;"
            "PRAGMA max_page_count = %llu;",
            (unsigned long long)(db->options.cache_bytes / 1024),
            (unsigned long long)(db->options.max_bytes / PAGE_BYTES));
    return db_exec(db, text);
}

// The statement succeeds in any case; its answer says what came of it.
static bool set_wal(struct db *db) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
            db->handle, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    const char *mode = code == SQLITE_ROW
            ? (const char *)sqlite3_column_text(statement, 0)
            : NULL;
    bool good = mode && strcmp(mode, "wal") == 0;
    if (!good && code == SQLITE_ROW) {
        (void)problem_set(&db->problem, PROBLEM_IO,
                "%s cannot have a log ahead: its file system has no shared "
                "memory",
                db->path);
    } else if (!good) {
        (void)fail(db, "use", code);
    }
    (void)sqlite3_finalize(statement);
    return good;
}

// Checkpoints are the owner's: SQLite's automatic ones hide their errors.
static bool set_durable(struct db *db) {
    if (sqlite3_db_readonly(db->handle, "main") == 1) {
        return problem_set(&db->problem, PROBLEM_READ_ONLY,
                "cannot write %s: the file or its folder is read-only",
                db->path);
    }
    if (!set_wal(db)
            || !db_exec(db,
                    "PRAGMA synchronous = FULL;"
                    "PRAGMA journal_size_limit = " WAL_KEPT)) {
        return false;
    }
    (void)sqlite3_wal_hook(db->handle, note_pages, db);
    return true;
}

static bool opened(struct db *db, bool good) {
    if (!good) {
        db_close(db, true);
    }
    return good;
}

bool db_open(struct db *db, const char *path) {
    db_forgive(db);
    return opened(db,
            make_file(db, path)
                    && open_handle(db, path,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
                    && set_pragmas(db) && set_durable(db));
}

bool db_open_reader(struct db *db, const char *path) {
    db_forgive(db);
    return opened(
            db, open_handle(db, path, SQLITE_OPEN_READONLY) && set_pragmas(db));
}

void db_close(struct db *db, bool abandon) {
    if (!db->handle) {
        free(db->path);
        db->path = NULL;
        return;
    }
    for (size_t i = 0; i < SQLS; i++) {
        (void)sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    db->current = NULL;
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
            abandon ? 1 : 0, (int *)NULL);
    (void)sqlite3_close_v2(db->handle);
    db->handle = NULL;
    free(db->path);
    db->path = NULL;
}

// --- statements -----------------------------------------------------------

sqlite3_stmt *db_prepare(struct db *db, enum sql sql) {
    db->current = NULL;
    if (db_failed(db) || !db->handle) {
        return NULL;
    }
    if (!db->statements[sql]) {
        int code = sqlite3_prepare_v3(db->handle, texts[sql], -1,
                SQLITE_PREPARE_PERSISTENT, &db->statements[sql], NULL);
        if (code != SQLITE_OK) {
            (void)fail(db, "use", code);
            return NULL;
        }
    }
    db->current = db->statements[sql];
    return db->current;
}

static void bound(struct db *db, int code) {
    if (code != SQLITE_OK) {
        (void)fail(db, "use", code);
    }
}

void db_bind_i64(struct db *db, int at, int64_t value) {
    if (db->current) {
        bound(db, sqlite3_bind_int64(db->current, at, value));
    }
}

void db_bind_text(struct db *db, int at, struct nx_str text) {
    if (db->current) {
        bound(db,
                sqlite3_bind_text64(db->current, at, text.len ? text.ptr : "",
                        text.len, SQLITE_STATIC, SQLITE_UTF8));
    }
}

void db_bind_blob(struct db *db, int at, struct nx_str bytes) {
    if (db->current) {
        bound(db,
                sqlite3_bind_blob64(db->current, at, bytes.len ? bytes.ptr : "",
                        bytes.len, SQLITE_STATIC));
    }
}

void db_bind_null(struct db *db, int at) {
    if (db->current) {
        bound(db, sqlite3_bind_null(db->current, at));
    }
}

// SQLite counts BEGIN and COMMIT among those that only read.
static bool is_reader(const struct db *db) {
    return sqlite3_stmt_readonly(db->current) != 0
            && db->current != db->statements[SQL_BEGIN]
            && db->current != db->statements[SQL_COMMIT];
}

bool db_row(struct db *db) {
    if (!db->current || db_failed(db)) {
        return false;
    }
    int code = sqlite3_step(db->current);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        (void)fail(db, is_reader(db) ? "read" : "write", code);
    }
    (void)sqlite3_reset(db->current);
    return false;
}

void db_reset(struct db *db) {
    if (db->current) {
        (void)sqlite3_reset(db->current);
    }
}

bool db_run(struct db *db) {
    (void)db_row(db);
    return !db_failed(db);
}

struct nx_str db_column(struct db *db, int at) {
    // The pointer first: the other way round it may still change.
    const void *bytes = sqlite3_column_blob(db->current, at);
    int len = sqlite3_column_bytes(db->current, at);
    return (struct nx_str){bytes, (size_t)len};
}

int64_t db_column_i64(struct db *db, int at) {
    return sqlite3_column_int64(db->current, at);
}

int64_t db_changes(const struct db *db) {
    return sqlite3_changes64(db->handle);
}

bool db_exec(struct db *db, const char *sql) {
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || fail(db, "use", code);
}

int64_t db_number(struct db *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    int64_t number = 0;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
    } else if (code != SQLITE_DONE) {
        (void)fail(db, "read", code);
    }
    (void)sqlite3_finalize(statement);
    return number;
}

// --- transactions ---------------------------------------------------------

bool db_checkpoint(struct db *db, bool empty) {
    int mode = empty ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, NULL, NULL);
    if (code == SQLITE_OK || (!empty && code == SQLITE_BUSY)) {
        return true;
    }
    return fail(db, "move the log ahead into", code);
}

void db_rollback(struct db *db) {
    for (size_t i = 0; i < SQLS; i++) {
        if (db->statements[i]) {
            (void)sqlite3_reset(db->statements[i]);
        }
    }
    if (db->handle && !sqlite3_get_autocommit(db->handle)) {
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    }
}
