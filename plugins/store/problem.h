/*
 * problem - why the database cannot be used, and what to do about it.
 *
 * One sentence for the log line, one for the operator. Shared with nexusctl.
 *
 * Owner:   the caller's stack, or whoever embeds it
 * Thread:  that of the owner
 * Errors:  none; texts that are too long are cut
 */
#ifndef PLUGINS_STORE_PROBLEM_H
#define PLUGINS_STORE_PROBLEM_H

#include <stdbool.h>

#define PROBLEM_MAX 448

// What SQLite's codes and the system's errors come to.
enum problem_kind {
    PROBLEM_NONE,
    PROBLEM_FULL,      // no space left: goes away when there is
    PROBLEM_BUSY,      // somebody else holds SQLite's lock
    PROBLEM_MEMORY,    // the process has no memory
    PROBLEM_READ_ONLY, // files or folder may not be written
    PROBLEM_LOCKED,    // another server has the folder
    PROBLEM_FOREIGN,   // the file is not a database of this program
    PROBLEM_NEWER,     // the schema is of a later version
    PROBLEM_CORRUPT,
    PROBLEM_GONE, // somebody removed or replaced the file
    PROBLEM_IO,   // everything else
};

struct problem {
    enum problem_kind kind;
    bool broken; // the handle it happened on must not be used any more
    char what[PROBLEM_MAX]; // "cannot write /srv/x/store.db: disk I/O error"
};

// What an operator does about problems of this kind, a sentence.
const char *problem_advice(enum problem_kind kind);

// What an errno comes to.
enum problem_kind problem_kind_of(int error);

// Both return false, so that a failing function can end with them.
__attribute__((format(printf, 3, 4))) bool problem_set(struct problem *problem,
        enum problem_kind kind, const char *format, ...);

// With the text and the kind of errno: "cannot <verb> <path>: <text>".
bool problem_set_errno(
        struct problem *problem, const char *verb, const char *path);

#endif
