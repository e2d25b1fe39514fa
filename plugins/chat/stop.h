/*
 * stop - one conversation on the way of a session that arrives.
 *
 * A list of stops is the way: the conversations to enter, in that order, and
 * for each what the session's device has missed there.
 *
 * Owner:   struct arrival embeds the list; a stop is good until it changes
 * Thread:  logic
 * Errors:  false without memory; unchanged
 */
#ifndef PLUGINS_CHAT_STOP_H
#define PLUGINS_CHAT_STOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct stop {
    int64_t active_at; // when the user was last active there
    uint64_t epoch;    // of the log that base is a position of, 0: of any
    uint64_t base;     // the device has all up to this
    uint64_t first;    // events from here on are sent, 0: not known yet
    uint64_t next;     // of these, the ones from here on still are
    uint64_t last;     // the end of the log, when last looked at
    bool lost;         // base was a position of a log that is no more
    bool skip;         // nothing to do here, or done
    bool dropped;      // there are events between base and first
    bool told;         // of these
    unsigned rejoins;  // because too much happened meanwhile
    size_t len;
    char name[];
};

struct stops {
    struct stop **list;
    size_t count;
};

void stops_init(struct stops *stops);
void stops_finish(struct stops *stops);

static inline struct nx_str stop_name(const struct stop *stop) {
    struct nx_str name = {stop->name, stop->len};
    return name;
}

bool stops_have(const struct stops *stops, struct nx_str name);

// Adds a conversation at the end.
bool stops_add(struct stops *stops, struct nx_str name);

// Adds one behind those that were active later, and keeps at most max.
bool stops_insert(
        struct stops *stops, struct nx_str name, int64_t active_at, size_t max);

#endif
