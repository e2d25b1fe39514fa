#include "plugins/store/logs.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/strmap.h>

#include "plugins/store/rows.h"

// Deleting the oldest row of a room with every append would write two pages
// of the file instead of one.
#define TRIM_ROWS 32

// Those a transaction uses are not forgotten before its end.
#define TRANSACTION_ROOMS 65536

struct logs {
    struct db *db;
    struct meta_state *meta;
    struct nx_strmap *by_name; // struct log
    struct nx_list lru;        // struct log::lru, used longest ago first
    struct nx_list dirty;      // struct log::dirty
    size_t max_cached;
    int64_t max_rooms;
    int64_t swept; // room
};

struct logs *logs_create(struct db *db, struct meta_state *meta,
        size_t max_cached, int64_t max_rooms) {
    struct logs *logs = calloc(1, sizeof(*logs));
    if (!logs) {
        return NULL;
    }
    logs->by_name = nx_strmap_create(max_cached + TRANSACTION_ROOMS);
    if (!logs->by_name) {
        free(logs);
        return NULL;
    }
    logs->db = db;
    logs->meta = meta;
    logs->max_cached = max_cached;
    logs->max_rooms = max_rooms;
    nx_list_init(&logs->lru);
    nx_list_init(&logs->dirty);
    return logs;
}

static void forget(struct logs *logs, struct log *log) {
    nx_list_remove(&log->lru);
    nx_list_remove(&log->dirty);
    (void)nx_strmap_remove(logs->by_name, log->name, log->name_len);
    free(log);
}

void logs_forget(struct logs *logs) {
    struct nx_list *link = NULL;
    while ((link = nx_list_take_first(&logs->lru))) {
        forget(logs, nx_container_of(link, struct log, lru));
    }
}

void logs_destroy(struct logs *logs) {
    if (logs) {
        logs_forget(logs);
        nx_strmap_destroy(logs->by_name, NULL);
        free(logs);
    }
}

static void mark(struct logs *logs, struct log *log) {
    if (!nx_list_linked(&log->dirty)) {
        nx_list_append(&logs->dirty, &log->dirty);
    }
}

// --- finding --------------------------------------------------------------

static struct log *new_log(struct logs *logs, struct nx_str room) {
    struct log *log = calloc(1, sizeof(*log) + room.len);
    if (log) {
        nx_list_init(&log->lru);
        nx_list_init(&log->dirty);
        log->name_len = room.len;
        memcpy(log->name, room.ptr, room.len);
    }
    if (!log || !nx_strmap_put(logs->by_name, room.ptr, room.len, log)) {
        free(log);
        (void)problem_set(&logs->db->problem, PROBLEM_MEMORY, "out of memory");
        return NULL;
    }
    nx_list_append(&logs->lru, &log->lru);
    return log;
}

// The row at `from` or the next one becomes the first in sight.
static void find_first(struct logs *logs, struct log *log, int64_t from) {
    struct db *db = logs->db;
    log->first = 0;
    if (db_prepare(db, SQL_RECORD_FIRST)) {
        db_bind_i64(db, 1, log->room);
        db_bind_i64(db, 2, from);
    }
    if (db_row(db)) {
        log->first = db_column_i64(db, 0);
        log->first_ms = db_column_i64(db, 1);
        db_reset(db);
    }
}

static bool load_records(struct logs *logs, struct log *log) {
    find_first(logs, log, 0);
    log->first_row = log->first;
    int64_t kept = log->last - log->keep_count + 1;
    if (log->first > 0 && log->first < kept) {
        find_first(logs, log, kept);
    }
    return !db_failed(logs->db);
}

static struct log *load(struct logs *logs, struct nx_str room) {
    struct db *db = logs->db;
    if (db_prepare(db, SQL_ROOM_FIND)) {
        db_bind_text(db, 1, room);
    }
    if (!db_row(db)) {
        return NULL;
    }
    struct log *log = new_log(logs, room);
    if (log) {
        log->room = db_column_i64(db, 0);
        log->epoch = (uint64_t)db_column_i64(db, 1);
        log->last = db_column_i64(db, 2);
        log->keep_count = db_column_i64(db, 3);
        log->keep_age_ms = db_column_i64(db, 4);
    }
    db_reset(db);
    if (log && !load_records(logs, log)) {
        forget(logs, log);
        log = NULL;
    }
    return log;
}

