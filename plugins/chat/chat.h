/*
 * chat - one instance of the plugin: its settings and everything it holds.
 *
 * What must last is in the engine: records of a conversation in the log of
 * its room, facts about members beside it (key.h). This struct is a cache of
 * that, plus who is typing and what waits for an answer.
 *
 * Owner:   plugin.c creates and destroys it
 * Thread:  logic
 */
#ifndef PLUGINS_CHAT_CHAT_H
#define PLUGINS_CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/sdk.h>
#include <nexus/util/list.h>
#include <nexus/util/strmap.h>

#include "plugins/chat/arrival.h"
#include "plugins/chat/typing.h"

struct conversation;

#define CHAT_ID_MAX   128 // bytes of a user id, or of a conversation id
#define CHAT_TEXT_MAX 128 // of a username, a content type

// A little more than the setting allows: those that are held come on top.
#define CHAT_CONVERSATIONS_MAX 1100000

// Answers with many messages end before they grow beyond this. The first
// message always goes: what that may come to.
#define CHAT_ANSWER_BYTES     ((size_t)256 << 10)
#define CHAT_ANSWER_BYTES_MAX (CHAT_ANSWER_BYTES + ((size_t)16 << 20))

struct chat_settings {
    uint32_t history;     // records kept in a conversation's log
    uint64_t keep_age_ms; // 0: no limit
    size_t content_bytes;
    uint32_t typing_lease_ms;
    uint32_t members;           // of one conversation, at most
    uint32_t delivered_members; // above, nobody is told of single receipts
    uint32_t offline_messages;  // that wait for a user, the server's setting
    uint32_t devices;           // of one user, with a cursor each
    size_t window_bytes;        // sent at a time to a device that comes back
    uint32_t rooms_at_login;
    size_t cache_conversations;
    size_t cache_bytes;
    bool open_conversations;
    bool mention_notifications;
};

struct chat_metrics {
    nx_metric_id messages;
    nx_metric_id duplicates;
    nx_metric_id edits;
    nx_metric_id deletes;
    nx_metric_id receipts;
    nx_metric_id reads;
    nx_metric_id backlog;
    nx_metric_id gaps;
    nx_metric_id gap_records;
    nx_metric_id failed_writes;
    nx_metric_id conversations;
    nx_metric_id cached_bytes;
    nx_metric_id typing;
};

struct chat {
    const struct nx_host *host;
    struct nx_sdk sdk;
    struct chat_settings settings;
    struct chat_metrics metrics;
    struct nx_strmap *by_name; // name -> struct conversation
    struct nx_strmap *by_key;  // 8 bytes of its key -> the same
    struct nx_list lru;        // struct conversation::lru, newest first
    struct nx_list forgotten;  // the same link, those no longer cached
    size_t cached_bytes;
    struct nx_list calls;      // struct call::link
    struct nx_list late_calls; // the same, those that may take minutes
    struct nx_list dirty;      // struct member::dirty
    nx_timer_id flush_timer;   // runs while somebody is dirty
    bool quiet;                // quiesced: no new timers, no new places
                               // in rooms, but engine and answers work
    bool finishing;            // destroy() has begun, holds mean nothing
    size_t parked_bytes;       // requests that wait for a conversation
    struct typing typing;
    struct arrivals arrivals;
    struct nx_plugin plugin;
};

// One request to the server whose completion has not come. Embedded as the
// first member of its context; the list lets destroy() find them all.
struct call {
    struct nx_list link;               // struct chat::calls
    struct conversation *conversation; // held, or NULL
    // Frees the context; NULL: free().
    void (*drop)(struct call *call);
};

// Before and after the wait; after it the context is the caller's to free.
// Holds the conversation, which may be NULL, in between.
void call_begin(
        struct chat *chat, struct call *call, struct conversation *conv);
void call_end(struct call *call);

// The same for what no reload should wait for.
void call_begin_late(struct chat *chat, struct call *call);

// Frees the contexts of all calls whose completion will never come.
void call_drop_all(struct chat *chat);

// Conveniences over the interfaces.
int64_t chat_now(const struct chat *chat);
void chat_count(const struct chat *chat, nx_metric_id metric);
uint64_t chat_random(void);

// Answers with an error that has a sentence of its own, and returns NX_DONE.
int32_t chat_refuse(const struct chat *chat, nx_op_id op, nx_status status,
        const char *message);

// Answers with an error by its status alone.
void chat_fail(const struct chat *chat, nx_op_id op, nx_status status);

#endif
