/*
 * person - a user as presence knows it, and what others see of it.
 *
 * Exists while somebody needs it: it has sessions or had one a moment ago,
 * somebody has subscribed to it or asks about it, or something of it is to be
 * stored. Whatever ends such a need calls person_release_if_idle.
 *
 * Owner:   struct presence, by name
 * Thread:  logic
 * Errors:  person_take: NULL without memory and beyond the setting `users`
 */
#ifndef PLUGINS_PRESENCE_PERSON_H
#define PLUGINS_PRESENCE_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "plugins/presence/agenda.h"
#include "plugins/presence/choice.h"
#include "plugins/presence/idset.h"
#include "plugins/presence/status.h"

struct presence;
struct update;

struct person {
    struct presence *presence;
    struct choice *choice; // stored; NULL: none
    int64_t last_seen;     // UTC, for whoever is offline; 0: never

    bool present;     // has sessions
    bool lingering;   // had one, and grace has not passed
    bool idle;        // all its sessions are
    bool loaded;      // choice and last_seen are known
    bool loading;     // they are being read
    bool hidden;      // the server was told to hide it
    uint64_t left_ms; // when its last session ended
    uint64_t saved_ms;
    struct agenda_entry agenda;
    struct idset left;    // rooms it was in when its last session ended
    struct idset entered; // rooms whose members are to be told

    enum status told;   // what others were told last
    bool texts_changed; // since then
    struct idset heard; // sessions told of the present state, sorted
    uint64_t heard_ms;

    struct nx_list subscribers; // struct subscription::person_link
    struct nx_list news;        // struct presence::news
    struct nx_list load;        // struct presence::unloaded
    struct nx_list save;        // struct presence::unsaved
    struct nx_list waits;       // struct wait::link, until loaded
    struct nx_list updates;     // struct update::link, the first is written
    size_t update_count;
    bool putting;          // being written
    bool put_is_update;    // the first of updates
    bool save_again;       // last_seen came to be due meanwhile
    int64_t put_seen;      // the last_seen that is being written
    uint32_t holds;        // by queries and by watchers that are behind
    uint64_t minute_ms;    // when the minute of minute_count began
    uint32_t minute_count; // updates in it
    size_t name_len;
    char name[];
};

struct person *person_find(const struct presence *presence, struct nx_str name);

// Found or made, offline and not loaded.
struct person *person_take(struct presence *presence, struct nx_str name);

void person_hold(struct person *person);
void person_drop(struct person *person); // may free it

// Frees it if nobody needs it.
void person_release_if_idle(struct person *person);

// Frees it whoever needs it: the instance ends.
void person_destroy(struct person *person);

static inline struct nx_str person_name(const struct person *person) {
    struct nx_str name = {person->name, person->name_len};
    return name;
}

// The person in a map from persons: which it is, whatever its name.
struct person_key {
    uint64_t number;
};

static inline struct person_key person_key(const struct person *person) {
    struct person_key key = {(uint64_t)(uintptr_t)person};
    return key;
}

// What others see: OFFLINE to BUSY.
enum status person_status(const struct person *person);

// Takes what is stored or restored; choice becomes the person's.
void person_choose(struct person *person, struct choice *choice);

// Whether what others were told is no longer so.
bool person_is_changed(const struct person *person);

// Whether others have to be told something: that, or rooms were entered.
bool person_has_news(const struct person *person);

// Lets the server hide who is invisible, or whose choice is not known yet.
void person_hide_if_due(struct person *person);

#endif
