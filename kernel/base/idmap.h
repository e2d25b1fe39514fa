/*
 * idmap - issues 64-bit ids and finds the object an id names.
 *
 * Ids count up from 1 and are never used again, so an id kept by somebody
 * else may outlive its object: the look-up then says NULL, which is a normal
 * case. 0 names nothing. Memory follows the number of live entries.
 *
 * Owner:   the creator; the objects stay the caller's
 * Thread:  that of the owner
 * Errors:  id 0 when full or without memory; map unchanged
 */
#ifndef KERNEL_BASE_IDMAP_H
#define KERNEL_BASE_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap;

// max_entries is at most 2^30. NULL without memory.
struct idmap *idmap_create(size_t max_entries);

// Forgets the objects without touching them. Accepts NULL.
void idmap_destroy(struct idmap *map);

size_t idmap_count(const struct idmap *map);

// Returns the new id of object, which must not be NULL.
uint64_t idmap_add(struct idmap *map, void *object);

// Returns the object, or NULL when the id names none (any more).
void *idmap_get(const struct idmap *map, uint64_t id);

// Returns the object that has no id any more, or NULL.
void *idmap_remove(struct idmap *map, uint64_t id);

// Walks the objects in ascending order of ids: start with *cursor = 0 and
// stop at NULL; *cursor is then the id of the object returned. The map may
// change during the walk, any entry: what is removed is not seen any more,
// what is added is seen at the end.
void *idmap_next(const struct idmap *map, uint64_t *cursor);

#endif
