/*
 * change - something to be done with one user's inbox, exactly once.
 *
 * The changes of a user happen one after the other: the inbox is read, all
 * that wait are applied to it, and it is written on the condition that
 * nobody else has written it meanwhile. If somebody has, another node, they
 * are applied anew to what is there then. So counts are always those of the
 * inbox they were counted in.
 *
 * Owner:   the module that submits it; change_submit() takes it over, and it
 *          comes back through done() or drop()
 * Thread:  logic
 * Errors:  OVERLOADED, NO_MEMORY: it stays the caller's
 */
#ifndef PLUGINS_NOTIFY_CHANGE_H
#define PLUGINS_NOTIFY_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

struct change;
struct inbox;
struct notify;
struct recipient;

// How it ended. With an error nothing is known of the inbox, and it is not
// known either whether it was changed.
struct change_result {
    nx_status status;
    int64_t now_ms; // the time that counted
};

struct change {
    struct nx_list link; // struct recipient::waiting or ::batch
    struct recipient *recipient;
    // Does it and says whether that made a difference; NULL for one that only
    // looks. May be called again, with another inbox.
    bool (*apply)(struct change *change, struct inbox *inbox, int64_t now_ms);
    // It is stored, or has failed. recipient->inbox may be looked at, which
    // may already have what came after.
    void (*done)(struct change *change, const struct change_result *result);
    // Frees it: the plugin ends and nobody is to be told.
    void (*drop)(struct change *change);
};

// Does not call done() before it returns, unless storage refuses at once.
nx_status change_submit(
        struct notify *notify, struct nx_str user, struct change *change);

// Works on what waits, and lets go of a recipient for whom nothing does.
void change_go_on(struct recipient *recipient);

// Frees those of a recipient that is about to be freed.
void change_drop_all(struct recipient *recipient);

#endif
