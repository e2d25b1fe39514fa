/*
 * agenda - when to look at which user next.
 *
 * A binary heap of due times with one timer of the host for the earliest:
 * grace periods and idleness of any number of users, of lengths that differ,
 * where a timer of the host for each would meet its limit of 65,536.
 *
 * Owner:   struct presence embeds it; entries are embedded in persons
 * Thread:  logic
 * Errors:  false without memory: the entry is not on the agenda
 */
#ifndef PLUGINS_PRESENCE_AGENDA_H
#define PLUGINS_PRESENCE_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One user's place. Zeroed: not on the agenda.
struct agenda_entry {
    uint64_t due_ms;
    size_t place; // 1 + index in the heap, 0: none
};

struct agenda {
    struct agenda_entry **heap; // the earliest first
    size_t count;
    size_t cap;
};

void agenda_finish(struct agenda *agenda);

// Puts the entry on the agenda, or moves it.
bool agenda_set(
        struct agenda *agenda, struct agenda_entry *entry, uint64_t due_ms);

// Takes it off, if it is on.
void agenda_remove(struct agenda *agenda, struct agenda_entry *entry);

// The earliest, NULL when there is none.
struct agenda_entry *agenda_first(const struct agenda *agenda);

#endif
