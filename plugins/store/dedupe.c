#include "plugins/store/dedupe.h"

#define SWEEP_LEAST 64

static void drop(struct dedupe *dedupe, int64_t room, struct nx_str key) {
    struct db *db = dedupe->db;
    if (db_prepare(db, SQL_DEDUPE_DROP)) {
        db_bind_i64(db, 1, room);
        db_bind_blob(db, 2, key);
    }
    if (db_run(db)) {
        dedupe->meta->now.dedupe_keys -= db_changes(db);
    }
}

static void read_result(
        struct db *db, struct nx_publish_result *result, struct nx_buf *memo) {
    struct nx_str bytes = db_column(db, 3);
    result->epoch = (uint64_t)db_column_i64(db, 0);
    result->offset = (uint64_t)db_column_i64(db, 1);
    result->time_ms = db_column_i64(db, 2);
    result->duplicate = 1;
    result->memo = (struct nx_bytes){NULL, 0};
    if (nx_buf_append(memo, bytes.ptr, bytes.len)) {
        result->memo = (struct nx_bytes){memo->data, memo->len};
    } else {
        (void)problem_set(&db->problem, PROBLEM_MEMORY, "out of memory");
    }
}

// NOLINTNEXTLINE(readability-function-size): the key, and two results
enum dedupe_state dedupe_find(struct dedupe *dedupe, int64_t room,
        struct nx_str key, int64_t now_ms, struct nx_publish_result *result,
        struct nx_buf *memo) {
    struct db *db = dedupe->db;
    if (db_prepare(db, SQL_DEDUPE_FIND)) {
        db_bind_i64(db, 1, room);
        db_bind_blob(db, 2, key);
    }
    if (!db_row(db)) {
        return db_failed(db) ? DEDUPE_ERROR : DEDUPE_NEW;
    }
    bool expired = db_column_i64(db, 4) <= now_ms;
    if (!expired) {
        read_result(db, result, memo);
    }
    db_reset(db);
    if (expired) {
        drop(dedupe, room, key);
    }
    if (db_failed(db)) {
        return DEDUPE_ERROR;
    }
    return expired ? DEDUPE_NEW : DEDUPE_KNOWN;
}

bool dedupe_add(struct dedupe *dedupe, int64_t room, struct nx_str key,
        int64_t expires_ms, const struct nx_publish_result *result) {
    struct db *db = dedupe->db;
    if (db_prepare(db, SQL_DEDUPE_ADD)) {
        db_bind_i64(db, 1, room);
        db_bind_blob(db, 2, key);
        db_bind_i64(db, 3, expires_ms);
        db_bind_i64(db, 4, (int64_t)result->epoch);
        db_bind_i64(db, 5, (int64_t)result->offset);
        db_bind_i64(db, 6, result->time_ms);
        db_bind_blob(
                db, 7, (struct nx_str){result->memo.ptr, result->memo.len});
    }
    if (!db_run(db)) {
        return false;
    }
    dedupe->meta->now.dedupe_keys++;
    dedupe->added++;
    if (dedupe->next_ms > expires_ms) {
        dedupe->next_ms = expires_ms;
    }
    return true;
}

// When the n-th of those that expire first does; 0: there are not so many.
static int64_t nth_expiry(struct db *db, int64_t n) {
    int64_t expires_ms = 0;
    if (db_prepare(db, SQL_DEDUPE_NTH)) {
        db_bind_i64(db, 1, n);
    }
    if (db_row(db)) {
        expires_ms = db_column_i64(db, 0);
        db_reset(db);
    }
    return expires_ms;
}

static int64_t delete_until(struct dedupe *dedupe, int64_t expires_ms) {
    struct db *db = dedupe->db;
    if (db_prepare(db, SQL_DEDUPE_TRIM)) {
        db_bind_i64(db, 1, expires_ms);
    }
    if (!db_run(db)) {
        return 0;
    }
    int64_t count = db_changes(db);
    dedupe->meta->now.dedupe_keys -= count;
    return count;
}

static int64_t delete_expired(struct dedupe *dedupe, int64_t now_ms) {
    if (dedupe->next_ms > now_ms) {
        return 0;
    }
    int64_t most = 2 * dedupe->added + SWEEP_LEAST;
    int64_t until_ms = nth_expiry(dedupe->db, most - 1);
    if (until_ms == 0 || until_ms > now_ms) {
        until_ms = now_ms;
    }
    int64_t count = delete_until(dedupe, until_ms);
    dedupe->next_ms = nth_expiry(dedupe->db, 0);
    if (dedupe->next_ms == 0) {
        dedupe->next_ms = INT64_MAX; // none is left
    }
    return count;
}

int64_t dedupe_sweep(struct dedupe *dedupe, int64_t now_ms) {
    int64_t count = delete_expired(dedupe, now_ms);
    int64_t excess = dedupe->meta->now.dedupe_keys - dedupe->max_keys;
    if (excess > 0 && !db_failed(dedupe->db)) {
        int64_t forgotten =
                delete_until(dedupe, nth_expiry(dedupe->db, excess - 1));
        dedupe->forgotten += forgotten;
        count += forgotten;
    }
    dedupe->added = 0;
    return count;
}
