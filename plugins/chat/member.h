/*
 * member - one user of one conversation: since when, how far read.
 *
 * A member is two facts in the engine, and while the conversation is in
 * memory a struct member. Watermarks that move often are written lazily,
 * some seconds of them in one put; never is more than one put of a member
 * on its way. Whoever must know that a change is safe waits for that put.
 *
 * Owner:   struct conversation
 * Thread:  logic
 * Errors:  nx_status; a change whose put fails is tried again, or, for a new
 *          member, the conversation is loaded afresh
 */
#ifndef PLUGINS_CHAT_MEMBER_H
#define PLUGINS_CHAT_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/rooms.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

#include "plugins/chat/device.h"

struct chat;
struct conversation;
struct nx_fact;
struct nx_json;
struct nx_json_v1;
struct putting;

#define MEMBERS_MAX   100000 // the limit of the setting
#define MEMBER_BYTES  256    // what one costs, roughly
#define MEMBER_LISTED 100    // an answer lists no more

struct member {
    struct conversation *conversation;
    struct nx_list dirty;   // struct chat::dirty; holds the conversation
    struct nx_list waiting; // struct stored::link, for the next put
    int64_t joined_at;
    uint64_t joined_seq; // the last message before
    uint64_t epoch;      // of the log these are positions of, 0: of any
    uint64_t read;       // watermarks: this one and all before
    uint64_t delivered;  // to the first device that has it
    struct devices devices;
    int64_t active_at;  // when the user last wrote or read here
    int64_t indexed_at; // the active_at that chat.list and log-in know of
    bool creator;
    bool changed; // since the last put
    bool removed; // no longer a member; goes when its last put is done
    struct putting *putting; // on its way, or NULL
    struct nx_str name;      // in text
    char text[];
};

typedef void (*stored_fn)(void *user, nx_status status);

// Somebody waits until a member's changes are safe. Embedded in a context.
struct stored {
    struct nx_list link;
    stored_fn fn;
    void *user;
};

struct member *member_find(const struct conversation *conv, struct nx_str user);

// A member of the conversation in memory only. NULL without memory or at the
// limit of the table.
struct member *member_new(struct conversation *conv, struct nx_str user);

// Fills in what the engine knows. False when it is not readable.
bool member_read(struct member *member, const struct nx_json_v1 *json,
        const struct nx_json *fact);

// The log has become another one: positions mean nothing any more.
void member_reset(struct member *member, uint64_t epoch);

// Where a device is that may have no cursor yet. since is when it was first
// seen, 0 when that is not known; false when the answer depends on that.
bool member_cursor(const struct member *member, const struct device_ref *device,
        int64_t since, struct nx_position *out);

// Remembers a device that connected, at that position if it is new.
void member_meet(struct member *member, const struct device_ref *device,
        const struct nx_position *position);

// Frees it, whatever state it is in. Accepts NULL.
void member_free(struct member *member);

// A new member of a conversation that exists: writes both facts. LIMIT: too
// many members.
nx_status member_add(struct conversation *conv, struct nx_str user,
        bool creator, struct member **out);

// Ends the membership: removes both facts. wait, unless NULL, is called when
// that is safe; on error nothing is called and nothing changed.
nx_status member_remove(struct member *member, struct stored *wait);

// A watermark moved: write it within seconds.
void member_touch(struct member *member);

// The user did something here.
void member_active(struct member *member);

// Calls wait->fn when everything up to now is safe, at once if it is
// already. Never fails in another way than through fn.
void member_store(struct member *member, struct stored *wait);

// Begins to write all lazy changes; true when there is nothing left to do.
bool member_flush_all(struct chat *chat);

// Forgets lazy changes, before everything is freed.
void member_drop_dirty(struct chat *chat);

#endif
