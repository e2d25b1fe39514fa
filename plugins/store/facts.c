#include "plugins/store/facts.h"

#include <string.h>

#include <nexus/error.h>

// A key, and one byte to be behind it.
#define BOUND_MAX 513

struct bound {
    size_t len;
    char bytes[BOUND_MAX];
};

// A time that is never reached when the sum is too large.
static int64_t end_of(int64_t now_ms, uint64_t ttl_ms) {
    return ttl_ms > (uint64_t)(INT64_MAX - now_ms) ? INT64_MAX
                                                   : now_ms + (int64_t)ttl_ms;
}

static bool is_over(struct db *db, int column, int64_t now_ms) {
    return sqlite3_column_type(db->current, column) != SQLITE_NULL
            && db_column_i64(db, column) <= now_ms;
}

static void bind_key(
        struct db *db, enum sql sql, struct nx_str space, struct nx_str key) {
    if (db_prepare(db, sql)) {
        db_bind_text(db, 1, space);
        db_bind_blob(db, 2, key);
    }
}

// --- one fact -------------------------------------------------------------

struct state {
    bool stored;       // there is a row
    uint64_t revision; // 0: no fact for anybody
};

static struct state look(struct facts *facts, struct nx_str space,
        struct nx_str key, int64_t now_ms) {
    struct db *db = facts->db;
    struct state state = {false, 0};
    bind_key(db, SQL_FACT_STATE, space, key);
    if (db_row(db)) {
        state.stored = true;
        state.revision =
                is_over(db, 1, now_ms) ? 0 : (uint64_t)db_column_i64(db, 0);
        db_reset(db);
    }
    return state;
}

static void write_fact(struct facts *facts, const struct fact_put *put) {
    struct db *db = facts->db;
    int64_t ends_ms = end_of(put->now_ms, put->ttl_ms);
    bind_key(db, SQL_FACT_SET, put->space, put->key);
    db_bind_blob(db, 3, put->value);
    db_bind_i64(db, 4, facts->meta->now.revision);
    if (put->ttl_ms > 0) {
        db_bind_i64(db, 5, ends_ms);
    } else {
        db_bind_null(db, 5);
    }
    if (db_run(db) && put->ttl_ms > 0 && facts->next_ms > ends_ms) {
        facts->next_ms = ends_ms;
    }
}

nx_status facts_put(
        struct facts *facts, const struct fact_put *put, uint64_t *revision) {
    struct meta *meta = &facts->meta->now;
    struct state state = look(facts, put->space, put->key, put->now_ms);
    *revision = state.revision;
    if (put->expect_revision != NX_PUT_ANY
            && put->expect_revision != state.revision) {
        return NX_ERR_CONFLICT;
    }
    if (!state.stored) {
        if (meta->facts >= facts->max_facts) {
            return NX_ERR_LIMIT;
        }
        meta->facts++;
    }
    meta->revision++;
    *revision = (uint64_t)meta->revision;
    write_fact(facts, put);
    return NX_OK;
}

nx_status facts_get(struct facts *facts, struct nx_str space, struct nx_str key,
        int64_t now_ms, struct rows *rows) {
    struct db *db = facts->db;
    nx_status status = NX_ERR_NOT_FOUND;
    bind_key(db, SQL_FACT_FIND, space, key);
    if (!db_row(db)) {
        return status;
    }
    if (!is_over(db, 1, now_ms)) {
        const struct nx_fact fact = {
                .struct_size = sizeof(fact),
                .key = key,
                .value = {db_column(db, 2).ptr, db_column(db, 2).len},
                .revision = (uint64_t)db_column_i64(db, 0),
        };
        status = rows_add_fact(rows, &fact) ? NX_OK : NX_ERR_NO_MEMORY;
    }
    db_reset(db);
    return status;
}

nx_status facts_remove(struct facts *facts, struct nx_str space,
        struct nx_str key, int64_t now_ms) {
    struct db *db = facts->db;
    struct state state = look(facts, space, key, now_ms);
    if (state.stored) {
        bind_key(db, SQL_FACT_DROP, space, key);
        if (db_run(db)) {
            facts->meta->now.facts--;
        }
    }
    return state.revision > 0 ? NX_OK : NX_ERR_NOT_FOUND;
}