struct log *logs_find(struct logs *logs, struct nx_str room) {
    struct log *log = nx_strmap_get(logs->by_name, room.ptr, room.len);
    if (!log) {
        return load(logs, room);
    }
    nx_list_remove(&log->lru);
    nx_list_append(&logs->lru, &log->lru);
    return log;
}

struct log *logs_make(struct logs *logs, struct nx_str room) {
    struct db *db = logs->db;
    struct log *log = logs_find(logs, room);
    if (log || db_failed(db) || logs->meta->now.rooms >= logs->max_rooms) {
        return log;
    }
    if (db_prepare(db, SQL_ROOM_ADD)) {
        db_bind_text(db, 1, room);
        db_bind_i64(db, 2, logs->meta->now.epoch);
    }
    log = db_run(db) ? new_log(logs, room) : NULL;
    if (log) {
        log->room = sqlite3_last_insert_rowid(db->handle);
        log->epoch = (uint64_t)logs->meta->now.epoch;
        logs->meta->now.rooms++;
    }
    return log;
}

// --- trimming -------------------------------------------------------------

bool logs_expire(struct logs *logs, struct log *log, int64_t now_ms) {
    struct db *db = logs->db;
    if (log->keep_age_ms == 0 || log->first == 0
            || now_ms - log->first_ms <= log->keep_age_ms) {
        return true;
    }
    // The clock may have been set: the first that is young enough ends it.
    int64_t before = log->first;
    log->first = 0;
    if (db_prepare(db, SQL_RECORD_YOUNG)) {
        db_bind_i64(db, 1, log->room);
        db_bind_i64(db, 2, before);
        db_bind_i64(db, 3, now_ms - log->keep_age_ms);
    }
    if (db_row(db)) {
        log->first = db_column_i64(db, 0);
        log->first_ms = db_column_i64(db, 1);
        db_reset(db);
    }
    return !db_failed(db);
}

// Deletes the rows out of sight if they are at least so many.
static bool trim_rows(struct logs *logs, struct log *log, int64_t least) {
    struct db *db = logs->db;
    int64_t first = log->first > 0 ? log->first : log->last + 1;
    if (log->first_row == 0 || first - log->first_row < least) {
        return true;
    }
    if (db_prepare(db, SQL_RECORD_TRIM)) {
        db_bind_i64(db, 1, log->room);
        db_bind_i64(db, 2, first);
    }
    log->first_row = log->first;
    return db_run(db);
}

static bool trim(
        struct logs *logs, struct log *log, const struct log_append *append) {
    int64_t kept = log->last - append->keep_count + 1;
    if (log->first < kept) {
        // Only an age needs the time of the record, which costs a look.
        if (append->keep_age_ms > 0) {
            find_first(logs, log, kept);
        }
        log->first = kept;
    }
    return logs_expire(logs, log, append->now_ms)
            && trim_rows(logs, log, TRIM_ROWS);
}

bool logs_append(
        struct logs *logs, struct log *log, const struct log_append *append) {
    struct db *db = logs->db;
    if (db_prepare(db, SQL_RECORD_ADD)) {
        db_bind_i64(db, 1, log->room);
        db_bind_i64(db, 2, log->last + 1);
        db_bind_i64(db, 3, append->now_ms);
        db_bind_text(db, 4, append->payload);
    }
    if (!db_run(db)) {
        return false;
    }
    log->last++;
    if (log->first_row == 0) {
        log->first_row = log->last;
    }
    if (log->first == 0) {
        log->first = log->last;
        log->first_ms = append->now_ms;
    }
    // Turned on just now: the time of the oldest was of no interest before.
    if (append->keep_age_ms > 0 && log->keep_age_ms == 0) {
        find_first(logs, log, log->first);
    }
    log->keep_count = append->keep_count;
    log->keep_age_ms = append->keep_age_ms;
    mark(logs, log);
    return !db_failed(db) && trim(logs, log, append);
}

