#include "plugins/store/vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "plugins/store/schema.h"

// A disk with less than this is still full: a small commit may fit, and the
// next one fails.
#define FREE_LEAST ((uint64_t)1 << 20)

bool vault_init(struct vault *vault, const struct db_options *options,
        const struct batch_limits *limits, uint64_t check_bytes) {
    place_init(&vault->place);
    db_init(&vault->db, options);
    vault->folder = NULL;
    vault->inode = 0;
    vault->check_bytes = check_bytes;
    vault->suspect = false;
    return batch_init(&vault->batch, &vault->db, limits);
}

void vault_finish(struct vault *vault) {
    vault_close(vault);
    batch_finish(&vault->batch);
}

static uint64_t size_of(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

void vault_sizes(const struct vault *vault, uint64_t *database, uint64_t *wal) {
    const char *path = vault->place.database;
    char *log = NULL;
    *database = path ? size_of(path) : 0;
    *wal = 0;
    if (path && asprintf(&log, "%s-wal", path) >= 0) {
        *wal = size_of(log);
        free(log);
    }
}

// A reader first: opening for writing would already change a foreign file.
static bool check_existing(struct vault *vault) {
    struct db *db = &vault->db;
    uint64_t bytes = 0;
    uint64_t wal = 0;
    vault_sizes(vault, &bytes, &wal);
    if (bytes == 0) {
        return true;
    }
    bool good = db_open_reader(db, vault->place.database) && schema_check(db)
            && ((bytes > vault->check_bytes && !vault->suspect)
                    || schema_examine(db));
    db_close(db, true);
    return good;
}

static bool has_space(struct vault *vault) {
    struct statvfs info;
    if (statvfs(vault->place.database, &info) != 0) {
        return problem_set_errno(
                &vault->db.problem, "look at", vault->place.database);
    }
    uint64_t bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return bytes >= FREE_LEAST
            || problem_set(&vault->db.problem, PROBLEM_FULL,
                    "cannot write %s: the disk has %llu bytes left",
                    vault->place.database, (unsigned long long)bytes);
}

// Emptying the log ahead writes what an earlier handle may have failed to
// write, so that whatever is committed from here on lies on firm ground.
static bool prove(struct vault *vault, int64_t now_ms) {
    return has_space(vault) && db_checkpoint(&vault->db, true)
            && batch_probe(&vault->batch, now_ms);
}

static uint64_t inode_of(const struct vault *vault) {
    struct stat info;
    return stat(vault->place.database, &info) == 0 ? (uint64_t)info.st_ino : 0;
}

static bool take_place(struct vault *vault) {
    return vault->place.database
            || place_open(&vault->place, vault->folder, &vault->db.problem);
}

static bool open_file(struct vault *vault) {
    bool good =
            check_existing(vault) && db_open(&vault->db, vault->place.database);
    vault->inode = good ? inode_of(vault) : 0;
    return good;
}

bool vault_is_there(struct vault *vault) {
    return inode_of(vault) == vault->inode
            || problem_set(&vault->db.problem, PROBLEM_GONE,
                    "%s was removed or replaced while it was in use",
                    vault->place.database);
}

static bool open_database(struct vault *vault, int64_t now_ms) {
    struct db *db = &vault->db;
    return take_place(vault) && open_file(vault) && schema_prepare(db)
            && schema_renew_copy(db) && batch_load(&vault->batch)
            && prove(vault, now_ms);
}

static void give_up(struct vault *vault, bool abandon) {
    db_rollback(&vault->db);
    db_close(&vault->db, abandon);
    vault->suspect = true;
}

// A commit whose sync has failed may be whole in the log ahead, and would come
// back to life with the next opening, after everybody was told that it failed.
// So what was committed before is moved into the file and the log removed, if
// that can be done: those pages are written anew. A file that is damaged or
// not ours is left alone.
void vault_abandon(struct vault *vault) {
    enum problem_kind kind = vault->db.problem.kind;
    give_up(vault, kind != PROBLEM_IO && kind != PROBLEM_FULL);
}

bool vault_open(struct vault *vault, const char *folder, int64_t now_ms) {
    vault->folder = folder;
    db_forgive(&vault->db);
    if (open_database(vault, now_ms)) {
        vault->suspect = false;
        return true;
    }
    give_up(vault, true);
    place_close(&vault->place);
    return false;
}

// Without waiting for locks: others are served meanwhile.
static bool try_recover(struct vault *vault, int64_t now_ms) {
    struct db *db = &vault->db;
    int timeout_ms = db->options.busy_timeout_ms;
    db->options.busy_timeout_ms = 0;
    bool good = db_is_open(db)
            ? has_space(vault) && batch_probe(&vault->batch, now_ms)
            : open_database(vault, now_ms);
    db->options.busy_timeout_ms = timeout_ms;
    return good;
}

bool vault_recover(struct vault *vault, int64_t now_ms) {
    const struct db *db = &vault->db;
    db_forgive(&vault->db);
    bool good = try_recover(vault, now_ms);
    if (good) {
        vault->suspect = false;
        return true;
    }
    if (db->problem.broken) {
        vault_abandon(vault);
    }
    return false;
}

void vault_close(struct vault *vault) {
    db_close(&vault->db, db_failed(&vault->db));
    place_close(&vault->place);
}
