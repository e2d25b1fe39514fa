/*
 * sqlite_ceiling - what SQLite alone can commit on this disk.
 *
 * Writes the rows that the store writes for chat messages, nothing else: no
 * sockets, no JSON, no threads. Each transaction holds one message of every
 * publisher, which is what the store's group commit comes to. Prints one JSON
 * object: messages per second, and how long a transaction takes.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/die.h"
#include "bench/lib/histogram.h"
#include "bench/lib/moment.h"
#include "bench/lib/report.h"

enum {
    PAYLOAD_MAX = 65536,
    ENVELOPE = 230, // bytes that the event has beside the content
    KEPT = 1000,    // records of a room
    TRIM = 32,      // deleted at a time, as the store does
    DAY_MS = 86400000
};

enum statement {
    BEGIN,
    COMMIT,
    FIND_KEY,
    ADD_RECORD,
    ADD_KEY,
    SET_ROOM,
    TRIM_ROOM,
    SET_META,
    STATEMENTS
};

static const char *const texts[STATEMENTS] = {
        [BEGIN] = "BEGIN IMMEDIATE",
        [COMMIT] = "COMMIT",
        [FIND_KEY] = "SELECT seq FROM dedupe WHERE room = ?1 AND key = ?2",
        [ADD_RECORD] = "INSERT INTO record VALUES (?1, ?2, ?3, ?4)",
        [ADD_KEY] = "INSERT INTO dedupe VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6)",
        [SET_ROOM] = "UPDATE room SET last = ?2 WHERE id = ?1",
        [TRIM_ROOM] = "DELETE FROM record WHERE room = ?1 AND seq < ?2",
        [SET_META] = "UPDATE meta SET value = ?1 WHERE key = 'dedupe_keys'",
};

// The store's schema, see plugins/store/schema.c.
static const char schema[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;"
        "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value INTEGER)"
        " WITHOUT ROWID, STRICT;"
        "INSERT INTO meta VALUES ('dedupe_keys', 0);"
        "CREATE TABLE room (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
        " epoch INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;"
        "CREATE TABLE record (room INTEGER NOT NULL, seq INTEGER NOT NULL,"
        " time INTEGER NOT NULL, payload TEXT NOT NULL,"
        " PRIMARY KEY (room, seq)) WITHOUT ROWID, STRICT;"
        "CREATE TABLE dedupe (room INTEGER NOT NULL, key BLOB NOT NULL,"
        " expires INTEGER NOT NULL, epoch INTEGER NOT NULL,"
        " seq INTEGER NOT NULL, time INTEGER NOT NULL, memo BLOB NOT NULL,"
        " PRIMARY KEY (room, key)) WITHOUT ROWID, STRICT;"
        "CREATE INDEX dedupe_expires ON dedupe (expires);";

struct ceiling {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    int publishers;
    int size; // of a payload
    char *payload;
    sqlite3_int64 seq;
    sqlite3_int64 keys;
    struct histogram histogram;
    unsigned long long messages;
};

static void check(struct ceiling *ceiling, int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        die("sqlite: %s", sqlite3_errmsg(ceiling->db));
    }
}

static sqlite3_stmt *statement(struct ceiling *ceiling, enum statement name) {
    return ceiling->statements[name];
}

static void run(struct ceiling *ceiling, enum statement name) {
    check(ceiling, sqlite3_step(statement(ceiling, name)));
    check(ceiling, sqlite3_reset(statement(ceiling, name)));
}

static void open_database(struct ceiling *ceiling, const char *path) {
    check(ceiling, sqlite3_open(path, &ceiling->db));
    check(ceiling, sqlite3_exec(ceiling->db, schema, NULL, NULL, NULL));
    for (int i = 0; i < ceiling->publishers; i++) {
        char sql[96];
        (void)snprintf(sql, sizeof(sql),
                "INSERT INTO room VALUES (%d, 'chat:b%d', 1, 0)", i + 1, i);
        check(ceiling, sqlite3_exec(ceiling->db, sql, NULL, NULL, NULL));
    }
    for (int i = 0; i < STATEMENTS; i++) {
        check(ceiling,
                sqlite3_prepare_v3(ceiling->db, texts[i], -1,
                        SQLITE_PREPARE_PERSISTENT, &ceiling->statements[i],
                        NULL));
    }
}

static void bind_key(
        struct ceiling *ceiling, sqlite3_stmt *s, int room, char key[64]) {
    int length = snprintf(key, 64, "bench-%d/%lld", room,
            (long long)ceiling->seq + 1000000000000000);
    (void)sqlite3_bind_int64(s, 1, room + 1);
    (void)sqlite3_bind_blob(s, 2, key, length, SQLITE_STATIC);
}

static void write_message(struct ceiling *ceiling, int room, long long now) {
    char key[64];
    sqlite3_stmt *s = statement(ceiling, FIND_KEY);
    bind_key(ceiling, s, room, key);
    run(ceiling, FIND_KEY);
    s = statement(ceiling, ADD_RECORD);
    (void)sqlite3_bind_int64(s, 1, room + 1);
    (void)sqlite3_bind_int64(s, 2, ceiling->seq);
    (void)sqlite3_bind_int64(s, 3, now);
    (void)sqlite3_bind_text(
            s, 4, ceiling->payload, ceiling->size, SQLITE_STATIC);
    run(ceiling, ADD_RECORD);
    s = statement(ceiling, ADD_KEY);
    bind_key(ceiling, s, room, key);
    (void)sqlite3_bind_int64(s, 3, now + DAY_MS);
    (void)sqlite3_bind_int64(s, 4, ceiling->seq);
    (void)sqlite3_bind_int64(s, 5, now);
    (void)sqlite3_bind_blob(s, 6, ceiling->payload, 33, SQLITE_STATIC);
    run(ceiling, ADD_KEY);
    s = statement(ceiling, SET_ROOM);
    (void)sqlite3_bind_int64(s, 1, room + 1);
    (void)sqlite3_bind_int64(s, 2, ceiling->seq);
    run(ceiling, SET_ROOM);
    if (ceiling->seq > KEPT && ceiling->seq % TRIM == 0) {
        s = statement(ceiling, TRIM_ROOM);
        (void)sqlite3_bind_int64(s, 1, room + 1);
        (void)sqlite3_bind_int64(s, 2, ceiling->seq - KEPT);
        run(ceiling, TRIM_ROOM);
    }
}

static void transaction(struct ceiling *ceiling, long long now) {
    unsigned long long began = moment_ns();
    ceiling->seq++;
    run(ceiling, BEGIN);
    for (int i = 0; i < ceiling->publishers; i++) {
        write_message(ceiling, i, now);
    }
    ceiling->keys += ceiling->publishers;
    (void)sqlite3_bind_int64(statement(ceiling, SET_META), 1, ceiling->keys);
    run(ceiling, SET_META);
    run(ceiling, COMMIT);
    histogram_record(&ceiling->histogram, moment_ns() - began);
    ceiling->messages += (unsigned long long)ceiling->publishers;
}

static void serve(struct ceiling *ceiling, double seconds) {
    unsigned long long began = moment_ns();
    unsigned long long end =
            began + (unsigned long long)(seconds * (double)MOMENT_SECOND);
    for (unsigned long long now = began; now < end; now = moment_ns()) {
        transaction(ceiling, (long long)(now / 1000000));
    }
}

static double number(const char *text, double least, double most) {
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most)) {
        die("a number from %g to %g, not '%s'", least, most, text);
    }
    return value;
}

static void finish(struct ceiling *ceiling) {
    for (int i = 0; i < STATEMENTS; i++) {
        (void)sqlite3_finalize(ceiling->statements[i]);
    }
    (void)sqlite3_close(ceiling->db);
    free(ceiling->payload);
}

int main(int argc, char **argv) {
    static struct ceiling ceiling; // the histogram is too large for the stack
    if (argc != 6) {
        die("usage: sqlite_ceiling <new file> <publishers> <content bytes> "
            "<warm-up seconds> <seconds>");
    }
    ceiling.publishers = (int)number(argv[2], 1, 100000);
    ceiling.size = (int)number(argv[3], 1, PAYLOAD_MAX) + ENVELOPE;
    ceiling.payload = malloc((size_t)ceiling.size);
    if (ceiling.payload == NULL) {
        die("out of memory");
    }
    memset(ceiling.payload, 'x', (size_t)ceiling.size);
    open_database(&ceiling, argv[1]);
    serve(&ceiling, number(argv[4], 0, 3600));
    histogram_clear(&ceiling.histogram);
    ceiling.messages = 0;
    unsigned long long began = moment_ns();
    serve(&ceiling, number(argv[5], 0.1, 3600));
    double spent = (double)(moment_ns() - began) / (double)MOMENT_SECOND;
    struct report out;
    report_begin(&out, true, "sqlite_ceiling");
    report_number(&out, "publishers", ceiling.publishers);
    report_number(&out, "messages_per_s", (double)ceiling.messages / spent);
    report_latency(&out, &ceiling.histogram);
    report_end(&out);
    finish(&ceiling);
    return EXIT_SUCCESS;
}
