/*
 * place - the folder of a database, and the lock that makes it one server's.
 *
 * The folder is made when missing, for its owner alone. The lock is on a file
 * beside the database, because SQLite's own locks are held only while it
 * writes; it ends with the process, whatever ends that.
 *
 * Owner:   whoever embeds it
 * Thread:  that of the owner
 * Errors:  false, and struct problem says why; nothing is held then
 */
#ifndef PLUGINS_STORE_PLACE_H
#define PLUGINS_STORE_PLACE_H

#include <stdbool.h>

#include "plugins/store/problem.h"

#define PLACE_DATABASE "store.db"
#define PLACE_LOCK     "store.lock"

struct place {
    char *database; // path of the file, NULL when not open
    int lock;       // file descriptor, -1 when not held
};

void place_init(struct place *place);

// Makes the folder if need be and takes the lock. PROBLEM_LOCKED names the
// process that has it.
bool place_open(
        struct place *place, const char *folder, struct problem *problem);

// Gives the lock back. A place that is not open is accepted.
void place_close(struct place *place);

// The path of a file in a folder, owned by the caller (free); NULL without
// memory.
char *place_path(const char *folder, const char *file);

// Whether a server holds the lock of the folder now; *pid is its process, 0
// when it cannot be told.
bool place_is_locked(const char *folder, long *pid);

// Makes a new entry of a folder survive power loss.
bool place_sync(const char *folder);

#endif
