/*
 * resume_table - what resume.c and resume_store.c share of struct resume.
 *
 * Thread:  logic
 * Errors:  as said
 */
#ifndef KERNEL_CORE_RESUME_TABLE_H
#define KERNEL_CORE_RESUME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "kernel/base/timers.h"
#include "kernel/core/resume.h"
#include "kernel/core/resume_record.h"

struct nx_strmap;

// Of SHA-256: as much as there is to a secret.
#define RESUME_HASH_BYTES RESUME_SECRET_BYTES

// What is kept of a session without a connection.
struct resume_away {
    struct resume_entry *entry;
    struct nx_list link;      // struct resume::away, in order of ending
    struct nx_list user_link; // struct resume_user::entries
    int64_t until_ms;         // when it ends, UTC
    struct resume_record record;
    char *user;   // owned
    char *device; // owned
    bool device_made_up;
    bool counted; // in resume::away_count, and its user's
};

// One session that can be resumed. While it is connected, what it is can be
// asked of itself.
struct resume_entry {
    struct resume *resume;
    nx_session_id session;    // 0: it has no connection
    struct resume_away *away; // NULL: it has one
    // Of resume_store.c:
    struct nx_list ready_link; // struct resume::ready
    struct timer timer;        // until it may be written again
    int64_t written_ms;        // monotonic, of the last write
    bool written;              // the engine has, or will have, a copy
    bool dirty;                // that is out of date

    bool has_former; // until the welcome with the new token has arrived
    unsigned char former[RESUME_HASH_BYTES]; // of the token before
    unsigned char hash[RESUME_HASH_BYTES];   // of the token
    char id[];                               // less than RESUME_ID_SIZE
};

// A user with sessions that are away.
struct resume_user {
    struct nx_list entries; // struct resume_away::user_link, oldest first
    size_t count;
};

struct resume {
    struct core *core;
    struct nx_strmap *by_id;   // struct resume_entry
    struct nx_strmap *by_user; // struct resume_user
    struct nx_list away;       // struct resume_away::link
    size_t away_count;
    struct timer timer; // when the first of them ends
    // Of resume_store.c:
    struct nx_list ready;  // struct resume_entry::ready_link, to be written
    struct nx_list writes; // on their way
    size_t write_count;
    size_t dirty_count;
    bool loading;
    bool load_failed;
};

struct resume_entry *resume_entry_create(
        struct resume *resume, struct nx_str id);

// Forgets it here, and in the engine.
void resume_entry_drop(struct resume_entry *entry);

// Gives it an empty record of that user and device. False without memory.
bool resume_entry_set_away(
        struct resume_entry *entry, struct nx_str user, struct nx_str device);

// It has no connection: counts it among those away until until_ms (UTC).
// False without memory: it is dropped.
bool resume_entry_go_away(struct resume_entry *entry, int64_t until_ms);

#endif
