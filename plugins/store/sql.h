/*
 * sql - the statements the store runs, each with its name.
 *
 * Prepared once for a connection (db.c). Times are milliseconds UTC. An epoch
 * is stored as the signed number with the same bits.
 *
 * Owner:   constants
 * Thread:  any
 * Errors:  none
 */
#ifndef PLUGINS_STORE_SQL_H
#define PLUGINS_STORE_SQL_H

// X(name, text)
#define SQL_STATEMENTS(X) \
    X(BEGIN, "BEGIN IMMEDIATE") \
    X(BEGIN_READ, "BEGIN") \
    X(COMMIT, "COMMIT") \
    X(META_GET, "SELECT value FROM meta WHERE key = ?1") \
    X(META_SET, \
            "INSERT INTO meta (key, value) VALUES (?1, ?2)" \
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value") \
    X(ROOM_FIND, \
            "SELECT id, epoch, last, keep_count, keep_age FROM room" \
            " WHERE name = ?1") \
    X(ROOM_ADD, \
            "INSERT INTO room (name, epoch, last, keep_count, keep_age)" \
            " VALUES (?1, ?2, 0, 0, 0)") \
    X(ROOM_SET, \
            "UPDATE room SET last = ?2, keep_count = ?3, keep_age = ?4" \
            " WHERE id = ?1") \
    X(ROOM_AGING, \
            "SELECT id, name FROM room WHERE id > ?1 AND keep_age > 0" \
            " ORDER BY id LIMIT ?2") \
    X(RECORD_ADD, \
            "INSERT INTO record (room, seq, time, payload)" \
            " VALUES (?1, ?2, ?3, ?4)") \
    X(RECORD_FIRST, \
            "SELECT seq, time FROM record WHERE room = ?1 AND seq >= ?2" \
            " ORDER BY seq LIMIT 1") \
    X(RECORD_YOUNG, \
            "SELECT seq, time FROM record WHERE room = ?1 AND seq >= ?2" \
            " AND time >= ?3 ORDER BY seq LIMIT 1") \
    X(RECORD_AFTER, \
            "SELECT seq, time, payload FROM record" \
            " WHERE room = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3") \
    X(RECORD_BEFORE, \
            "SELECT seq, time, payload FROM record" \
            " WHERE room = ?1 AND seq >= ?2 AND seq < ?3" \
            " ORDER BY seq DESC LIMIT ?4") \
    X(RECORD_TRIM, "DELETE FROM record WHERE room = ?1 AND seq < ?2") \
    X(DEDUPE_FIND, \
            "SELECT epoch, seq, time, memo, expires FROM dedupe" \
            " WHERE room = ?1 AND key = ?2") \
    X(DEDUPE_ADD, \
            "INSERT INTO dedupe (room, key, expires, epoch, seq, time, memo)" \
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)") \
    X(DEDUPE_DROP, "DELETE FROM dedupe WHERE room = ?1 AND key = ?2") \
    X(DEDUPE_NTH, \
            "SELECT expires FROM dedupe ORDER BY expires" \
            " LIMIT 1 OFFSET ?1") \
    X(DEDUPE_TRIM, "DELETE FROM dedupe WHERE expires <= ?1") \
    X(FACT_FIND, \
            "SELECT revision, expires, value FROM fact" \
            " WHERE space = ?1 AND key = ?2") \
    X(FACT_STATE, \
            "SELECT revision, expires FROM fact" \
            " WHERE space = ?1 AND key = ?2") \
    X(FACT_SET, \
            "INSERT INTO fact (space, key, value, revision, expires)" \
            " VALUES (?1, ?2, ?3, ?4, ?5)" \
            " ON CONFLICT (space, key) DO UPDATE SET value = excluded.value," \
            " revision = excluded.revision, expires = excluded.expires") \
    X(FACT_DROP, "DELETE FROM fact WHERE space = ?1 AND key = ?2") \
    X(FACT_SCAN, \
            "SELECT key, revision, value FROM fact" \
            " WHERE space = ?1 AND key >= ?2" \
            " AND (expires IS NULL OR expires > ?3) ORDER BY key LIMIT ?4") \
    X(FACT_SCAN_TO, \
            "SELECT key, revision, value FROM fact" \
            " WHERE space = ?1 AND key >= ?2 AND key < ?5" \
            " AND (expires IS NULL OR expires > ?3) ORDER BY key LIMIT ?4") \
    X(FACT_NTH, \
            "SELECT expires FROM fact WHERE expires IS NOT NULL" \
            " ORDER BY expires LIMIT 1 OFFSET ?1") \
    X(FACT_TRIM, "DELETE FROM fact WHERE expires IS NOT NULL AND expires <= ?1")

enum sql {
#define SQL_NAME_(name, text) SQL_##name,
    SQL_STATEMENTS(SQL_NAME_)
#undef SQL_NAME_
    SQLS
};

#endif
