/*
 * conversation - one conversation in memory: members and what is known of
 * its log.
 *
 * Loaded from the engine on first use; whoever needs it meanwhile waits in a
 * bounded queue and is called in order. Kept in a cache bounded by number
 * and bytes: the least recently used one goes first, unless it is held.
 *
 * Owner:   struct chat; pointers are good until the callback returns, longer
 *          only while held
 * Thread:  logic
 * Errors:  nx_status; after an error nobody waits
 */
#ifndef PLUGINS_CHAT_CONVERSATION_H
#define PLUGINS_CHAT_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "plugins/chat/dm.h"
#include "plugins/chat/projection.h"

struct chat;
struct nx_record;
struct nx_strmap;

#define CONVERSATION_MAX     DM_NAME_MAX
#define CONVERSATION_WAITERS 256u

enum conversation_state {
    CONVERSATION_NEW,     // nothing was asked yet
    CONVERSATION_LOADING, // facts are on their way
    CONVERSATION_READY,
};

struct conversation {
    struct chat *chat;
    struct nx_list lru;     // struct chat::lru
    struct nx_list waiting; // struct waiter::link
    uint32_t waiters;
    uint32_t holds;
    struct nx_strmap *members; // user -> struct member
    size_t device_bytes;       // of their devices
    struct projection log;     // index of what passed by, or all of it
    bool log_whole;            // log has texts and reaches back to the start
    bool log_loading;
    bool log_live; // every record passes by since the log was loaded
    enum conversation_state state;
    bool exists;    // is in the engine
    bool open;      // was made for everybody
    bool forgotten; // no longer in the cache, goes with its last hold
    bool pumping;
    uint64_t key;   // 0 until it exists
    uint64_t epoch; // of its log, 0: none yet
    uint64_t last_seq;
    int64_t created_at;
    size_t bytes;       // as counted in struct chat::cached_bytes
    struct nx_str name; // in room
    struct nx_str room_name;
    char room[]; // "chat:" and the name
};

// What somebody needs besides the members: the whole log, or one message of
// it. The message's id is borrowed while waiting.
struct need {
    bool log;
    struct nx_str message;
};

// conv is ready for the need, unless status says that loading failed.
typedef void (*waiter_fn)(
        void *user, struct conversation *conv, nx_status status);

// Embedded in whatever waits.
struct waiter {
    struct nx_list link; // struct conversation::waiting
    struct need need;
    waiter_fn fn;
    void *user;
};

#define ROOM_NAME_MAX (5 + CONVERSATION_MAX)

// The name of a conversation's room, in out. The name is not too long.
struct nx_str conversation_room(struct nx_str name, char out[ROOM_NAME_MAX]);

// And the other way around; absent for other rooms. Borrowed from room.
struct nx_str conversation_of_room(struct nx_str room);

// The one in memory, or NULL.
struct conversation *conversation_find(
        const struct chat *chat, struct nx_str name);
struct conversation *conversation_find_key(
        const struct chat *chat, uint64_t key);

// The one in memory, or a new one that still has to be loaded. May evict
// others. NULL without memory.
struct conversation *conversation_obtain(struct chat *chat, struct nx_str name);

// Whether the need is met and nobody waits in front.
bool conversation_ready(
        const struct conversation *conv, const struct need *need);

// Waits for the need, and begins to load what is missing. waiter->fn is
// called once, never before this returns NX_OK. OVERLOADED: too many wait.
nx_status conversation_wait(struct conversation *conv, struct waiter *waiter);

// Called when something was loaded, or failed to: serves those who wait.
void conversation_pump(struct conversation *conv, nx_status status);

void conversation_hold(struct conversation *conv);
void conversation_release(struct conversation *conv);

// Takes it out of the cache, so that the next use loads it afresh.
void conversation_forget(struct conversation *conv);

// Gives it a key and finds it by that from now on.
bool conversation_set_key(struct conversation *conv, uint64_t key);

// The log is at least this long.
void conversation_saw(
        struct conversation *conv, uint64_t epoch, uint64_t offset);

// Counts its memory anew, and evicts others when there is too much. The
// conversation given is not evicted. Call at the end of a callback only.
void conversation_account(struct conversation *conv);

// Frees all, telling those who wait CANCELLED.
void conversation_finish_all(struct chat *chat);

#endif