// --- many -----------------------------------------------------------------

static void set_bound(struct bound *bound, struct nx_str bytes) {
    bound->len = bytes.len < BOUND_MAX ? bytes.len : BOUND_MAX - 1;
    if (bound->len > 0) {
        memcpy(bound->bytes, bytes.ptr, bound->len);
    }
}

static struct nx_str bound_text(const struct bound *bound) {
    return (struct nx_str){bound->bytes, bound->len};
}

static int compare(struct nx_str a, struct nx_str b) {
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

// The least key that is in the range: the prefix, or right behind `after`.
static void lower_bound(struct bound *bound, const struct fact_range *range) {
    if (range->after.len > 0 && compare(range->after, range->prefix) >= 0) {
        set_bound(bound, range->after);
        bound->bytes[bound->len++] = '\0';
    } else {
        set_bound(bound, range->prefix);
    }
}

// The least key behind all that begin with the prefix; false: there is none.
static bool upper_bound(struct bound *bound, struct nx_str prefix) {
    set_bound(bound, prefix);
    while (bound->len > 0) {
        unsigned char last = (unsigned char)bound->bytes[bound->len - 1];
        if (last < 0xff) {
            bound->bytes[bound->len - 1] = (char)(last + 1);
            return true;
        }
        bound->len--;
    }
    return false;
}

static nx_status read_facts(struct db *db, struct rows *rows) {
    nx_status status = NX_OK;
    while (status == NX_OK && db_row(db)) {
        struct nx_str value = db_column(db, 2);
        const struct nx_fact fact = {
                .struct_size = sizeof(fact),
                .key = db_column(db, 0),
                .value = {value.ptr, value.len},
                .revision = (uint64_t)db_column_i64(db, 1),
        };
        if (!rows_fits(rows, fact.key.len + value.len)) {
            status = NX_ERR_TOO_LARGE;
        } else if (!rows_add_fact(rows, &fact)) {
            status = NX_ERR_NO_MEMORY;
        }
    }
    if (status != NX_OK) {
        db_reset(db);
    }
    return status;
}

nx_status facts_scan(struct facts *facts, const struct fact_range *range,
        struct rows *rows) {
    struct db *db = facts->db;
    struct bound lower;
    struct bound upper;
    lower_bound(&lower, range);
    bool bounded = upper_bound(&upper, range->prefix);
    bind_key(db, bounded ? SQL_FACT_SCAN_TO : SQL_FACT_SCAN, range->space,
            bound_text(&lower));
    db_bind_i64(db, 3, range->now_ms);
    db_bind_i64(db, 4, range->limit);
    if (bounded) {
        db_bind_blob(db, 5, bound_text(&upper));
    }
    return read_facts(db, rows);
}

static int64_t nth_expiry(struct db *db, int64_t n) {
    int64_t expires_ms = 0;
    if (db_prepare(db, SQL_FACT_NTH)) {
        db_bind_i64(db, 1, n);
    }
    if (db_row(db)) {
        expires_ms = db_column_i64(db, 0);
        db_reset(db);
    }
    return expires_ms;
}

int64_t facts_sweep(struct facts *facts, int64_t now_ms, int64_t most) {
    struct db *db = facts->db;
    if (facts->next_ms > now_ms) {
        return 0;
    }
    int64_t until_ms = nth_expiry(db, most - 1);
    if (until_ms == 0 || until_ms > now_ms) {
        until_ms = now_ms;
    }
    if (db_prepare(db, SQL_FACT_TRIM)) {
        db_bind_i64(db, 1, until_ms);
    }
    int64_t count = db_run(db) ? db_changes(db) : 0;
    facts->meta->now.facts -= count;
    facts->next_ms = nth_expiry(db, 0);
    if (facts->next_ms == 0 && !db_failed(db)) {
        facts->next_ms = INT64_MAX; // none is left
    }
    return count;
}