static bool sweep_one(struct logs *logs, struct nx_str name, int64_t now_ms) {
    struct log *log = logs_find(logs, name);
    return log && logs_expire(logs, log, now_ms) && trim_rows(logs, log, 1);
}

size_t logs_sweep(struct logs *logs, int64_t now_ms, int64_t most) {
    struct db *db = logs->db;
    struct rows rooms;
    rows_init(&rooms);
    int64_t last = 0;
    if (db_prepare(db, SQL_ROOM_AGING)) {
        db_bind_i64(db, 1, logs->swept);
        db_bind_i64(db, 2, most);
    }
    while (db_row(db)) {
        const struct nx_record room = {.payload = db_column(db, 1)};
        last = db_column_i64(db, 0);
        (void)rows_add_record(&rooms, &room);
    }
    logs->swept = last; // 0 at the end: from the beginning next time
    rows_seal_records(&rooms);
    for (size_t i = 0; i < rooms.count && !db_failed(db); i++) {
        (void)sweep_one(logs, rooms.of.records[i].payload, now_ms);
    }
    size_t count = rooms.count;
    rows_finish(&rooms);
    return count;
}

// --- reading --------------------------------------------------------------

static bool read_records(
        struct logs *logs, const struct log *log, struct rows *rows) {
    struct db *db = logs->db;
    while (db_row(db)) {
        const struct nx_record record = {
                .struct_size = sizeof(record),
                .epoch = log->epoch,
                .offset = (uint64_t)db_column_i64(db, 0),
                .time_ms = db_column_i64(db, 1),
                .payload = db_column(db, 2),
        };
        if (!rows_fits(rows, record.payload.len)
                || !rows_add_record(rows, &record)) {
            db_reset(db);
            break;
        }
    }
    return !db_failed(db);
}

bool logs_after(struct logs *logs, const struct log *log, uint64_t offset,
        uint32_t limit, struct rows *rows) {
    struct db *db = logs->db;
    if (limit == 0 || log->first == 0 || offset >= (uint64_t)log->last) {
        return true;
    }
    int64_t after =
            (int64_t)offset < log->first ? log->first - 1 : (int64_t)offset;
    if (db_prepare(db, SQL_RECORD_AFTER)) {
        db_bind_i64(db, 1, log->room);
        db_bind_i64(db, 2, after);
        db_bind_i64(db, 3, limit);
    }
    return read_records(logs, log, rows);
}

bool logs_before(struct logs *logs, const struct log *log, uint64_t offset,
        uint32_t limit, struct rows *rows) {
    struct db *db = logs->db;
    bool from_end = offset == 0 || offset > (uint64_t)log->last;
    int64_t before = from_end ? log->last + 1 : (int64_t)offset;
    if (limit == 0 || log->first == 0 || before <= log->first) {
        return true;
    }
    if (db_prepare(db, SQL_RECORD_BEFORE)) {
        db_bind_i64(db, 1, log->room);
        db_bind_i64(db, 2, log->first);
        db_bind_i64(db, 3, before);
        db_bind_i64(db, 4, limit);
    }
    return read_records(logs, log, rows);
}

// --- end of a transaction -------------------------------------------------

static bool write_one(struct logs *logs, const struct log *log) {
    struct db *db = logs->db;
    if (db_prepare(db, SQL_ROOM_SET)) {
        db_bind_i64(db, 1, log->room);
        db_bind_i64(db, 2, log->last);
        db_bind_i64(db, 3, log->keep_count);
        db_bind_i64(db, 4, log->keep_age_ms);
    }
    return db_run(db);
}

bool logs_write(struct logs *logs) {
    struct nx_list *link = NULL;
    while ((link = nx_list_take_first(&logs->dirty))) {
        if (!write_one(logs, nx_container_of(link, struct log, dirty))) {
            return false;
        }
    }
    while (nx_strmap_count(logs->by_name) > logs->max_cached
            && (link = nx_list_take_first(&logs->lru))) {
        forget(logs, nx_container_of(link, struct log, lru));
    }
    return true;
}
