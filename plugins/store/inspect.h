/*
 * inspect - a database looked at from outside, whether a server runs or not.
 *
 * For nexusctl. Reads through a connection that cannot write, in one read
 * transaction; only vacuum writes, and only while no server runs.
 *
 * Owner:   the caller
 * Thread:  that of the owner
 * Errors:  false, and struct problem says why
 */
#ifndef PLUGINS_STORE_INSPECT_H
#define PLUGINS_STORE_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "plugins/store/problem.h"

struct inspect;

struct inspect_stats {
    long server; // process that has the folder, 0: none
    int64_t schema;
    uint64_t database_bytes;
    uint64_t wal_bytes;
    uint64_t free_bytes; // of the file, that vacuum would give back
    uint64_t epoch;      // of new logs
    int64_t rooms;
    int64_t records;
    int64_t facts;
    int64_t dedupe_keys;
    int64_t oldest_ms; // of the records, 0: none
    int64_t newest_ms;
};

// Opens the database in a folder. NULL and a problem when it is not one of
// this version.
struct inspect *inspect_open(const char *folder, struct problem *problem);

// Accepts NULL.
void inspect_close(struct inspect *inspect);

bool inspect_stats(struct inspect *inspect, struct inspect_stats *stats,
        struct problem *problem);

// Called for each finding, a sentence.
typedef void (*inspect_finding_fn)(void *user, const char *text);

// SQLite's own check of the file, then what the store promises about its
// rows. *findings is how many there were.
bool inspect_check(struct inspect *inspect, inspect_finding_fn fn, void *user,
        int64_t *findings, struct problem *problem);

// Writes everything as JSON Lines, see docs/operations.md. False also when
// the stream fails.
bool inspect_export(
        struct inspect *inspect, FILE *out, struct problem *problem);

// Writes a copy to a new file, as of one moment, without keeping the server
// waiting.
bool inspect_backup(
        struct inspect *inspect, const char *file, struct problem *problem);

// Gives unused space back. PROBLEM_LOCKED while a server has the folder.
bool inspect_vacuum(const char *folder, uint64_t *before, uint64_t *after,
        struct problem *problem);

#endif
