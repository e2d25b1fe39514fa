/*
 * gap - tells a session that records were not sent to it: system.gap.
 *
 * Thread:  logic
 * Errors:  NULL without memory
 */
#ifndef PLUGINS_CHAT_GAP_H
#define PLUGINS_CHAT_GAP_H

#include <stdint.h>

#include <nexus/types.h>

struct chat;

struct gap {
    struct nx_str conversation;
    uint64_t epoch; // of the log
    uint64_t from;  // the first record that is missing
    uint64_t to;    // the last one; from - 1: none of this log is
    const char *reason;
};

#define GAP_LIMIT   "limit"   // more was waiting than offline.max_per_user
#define GAP_EXPIRED "expired" // the log no longer keeps it
#define GAP_LOST    "lost"    // the log is another one than before

// The event, which is counted as sent.
struct nx_writer *gap_event(const struct chat *chat, const struct gap *gap);

#endif
