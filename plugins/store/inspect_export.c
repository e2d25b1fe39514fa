#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "plugins/store/inspect_parts.h"

#define HEX_OF(byte) "0123456789abcdef"[(byte)&0xf]

// A table and how one of its rows becomes an object.
struct table {
    const char *sql;
    json_t *(*row)(sqlite3_stmt *statement);
};

// Text where it is text, else {"hex": "..."}.
static json_t *text_or_hex(sqlite3_stmt *statement, int column) {
    const unsigned char *bytes = sqlite3_column_blob(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    json_t *text = json_stringn(len > 0 ? (const char *)bytes : "", len);
    if (text) {
        return text;
    }
    char *hex = malloc(2 * len + 1);
    for (size_t i = 0; hex && i < len; i++) {
        hex[2 * i] = HEX_OF(bytes[i] >> 4);
        hex[2 * i + 1] = HEX_OF(bytes[i]);
    }
    text = hex ? json_pack("{s:s#}", "hex", hex, (int)(2 * len)) : NULL;
    free(hex);
    return text;
}

// JSON as it is, everything else as above.
static json_t *json_or_text(sqlite3_stmt *statement, int column) {
    const char *bytes = sqlite3_column_blob(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    json_t *value = len > 0
            ? json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL)
            : NULL;
    return value ? value : text_or_hex(statement, column);
}

// Numbers of 64 bits are not exact in every JSON reader.
static json_t *epoch_of(sqlite3_stmt *statement, int column) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%016" PRIx64,
            (uint64_t)sqlite3_column_int64(statement, column));
    return json_string(text);
}

static json_t *room_row(sqlite3_stmt *statement) {
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I}", "type", "room", "room",
            text_or_hex(statement, 0), "epoch", epoch_of(statement, 1), "last",
            (json_int_t)sqlite3_column_int64(statement, 2), "keep_count",
            (json_int_t)sqlite3_column_int64(statement, 3), "keep_age_ms",
            (json_int_t)sqlite3_column_int64(statement, 4));
}

static json_t *record_row(sqlite3_stmt *statement) {
    return json_pack("{s:s, s:o, s:I, s:I, s:o}", "type", "record", "room",
            text_or_hex(statement, 0), "seq",
            (json_int_t)sqlite3_column_int64(statement, 1), "time_ms",
            (json_int_t)sqlite3_column_int64(statement, 2), "event",
            json_or_text(statement, 3));
}

static json_t *fact_row(sqlite3_stmt *statement) {
    json_t *row =
            json_pack("{s:s, s:o, s:o, s:I, s:o}", "type", "fact", "plugin",
                    text_or_hex(statement, 0), "key", text_or_hex(statement, 1),
                    "revision", (json_int_t)sqlite3_column_int64(statement, 2),
                    "value", json_or_text(statement, 3));
    if (row && sqlite3_column_type(statement, 4) != SQLITE_NULL) {
        (void)json_object_set_new(row, "expires_ms",
                json_integer(sqlite3_column_int64(statement, 4)));
    }
    return row;
}

static const struct table tables[] = {
        {"SELECT name, epoch, last, keep_count, keep_age FROM room"
         " ORDER BY name",
                room_row},
        {"SELECT name, seq, time, payload FROM record"
         " JOIN room ON room.id = record.room ORDER BY record.room, seq",
                record_row},
        {"SELECT space, key, revision, value, expires FROM fact"
         " ORDER BY space, key",
                fact_row},
};

static bool write_row(json_t *row, FILE *out) {
    bool good = row && json_dumpf(row, out, JSON_COMPACT) == 0
            && fputc('\n', out) != EOF;
    json_decref(row);
    return good;
}

static bool export_table(struct db *db, const struct table *table, FILE *out) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, table->sql, -1, &statement, NULL);
    bool written = true;
    while (written && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            written = write_row(table->row(statement), out);
        }
    }
    if (!written) {
        (void)problem_set_errno(&db->problem, "write", "the export");
    } else if (code != SQLITE_DONE) {
        (void)problem_set(&db->problem, PROBLEM_CORRUPT, "cannot read %s: %s",
                db->path, sqlite3_errmsg(db->handle));
    }
    (void)sqlite3_finalize(statement);
    return !db_failed(db);
}

bool inspect_export(
        struct inspect *inspect, FILE *out, struct problem *problem) {
    struct db *db = &inspect->db;
    bool good = true;
    for (size_t i = 0; good && i < sizeof(tables) / sizeof(tables[0]); i++) {
        good = export_table(db, &tables[i], out);
    }
    if (good && fflush(out) != 0) {
        (void)problem_set_errno(&db->problem, "write", "the export");
    }
    return inspect_end(inspect, problem);
}
