/*
 * spread - the same for many users, some of them at a time.
 *
 * Either adds a notification to the inbox of each, or looks which of them
 * nobody has ever heard of.
 *
 * Owner:   whoever embeds it, until done() was called
 * Thread:  logic
 * Errors:  those of single users are collected; the others go on
 */
#ifndef PLUGINS_NOTIFY_SPREAD_H
#define PLUGINS_NOTIFY_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>

struct notice;
struct notify;
struct spread;

// Called once, and may be called before spread_add() or spread_look() returns.
typedef void (*spread_fn)(struct spread *spread);

struct spread {
    struct notify *notify;
    struct notice *notice; // one reference is ours
    struct nx_buf names;   // of the users
    size_t at;             // of the next one
    size_t in_flight;
    bool looking;
    bool running;
    spread_fn done;
    size_t users;
    size_t live;   // of those stored: connected
    size_t queued; // and not
    size_t dropped;
    struct nx_buf failed;    // names, and the word of each one's error
    struct nx_buf strangers; // names, found by looking
    nx_status status;        // of the first that failed
};

void spread_init(struct spread *spread, struct notify *notify);

// Frees what it holds; nothing may be in flight, unless the plugin ends.
void spread_finish(struct spread *spread);

// Adds the notification to the inboxes of all names.
void spread_add(struct spread *spread, struct notice *notice, spread_fn done);

// Fills strangers.
void spread_look(struct spread *spread, spread_fn done);

#endif
