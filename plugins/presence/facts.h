/*
 * facts - what is stored of a user: its choice, and when it was last seen.
 *
 * One fact for each user, "u:" and its name, a small JSON object. Reads wait
 * in line, a few at a time. A new choice is written before it counts, so that
 * what was acknowledged survives a crash; when somebody was last seen is
 * written behind, some seconds later and with whatever is due then.
 *
 * Owner:   struct presence has the lines
 * Thread:  logic
 * Errors:  reads and last_seen are tried again; a choice that cannot be
 *          stored fails its update
 */
#ifndef PLUGINS_PRESENCE_FACTS_H
#define PLUGINS_PRESENCE_FACTS_H

#include <stdbool.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

struct person;
struct presence;
struct update;
struct wait;

// Called for those who wait when the person is loaded, or could not be.
typedef void (*wait_fn)(struct wait *wait, nx_status status);

struct wait {
    struct nx_list link; // struct person::waits
    wait_fn fn;
};

// Sees to it that the person will be loaded; nothing if it is.
void facts_load(struct person *person);

// Calls wait->fn when the person is loaded, at once if it is.
void facts_await(struct person *person, struct wait *wait);

// Stores when the person was last seen, soon.
void facts_touch(struct person *person);

// Stores a choice, after those before it. Takes the update over.
void facts_update(struct person *person, struct update *update);

// Frees updates without an answer.
void updates_drop(struct person *person);

// Stores everything now; true when nothing is left to do.
bool facts_flush(struct presence *presence);

// One user of whom nothing but last_seen is waiting is not stored after all.
void facts_give_up_oldest(struct presence *presence);

// The timers run again.
void facts_resume(struct presence *presence);

#endif
