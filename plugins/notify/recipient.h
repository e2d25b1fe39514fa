/*
 * recipient - one user of whom this node has something in hand.
 *
 * Exists while the user has a device here, while a change of the inbox is
 * under way, or while receipts are to be stored. The inbox is here only while
 * it is worked on; between two changes the engine alone has it.
 *
 * Owner:   struct notify; recipient_release() frees it when it is idle
 * Thread:  logic
 * Errors:  NULL without memory
 */
#ifndef PLUGINS_NOTIFY_RECIPIENT_H
#define PLUGINS_NOTIFY_RECIPIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>
#include <nexus/util/list.h>

#include "plugins/notify/inbox.h"
#include "plugins/notify/seqs.h"

struct notify;

enum recipient_state {
    RECIPIENT_RESTING,
    RECIPIENT_READING, // the engine was asked for the inbox
    RECIPIENT_WRITING, // the engine was given a new one
};

struct recipient {
    struct notify *notify;
    struct nx_list devices; // struct device::link
    enum recipient_state state;
    bool running;           // change.c is at work on it
    bool loaded;            // inbox and revision are those of the engine
    unsigned conflicts;     // in a row
    uint64_t revision;      // 0: there is no inbox yet
    struct inbox inbox;     // with what is being written
    struct nx_list waiting; // struct change::link
    struct nx_list batch;   // the same, being written
    struct nx_buf expired;  // names of what the batch found expired
    size_t expired_unread;  // the count after that
    struct nx_list dirty;   // struct notify::dirty
    struct seqs received;   // proved, and not stored yet
    nx_timer_id timer;      // for the next that expires,
    int64_t timer_ms;       // and when that is, UTC
    size_t name_len;
    char name[];
};

// NULL when nothing is in hand.
struct recipient *recipient_find(
        const struct notify *notify, struct nx_str name);

struct recipient *recipient_obtain(struct notify *notify, struct nx_str name);

// To be called when a reason to exist may have gone.
void recipient_release(struct recipient *recipient);

struct nx_str recipient_name(const struct recipient *recipient);

// Frees all, whatever they wait for.
void recipient_finish_all(struct notify *notify);

#endif
