/*
 * failing_vfs - the system's files for SQLite, until told to fail.
 *
 * Wraps SQLite's own VFS as the default one, so that the store runs as in
 * production. A failing sync reports an error and has written nothing; a
 * failing write is a full disk.
 *
 * Owner:   the test that includes it
 * Thread:  any; the switches are atomic
 * Errors:  none
 */
#ifndef TESTS_FAILING_VFS_H
#define TESTS_FAILING_VFS_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

struct failing_file {
    sqlite3_file base;
    bool is_log;        // the log ahead, not the database
    sqlite3_file *real; // behind this struct
};

static atomic_int failing_log_syncs; // so many of the next, -1: all
static atomic_int failing_database_syncs;
static atomic_bool failing_writes;
static atomic_int syncs_seen;
static atomic_int log_opens_seen;
static atomic_int log_removals_seen; // or cuts to nothing
static sqlite3_vfs failing_vfs;
static sqlite3_vfs *real_vfs;

static inline sqlite3_file *real_of(sqlite3_file *file) {
    return ((struct failing_file *)(void *)file)->real;
}

static inline bool takes_one(atomic_int *count) {
    int left = atomic_load(count);
    if (left > 0) {
        atomic_fetch_sub(count, 1);
    }
    return left != 0;
}

static inline int failing_sync(sqlite3_file *file, int flags) {
    const struct failing_file *self = (struct failing_file *)(void *)file;
    atomic_fetch_add(&syncs_seen, 1);
    if (takes_one(
                self->is_log ? &failing_log_syncs : &failing_database_syncs)) {
        return SQLITE_IOERR_FSYNC;
    }
    return self->real->pMethods->xSync(self->real, flags);
}

static inline int failing_write(
        sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at) {
    return atomic_load(&failing_writes)
            ? SQLITE_FULL
            : real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
}

static inline int failing_truncate(sqlite3_file *file, sqlite3_int64 size) {
    const struct failing_file *self = (struct failing_file *)(void *)file;
    if (self->is_log && size == 0) {
        atomic_fetch_add(&log_removals_seen, 1);
    }
    return self->real->pMethods->xTruncate(self->real, size);
}

// The call of the same name, with the file behind.
#define PASS(name, parameters, arguments) \
    static inline int pass_##name parameters { \
        sqlite3_file *real = real_of(file); \
        return real->pMethods->x##name arguments; \
    }
PASS(Close, (sqlite3_file * file), (real))
PASS(Read, (sqlite3_file * file, void *to, int len, sqlite3_int64 at),
        (real, to, len, at))
PASS(FileSize, (sqlite3_file * file, sqlite3_int64 *size), (real, size))
PASS(Lock, (sqlite3_file * file, int level), (real, level))
PASS(Unlock, (sqlite3_file * file, int level), (real, level))
PASS(CheckReservedLock, (sqlite3_file * file, int *out), (real, out))
PASS(FileControl, (sqlite3_file * file, int op, void *arg), (real, op, arg))
PASS(SectorSize, (sqlite3_file * file), (real))
PASS(DeviceCharacteristics, (sqlite3_file * file), (real))
PASS(ShmMap,
        (sqlite3_file * file, int page, int size, int extend,
                void volatile **out),
        (real, page, size, extend, out))
PASS(ShmLock, (sqlite3_file * file, int at, int n, int flags),
        (real, at, n, flags))
PASS(ShmUnmap, (sqlite3_file * file, int remove), (real, remove))
#undef PASS

static inline void pass_shm_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static const sqlite3_io_methods failing_methods = {
        .iVersion = 2,
        .xClose = pass_Close,
        .xRead = pass_Read,
        .xWrite = failing_write,
        .xTruncate = failing_truncate,
        .xSync = failing_sync,
        .xFileSize = pass_FileSize,
        .xLock = pass_Lock,
        .xUnlock = pass_Unlock,
        .xCheckReservedLock = pass_CheckReservedLock,
        .xFileControl = pass_FileControl,
        .xSectorSize = pass_SectorSize,
        .xDeviceCharacteristics = pass_DeviceCharacteristics,
        .xShmMap = pass_ShmMap,
        .xShmLock = pass_ShmLock,
        .xShmBarrier = pass_shm_barrier,
        .xShmUnmap = pass_ShmUnmap,
};

static inline int failing_open(sqlite3_vfs *vfs, sqlite3_filename name,
        sqlite3_file *file, int flags, int *out) {
    struct failing_file *self = (struct failing_file *)(void *)file;
    (void)vfs;
    memset(self, 0, sizeof(*self));
    self->real = (sqlite3_file *)(void *)(self + 1);
    self->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    if (self->is_log) {
        atomic_fetch_add(&log_opens_seen, 1);
    }
    int code = real_vfs->xOpen(real_vfs, name, self->real, flags, out);
    if (self->real->pMethods) {
        self->base.pMethods = &failing_methods;
    }
    return code;
}

static inline int failing_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    (void)vfs;
    const char *end = name + strlen(name);
    if (end - name > 4 && strcmp(end - 4, "-wal") == 0) {
        atomic_fetch_add(&log_removals_seen, 1);
    }
    return real_vfs->xDelete(real_vfs, name, sync);
}

static inline void failing_vfs_heal(void) {
    atomic_store(&failing_log_syncs, 0);
    atomic_store(&failing_database_syncs, 0);
    atomic_store(&failing_writes, false);
}

// From now on the default of this process.
static inline void failing_vfs_register(void) {
    if (!real_vfs) {
        real_vfs = sqlite3_vfs_find(NULL);
        failing_vfs = *real_vfs;
        failing_vfs.pNext = NULL;
        failing_vfs.zName = "failing";
        failing_vfs.szOsFile =
                (int)sizeof(struct failing_file) + real_vfs->szOsFile;
        failing_vfs.xOpen = failing_open;
        failing_vfs.xDelete = failing_delete;
        (void)sqlite3_vfs_register(&failing_vfs, 1);
    }
    failing_vfs_heal();
}

#endif
