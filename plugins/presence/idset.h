/*
 * idset - a growing array of ids, made into a set when it is complete.
 *
 * Add what there is, then sort it once: cheaper than a map for the receivers
 * of one event, which come from several rooms and are needed once.
 *
 * Owner:   whoever embeds it; idset_finish frees the memory
 * Thread:  that of the owner
 * Errors:  false without memory; unchanged
 */
#ifndef PLUGINS_PRESENCE_IDSET_H
#define PLUGINS_PRESENCE_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idset {
    uint64_t *ids;
    size_t count;
    size_t cap;
};

// A zeroed one is empty. Accepts that, too.
void idset_finish(struct idset *set);

bool idset_add(struct idset *set, uint64_t id);

// Sorts, and leaves one of each.
void idset_sort(struct idset *set);

// Of a sorted set.
bool idset_has(const struct idset *set, uint64_t id);

// Of any set, by looking at all of it.
bool idset_holds(const struct idset *set, uint64_t id);

// Takes out of one sorted set what is in another.
void idset_subtract(struct idset *set, const struct idset *other);

#endif
