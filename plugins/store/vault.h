/*
 * vault - the database of one server: folder, lock, file, and what is kept in
 * memory of it.
 *
 * Opening checks before it writes: a file that is foreign, newer or damaged
 * is left as it is. After an error the handle is given up and the file opened
 * again; only when a commit has gone through is it trusted.
 *
 * Owner:   struct store embeds it
 * Thread:  the logic thread until the writer runs, then the writer
 * Errors:  false; vault->db.problem says why
 */
#ifndef PLUGINS_STORE_VAULT_H
#define PLUGINS_STORE_VAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/store/batch.h"
#include "plugins/store/db.h"
#include "plugins/store/place.h"

struct vault {
    struct place place;
    struct db db;
    struct batch batch;
    const char *folder;   // borrowed, NULL until it was opened
    uint64_t inode;       // of the file that is open
    uint64_t check_bytes; // files up to this size are examined when opened
    bool suspect;         // an error was seen: examine whatever the size
};

// False without memory. options and limits are copied.
bool vault_init(struct vault *vault, const struct db_options *options,
        const struct batch_limits *limits, uint64_t check_bytes);
void vault_finish(struct vault *vault);

// Takes the folder, which is borrowed from now on, and opens the database in
// it. After an error nothing is held.
bool vault_open(struct vault *vault, const char *folder, int64_t now_ms);

// Gives up the handle after an error, and with it the transaction that failed;
// the folder stays taken.
void vault_abandon(struct vault *vault);

// Opens what was closed or abandoned again, or tries what is open, until a commit has
// gone through. After an error it may be open for reading.
bool vault_recover(struct vault *vault, int64_t now_ms);

// Closes everything and gives the folder back.
void vault_close(struct vault *vault);

// Whether the file that is open is still the one in the folder. If not, what
// is written would be gone with the process.
bool vault_is_there(struct vault *vault);

// Sizes of the files in bytes, 0 when they are not there.
void vault_sizes(const struct vault *vault, uint64_t *database, uint64_t *wal);

#endif
