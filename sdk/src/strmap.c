#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nexus/util/strmap.h>

#include "siphash.h"

// Two arrays in one block. `slots` holds the entries in the order of their
// insertion; a removed one leaves a gap (no entry) until the next rebuild.
// `index` is an open-addressed hash table of positions in slots, plus one, so
// that 0 says free. Gaps keep their place in the index too, which is why
// removal moves nothing. A walk names its place by sequence number and not by
// position, so a rebuild in the middle of it is harmless. Buckets of linked
// entries would be shorter, but a walk over them breaks at a resize.

#define SMALLEST_CAP 4
#define MOST_ENTRIES ((size_t)1 << 30)

struct entry {
    void *value;
    size_t key_len;
    char key[];
};

struct slot {
    uint64_t hash;
    size_t sequence;     // ascending along slots
    struct entry *entry; // owned; NULL in a gap
};

struct nx_strmap {
    struct slot *slots; // cap of them; NULL when cap is 0
    uint32_t *index;    // 2 * cap of them, so never more than half full
    size_t cap;         // 0 or a power of two
    size_t used;        // slots that were filled since the last rebuild
    size_t live;        // those that are not gaps
    size_t max;
    size_t last_sequence;
    struct nx_siphash_key hash_key;
};

struct nx_strmap *nx_strmap_create(size_t max_entries) {
    assert(max_entries <= MOST_ENTRIES);
    struct nx_strmap *map = calloc(1, sizeof(*map));
    if (!map) {
        return NULL;
    }
    // Up to 256 bytes come whole or not at all.
    if (getrandom(&map->hash_key, sizeof(map->hash_key), 0)
            != (ssize_t)sizeof(map->hash_key)) {
        free(map);
        return NULL;
    }
    map->max = max_entries;
    return map;
}

void nx_strmap_destroy(struct nx_strmap *map, nx_strmap_free_fn free_value) {
    if (!map) {
        return;
    }
    for (size_t i = 0; i < map->used; i++) {
        struct entry *entry = map->slots[i].entry;
        if (entry && free_value) {
            free_value(entry->value);
        }
        free(entry);
    }
    free(map->slots);
    free(map);
}

size_t nx_strmap_count(const struct nx_strmap *map) {
    return map->live;
}

static struct slot *find(const struct nx_strmap *map, uint64_t hash,
        const char *key, size_t len) {
    if (map->cap == 0) {
        return NULL;
    }
    size_t mask = 2 * map->cap - 1;
    for (size_t i = hash & mask; map->index[i] > 0; i = (i + 1) & mask) {
        struct slot *slot = &map->slots[map->index[i] - 1];
        const struct entry *entry = slot->entry;
        if (entry && slot->hash == hash && entry->key_len == len
                && memcmp(entry->key, key, len) == 0) {
            return slot;
        }
    }
    return NULL;
}

// Fills the next slot. There must be one.
static void add_slot(struct nx_strmap *map, const struct slot *slot) {
    assert(map->used < map->cap);
    size_t mask = 2 * map->cap - 1;
    size_t i = slot->hash & mask;
    while (map->index[i] > 0) {
        i = (i + 1) & mask;
    }
    map->slots[map->used++] = *slot;
    map->index[i] = (uint32_t)map->used;
}

// Moves to a new block of cap slots, without the gaps. On failure nothing
// has changed.
static bool rebuild(struct nx_strmap *map, size_t cap) {
    struct slot *old_slots = map->slots;
    size_t old_used = map->used;
    struct slot *slots = calloc(cap, sizeof(*slots) + 2 * sizeof(*map->index));
    if (!slots) {
        return false;
    }

    map->slots = slots;
    map->index = (uint32_t *)(void *)(slots + cap);
    map->cap = cap;
    map->used = 0;
    for (size_t i = 0; i < old_used; i++) {
        if (old_slots[i].entry) {
            add_slot(map, &old_slots[i]);
        }
    }
    free(old_slots);
    return true;
}

static void release_block(struct nx_strmap *map) {
    free(map->slots);
    map->slots = NULL;
    map->index = NULL;
    map->cap = 0;
    map->used = 0;
}

// Leaves at least as many free slots as there are entries, which makes the
// cost of rebuilding constant per insertion.
static size_t cap_for(size_t entries) {
    size_t cap = SMALLEST_CAP;
    while (cap < 2 * entries) {
        cap *= 2;
    }
    return cap;
}

static struct entry *new_entry(const char *key, size_t len, void *value) {
    if (len > SIZE_MAX - sizeof(struct entry)) {
        return NULL;
    }
    struct entry *entry = malloc(sizeof(*entry) + len);
    if (!entry) {
        return NULL;
    }
    entry->value = value;
    entry->key_len = len;
    memcpy(entry->key, key, len);
    return entry;
}

static bool insert(struct nx_strmap *map, uint64_t hash, const char *key,
        size_t len, void *value) {
    if (map->live >= map->max) {
        return false;
    }
    if (map->used == map->cap && !rebuild(map, cap_for(map->live))) {
        return false;
    }
    struct entry *entry = new_entry(key, len, value);
    if (!entry) {
        return false;
    }
    struct slot slot = {hash, ++map->last_sequence, entry};
    add_slot(map, &slot);
    map->live++;
    return true;
}

void *nx_strmap_get(const struct nx_strmap *map, const char *key, size_t len) {
    if (map->live == 0) {
        return NULL;
    }
    uint64_t hash = nx_siphash(&map->hash_key, key, len);
    const struct slot *slot = find(map, hash, key, len);
    return slot ? slot->entry->value : NULL;
}

bool nx_strmap_put(
        struct nx_strmap *map, const char *key, size_t len, void *value) {
    assert(value);
    uint64_t hash = nx_siphash(&map->hash_key, key, len);
    if (find(map, hash, key, len)) {
        return false;
    }
    return insert(map, hash, key, len, value);
}

bool nx_strmap_set(struct nx_strmap *map, const char *key, size_t len,
        void *value, void **old) {
    assert(value);
    uint64_t hash = nx_siphash(&map->hash_key, key, len);
    struct slot *slot = find(map, hash, key, len);
    if (old) {
        *old = slot ? slot->entry->value : NULL;
    }
    if (slot) {
        slot->entry->value = value;
        return true;
    }
    return insert(map, hash, key, len, value);
}

void *nx_strmap_remove(struct nx_strmap *map, const char *key, size_t len) {
    uint64_t hash = nx_siphash(&map->hash_key, key, len);
    struct slot *slot = find(map, hash, key, len);
    if (!slot) {
        return NULL;
    }
    void *value = slot->entry->value;
    free(slot->entry);
    slot->entry = NULL;
    map->live--;

    if (map->live == 0) {
        release_block(map);
    } else if (map->cap > SMALLEST_CAP && map->live <= map->cap / 8) {
        (void)rebuild(map, cap_for(map->live)); // Or it stays large.
    }
    return value;
}

// The position of the first slot whose sequence number is above the given.
static size_t position_after(const struct nx_strmap *map, size_t sequence) {
    size_t low = 0;
    size_t high = map->used;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->slots[middle].sequence <= sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void *nx_strmap_next(const struct nx_strmap *map, size_t *cursor,
        const char **key, size_t *key_len) {
    size_t i = position_after(map, *cursor);
    while (i < map->used && !map->slots[i].entry) {
        i++;
    }
    if (i == map->used) {
        return NULL;
    }
    const struct entry *entry = map->slots[i].entry;
    *cursor = map->slots[i].sequence;
    if (key) {
        *key = entry->key;
        *key_len = entry->key_len;
    }
    return entry->value;
}
