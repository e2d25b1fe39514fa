/*
 * strmap - map from byte strings to pointers, bounded in entries.
 *
 * Keys are any bytes, copied on insertion; values are borrowed pointers and
 * never NULL. The hash is keyed with random bytes, so keys chosen by a client
 * cannot be made to collide. Memory follows the number of entries both ways,
 * and an empty map holds none but itself. Bound the length of keys before
 * they come here: the map limits their number only.
 *
 * Owner:   the creator; values stay the caller's
 * Thread:  that of the owner
 * Errors:  false when full, without memory or (put) present; map unchanged
 */
#ifndef NEXUS_UTIL_STRMAP_H
#define NEXUS_UTIL_STRMAP_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nx_strmap; // keys and values

// Frees one value; free() is one.
typedef void (*nx_strmap_free_fn)(void *value);

// max_entries is at most 2^30. NULL without memory or randomness.
struct nx_strmap *nx_strmap_create(size_t max_entries);

// Calls free_value, unless NULL, once for each value. Accepts a NULL map.
void nx_strmap_destroy(struct nx_strmap *map, nx_strmap_free_fn free_value);

// Entries.
size_t nx_strmap_count(const struct nx_strmap *map);

// Returns the value, or NULL when the key is absent.
void *nx_strmap_get(const struct nx_strmap *map, const char *key, size_t len);

// Adds a new key; false when it exists.
bool nx_strmap_put(
        struct nx_strmap *map, const char *key, size_t len, void *value);

// Adds or replaces. *old, unless old is NULL, becomes the value replaced, or
// NULL when the key is new or the call failed.
bool nx_strmap_set(struct nx_strmap *map, const char *key, size_t len,
        void *value, void **old);

// Returns the value that is no longer in the map, or NULL when the key was
// absent.
void *nx_strmap_remove(struct nx_strmap *map, const char *key, size_t len);

// Walks the entries in the order of their insertion: start with *cursor = 0
// and stop at NULL. The map may change during the walk, any entry: what is
// removed is not seen any more, what is added is seen at the end. The key,
// unless key is NULL, is borrowed until its entry is removed.
void *nx_strmap_next(const struct nx_strmap *map, size_t *cursor,
        const char **key, size_t *key_len);

#ifdef __cplusplus
}
#endif

#endif
