/*
 * inbox - the notifications of one user, and the rules they are kept by.
 *
 * Entries are in the order in which they came, numbered by seq. A full inbox
 * loses the entry of the lowest priority, among those the oldest, which may
 * be the one that is just coming. What has expired counts as gone.
 *
 * Owner:   whoever embeds it; it owns its entries
 * Thread:  any one at a time
 * Errors:  false or INBOX_FAILED without memory; the inbox is as it was
 */
#ifndef PLUGINS_NOTIFY_INBOX_H
#define PLUGINS_NOTIFY_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "plugins/notify/priority.h"

struct entry {
    uint64_t seq; // 1, 2, 3 ... of this user, never used twice
    int64_t created_ms;
    int64_t expires_ms; // 0: never
    int64_t read_ms;    // 0: unread
    enum priority priority;
    bool received; // a device of the user is known to have it
    size_t id_len;
    size_t body_len;
    char text[]; // id, then body: the notification as a JSON object
};

struct inbox {
    struct entry **entries; // by seq
    size_t count;
    size_t cap;
    size_t bytes; // entry_size() of all
    uint64_t last_seq;
};

// What comes in; borrowed for the call.
struct arriving {
    struct nx_str id;
    struct nx_str body;
    enum priority priority;
    int64_t created_ms;
    int64_t expires_ms;
};

struct inbox_limits {
    size_t count;
    size_t bytes;
};

enum inbox_added {
    INBOX_ADDED,
    INBOX_DUPLICATE, // the id is there; nothing has changed
    INBOX_DROPPED,   // everything there matters more
    INBOX_FAILED,
};

// Is told of each entry on its way out.
typedef void (*inbox_leave_fn)(void *user, const struct entry *entry);

void inbox_init(struct inbox *inbox);
void inbox_finish(struct inbox *inbox);

// Forgets everything, the numbering too.
void inbox_clear(struct inbox *inbox);

struct nx_str entry_id(const struct entry *entry);
struct nx_str entry_body(const struct entry *entry);
bool entry_is_over(const struct entry *entry, int64_t now_ms);

// What an entry takes of inbox_limits::bytes.
size_t entry_size(const struct entry *entry);

// A new entry to be filled and appended; NULL without memory.
struct entry *entry_create(struct nx_str id, struct nx_str body);

// Takes the entry over; its seq must be above all others.
bool inbox_append(struct inbox *inbox, struct entry *entry);

// Adds a notification, and tells of what has to leave for it. *seq is its
// number, or that of the one which is there.
enum inbox_added inbox_add(struct inbox *inbox, const struct arriving *arriving,
        const struct inbox_limits *limits, uint64_t *seq,
        inbox_leave_fn evicted, void *user);

// Removes what has expired; returns how many.
size_t inbox_expire(struct inbox *inbox, int64_t now_ms, inbox_leave_fn expired,
        void *user);

// When the next entry expires; 0: never.
int64_t inbox_next_expiry(const struct inbox *inbox);

// Exact, without what has expired.
size_t inbox_unread(const struct inbox *inbox, int64_t now_ms);
size_t inbox_total(const struct inbox *inbox, int64_t now_ms);

// The entry with that id or seq, NULL when there is none.
struct entry *inbox_find(const struct inbox *inbox, struct nx_str id);
struct entry *inbox_find_seq(const struct inbox *inbox, uint64_t seq);

// The index of the first entry with a seq above, count if there is none.
size_t inbox_above(const struct inbox *inbox, uint64_t seq);

void inbox_remove(struct inbox *inbox, const struct entry *entry);

#endif
