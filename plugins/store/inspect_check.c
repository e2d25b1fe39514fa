#include <string.h>

#include "plugins/store/inspect_parts.h"

// What the store promises about its rows. Each counts the rows that break it.
static const struct {
    const char *broken; // "%lld ..."
    const char *sql;
} promises[] = {
        {"records belong to no room",
                "SELECT count(*) FROM record WHERE room NOT IN"
                " (SELECT id FROM room)"},
        {"rooms end behind or before their last record",
                "SELECT count(*) FROM (SELECT room, max(seq) AS newest"
                " FROM record GROUP BY room) JOIN room ON room.id = room"
                " WHERE newest <> room.last"},
        {"rooms have holes between their records",
                "SELECT count(*) FROM (SELECT room FROM record GROUP BY room"
                " HAVING max(seq) - min(seq) + 1 <> count(*))"},
        {"rooms have no epoch", "SELECT count(*) FROM room WHERE epoch = 0"},
        {"records are no JSON object",
                "SELECT count(*) FROM record WHERE NOT json_valid(payload)"
                " OR json_type(payload) <> 'object'"},
        {"dedupe keys belong to no room",
                "SELECT count(*) FROM dedupe WHERE room NOT IN"
                " (SELECT id FROM room)"},
        {"dedupe keys name a record that was never stored",
                "SELECT count(*) FROM dedupe JOIN room ON room.id = room"
                " WHERE dedupe.epoch = room.epoch AND seq > last"},
        {"facts are newer than the newest revision",
                "SELECT count(*) FROM fact WHERE revision >"
                " (SELECT coalesce(max(value), 0) FROM meta"
                " WHERE key = 'revision')"},
        {"rooms are not counted, or counted twice",
                "SELECT abs((SELECT count(*) FROM room) - coalesce((SELECT"
                " value FROM meta WHERE key = 'rooms'), 0))"},
        {"facts are not counted, or counted twice",
                "SELECT abs((SELECT count(*) FROM fact) - coalesce((SELECT"
                " value FROM meta WHERE key = 'facts'), 0))"},
        {"dedupe keys are not counted, or counted twice",
                "SELECT abs((SELECT count(*) FROM dedupe) - coalesce((SELECT"
                " value FROM meta WHERE key = 'dedupe_keys'), 0))"},
};

// One row for each finding, or the row "ok".
static void check_file(
        struct db *db, inspect_finding_fn fn, void *user, int64_t *findings) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
            db->handle, "PRAGMA integrity_check", -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        const char *text = code == SQLITE_ROW
                ? (const char *)sqlite3_column_text(statement, 0)
                : NULL;
        if (text && strcmp(text, "ok") != 0) {
            (*findings)++;
            fn(user, text);
        }
    }
    (void)sqlite3_finalize(statement);
    if (code != SQLITE_DONE) {
        (void)problem_set(&db->problem, PROBLEM_CORRUPT, "cannot read %s: %s",
                db->path, sqlite3_errmsg(db->handle));
    }
}

static void check_rows(
        struct db *db, inspect_finding_fn fn, void *user, int64_t *findings) {
    char text[128];
    for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
        int64_t broken = db_number(db, promises[i].sql);
        if (broken > 0) {
            (*findings)++;
            (void)snprintf(text, sizeof(text), "%lld %s", (long long)broken,
                    promises[i].broken);
            fn(user, text);
        }
    }
}

bool inspect_check(struct inspect *inspect, inspect_finding_fn fn, void *user,
        int64_t *findings, struct problem *problem) {
    *findings = 0;
    check_file(&inspect->db, fn, user, findings);
    // Rows of a damaged file say nothing.
    if (*findings == 0 && !db_failed(&inspect->db)) {
        check_rows(&inspect->db, fn, user, findings);
    }
    return inspect_end(inspect, problem);
}
