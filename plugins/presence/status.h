/*
 * status - what a user may be: one table for the enum, its word, its event.
 *
 * Others see OFFLINE to BUSY; a user may choose ONLINE (which leaves it to
 * the server to say online or away), AWAY, BUSY and INVISIBLE.
 *
 * Thread:  any
 * Errors:  false for a word that is none
 */
#ifndef PLUGINS_PRESENCE_STATUS_H
#define PLUGINS_PRESENCE_STATUS_H

#include <stdbool.h>

#include <nexus/types.h>

// X(NAME, word, event told to others, may be chosen)
#define STATUSES(X) \
    X(OFFLINE, "offline", "presence.offline", false) \
    X(ONLINE, "online", "presence.online", true) \
    X(AWAY, "away", "presence.away", true) \
    X(BUSY, "busy", "presence.busy", true) \
    X(INVISIBLE, "invisible", NULL, true)

enum status {
#define STATUS_ENUM_(name, word, event, chosen) STATUS_##name,
    STATUSES(STATUS_ENUM_)
#undef STATUS_ENUM_
    STATUS_COUNT
};

const char *status_word(enum status status);

// NULL for INVISIBLE, which nobody is told of.
const char *status_event(enum status status);

// Reads a word that a user may choose.
bool status_choose(struct nx_str word, enum status *out);

#endif
