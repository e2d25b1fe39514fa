#include "plugins/store/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/store/inspect_parts.h"
#include "plugins/store/place.h"
#include "plugins/store/schema.h"

#define BUSY_TIMEOUT_MS 5000

static const struct db_options options = {
        .cache_bytes = (uint64_t)64 << 20,
        .max_bytes = (uint64_t)1 << 44, // SQLite's own limit
        .busy_timeout_ms = BUSY_TIMEOUT_MS,
};

// --- opening --------------------------------------------------------------

static bool open_reader(struct inspect *inspect, struct problem *problem) {
    char *path = place_path(inspect->folder, PLACE_DATABASE);
    bool good = false;
    if (!path) {
        (void)problem_set(problem, PROBLEM_MEMORY, "out of memory");
    } else if (access(path, F_OK) != 0) {
        (void)problem_set_errno(problem, "open", path);
    } else {
        good = db_open_reader(&inspect->db, path)
                && schema_check_current(&inspect->db)
                && db_exec(&inspect->db, "BEGIN");
        *problem = inspect->db.problem;
    }
    free(path);
    return good;
}

struct inspect *inspect_open(const char *folder, struct problem *problem) {
    struct inspect *inspect = calloc(1, sizeof(*inspect));
    char *copy = strdup(folder);
    if (!inspect || !copy) {
        free(inspect);
        free(copy);
        (void)problem_set(problem, PROBLEM_MEMORY, "out of memory");
        return NULL;
    }
    inspect->folder = copy;
    db_init(&inspect->db, &options);
    if (!open_reader(inspect, problem)) {
        inspect_close(inspect);
        return NULL;
    }
    return inspect;
}

void inspect_close(struct inspect *inspect) {
    if (inspect) {
        db_rollback(&inspect->db);
        db_close(&inspect->db, true);
        free(inspect->folder);
        free(inspect);
    }
}

bool inspect_end(struct inspect *inspect, struct problem *problem) {
    bool good = !db_failed(&inspect->db);
    if (!good) {
        *problem = inspect->db.problem;
        db_forgive(&inspect->db);
    }
    return good;
}

// --- stats ----------------------------------------------------------------

static uint64_t size_of(const char *folder, const char *name) {
    char *path = place_path(folder, name);
    struct stat info;
    bool found = path && stat(path, &info) == 0;
    free(path);
    return found ? (uint64_t)info.st_size : 0;
}

bool inspect_stats(struct inspect *inspect, struct inspect_stats *stats,
        struct problem *problem) {
    struct db *db = &inspect->db;
    memset(stats, 0, sizeof(*stats));
    (void)place_is_locked(inspect->folder, &stats->server);
    stats->schema = db_number(db, "PRAGMA user_version");
    stats->database_bytes = size_of(inspect->folder, PLACE_DATABASE);
    stats->wal_bytes = size_of(inspect->folder, PLACE_DATABASE "-wal");
    stats->free_bytes = (uint64_t)(db_number(db, "PRAGMA freelist_count")
            * db_number(db, "PRAGMA page_size"));
    stats->epoch = (uint64_t)db_number(
            db, "SELECT value FROM meta WHERE key = 'epoch'");
    stats->rooms = db_number(db, "SELECT count(*) FROM room");
    stats->records = db_number(db, "SELECT count(*) FROM record");
    stats->facts = db_number(db, "SELECT count(*) FROM fact");
    stats->dedupe_keys = db_number(db, "SELECT count(*) FROM dedupe");
    stats->oldest_ms =
            db_number(db, "SELECT coalesce(min(time), 0) FROM record");
    stats->newest_ms =
            db_number(db, "SELECT coalesce(max(time), 0) FROM record");
    return inspect_end(inspect, problem);
}

// --- writing --------------------------------------------------------------

static bool copy_to(struct db *db, const char *file) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
            db->handle, "VACUUM INTO ?1", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        (void)sqlite3_bind_text(statement, 1, file, -1, SQLITE_STATIC);
        code = sqlite3_step(statement);
    }
    bool good = code == SQLITE_DONE;
    if (!good) {
        (void)problem_set(&db->problem, PROBLEM_IO, "cannot write %s: %s", file,
                sqlite3_errmsg(db->handle));
    }
    (void)sqlite3_finalize(statement);
    return good;
}

static bool mark_copy(const char *file, struct problem *problem) {
    struct db db;
    db_init(&db, &options);
    bool good = db_open(&db, file) && schema_mark_copy(&db)
            && db_checkpoint(&db, true)
            && db_exec(&db, "PRAGMA journal_mode = DELETE");
    if (!good) {
        *problem = db.problem;
    }
    db_close(&db, !good);
    return good;
}

// SQLite does not write the copy to disk by itself.
static bool sync_file(const char *file, struct problem *problem) {
    FILE *copy = fopen(file, "re");
    bool good = copy && fsync(fileno(copy)) == 0;
    if (!good) {
        (void)problem_set_errno(problem, "write", file);
    }
    if (copy) {
        (void)fclose(copy);
    }
    return good;
}

bool inspect_backup(
        struct inspect *inspect, const char *file, struct problem *problem) {
    if (access(file, F_OK) == 0) {
        errno = EEXIST;
        return problem_set_errno(problem, "write", file);
    }
    // It has a transaction of its own.
    db_rollback(&inspect->db);
    mode_t before = umask(0077);
    bool good = copy_to(&inspect->db, file);
    (void)umask(before);
    (void)db_exec(&inspect->db, "BEGIN");
    return inspect_end(inspect, problem) && good && mark_copy(file, problem)
            && sync_file(file, problem);
}

static bool vacuum(struct db *db, const char *path) {
    return db_open_reader(db, path) && schema_check_current(db)
            && (db_close(db, true), db_open(db, path)) && db_exec(db, "VACUUM")
            && db_checkpoint(db, true);
}

bool inspect_vacuum(const char *folder, uint64_t *before, uint64_t *after,
        struct problem *problem) {
    struct place place;
    struct db db;
    if (size_of(folder, PLACE_DATABASE) == 0) {
        errno = ENOENT;
        return problem_set_errno(problem, "open the database in", folder);
    }
    place_init(&place);
    if (!place_open(&place, folder, problem)) {
        return false;
    }
    *before = size_of(folder, PLACE_DATABASE);
    db_init(&db, &options);
    bool good = vacuum(&db, place.database);
    *problem = db.problem;
    db_close(&db, !good);
    *after = size_of(folder, PLACE_DATABASE);
    place_close(&place);
    return good;
}
