#include "kernel/base/idmap.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

// Two arrays in one block, as in the SDK's strmap. `slots` is in ascending
// order of ids, because new ids are larger; a removed object leaves a gap
// until the next rebuild. `index` finds a position in slots by hashing the id,
// and 0 there says free. A walk names its place by id, so it does not care
// where rebuilds put things.

#define SMALLEST_CAP 4
#define MOST_ENTRIES ((size_t)1 << 30)

struct slot {
    uint64_t id;
    void *object; // NULL in a gap
};

struct idmap {
    struct slot *slots; // cap of them; NULL when cap is 0
    uint32_t *index;    // 2 * cap positions plus one, at most half in use
    size_t cap;         // 0 or a power of two
    size_t used;        // slots that were filled since the last rebuild
    size_t live;        // those that are not gaps
    size_t max;
    uint64_t last_id;
};

struct idmap *idmap_create(size_t max_entries) {
    assert(max_entries <= MOST_ENTRIES);
    struct idmap *map = calloc(1, sizeof(*map));
    if (map) {
        map->max = max_entries;
    }
    return map;
}

void idmap_destroy(struct idmap *map) {
    if (!map) {
        return;
    }
    free(map->slots);
    free(map);
}

size_t idmap_count(const struct idmap *map) {
    return map->live;
}

// Ids are issued here and nobody can choose them, so spreading neighbours
// (Fibonacci hashing) is all that is asked of the hash.
static size_t hash(uint64_t id) {
    return (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static struct slot *find(const struct idmap *map, uint64_t id) {
    if (map->cap == 0) {
        return NULL;
    }
    size_t mask = 2 * map->cap - 1;
    for (size_t i = hash(id) & mask; map->index[i] > 0; i = (i + 1) & mask) {
        struct slot *slot = &map->slots[map->index[i] - 1];
        if (slot->id == id) {
            return slot->object ? slot : NULL;
        }
    }
    return NULL;
}

// Fills the next slot. There must be one.
static void add_slot(struct idmap *map, uint64_t id, void *object) {
    assert(map->used < map->cap);
    size_t mask = 2 * map->cap - 1;
    size_t i = hash(id) & mask;
    while (map->index[i] > 0) {
        i = (i + 1) & mask;
    }
    map->slots[map->used].id = id;
    map->slots[map->used].object = object;
    map->used++;
    map->index[i] = (uint32_t)map->used;
}

// Moves to a new block of cap slots, without the gaps. On failure nothing
// has changed.
static bool rebuild(struct idmap *map, size_t cap) {
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
        if (old_slots[i].object) {
            add_slot(map, old_slots[i].id, old_slots[i].object);
        }
    }
    free(old_slots);
    return true;
}

static void release_block(struct idmap *map) {
    free(map->slots);
    map->slots = NULL;
    map->index = NULL;
    map->cap = 0;
    map->used = 0;
}

// Leaves at least as many free slots as there are objects, which makes the
// cost of rebuilding constant per addition.
static size_t cap_for(size_t objects) {
    size_t cap = SMALLEST_CAP;
    while (cap < 2 * objects) {
        cap *= 2;
    }
    return cap;
}

uint64_t idmap_add(struct idmap *map, void *object) {
    assert(object);
    if (map->live >= map->max) {
        return 0;
    }
    if (map->used == map->cap && !rebuild(map, cap_for(map->live))) {
        return 0;
    }
    add_slot(map, ++map->last_id, object);
    map->live++;
    return map->last_id;
}

void *idmap_get(const struct idmap *map, uint64_t id) {
    const struct slot *slot = find(map, id);
    return slot ? slot->object : NULL;
}

void *idmap_remove(struct idmap *map, uint64_t id) {
    struct slot *slot = find(map, id);
    if (!slot) {
        return NULL;
    }
    void *object = slot->object;
    slot->object = NULL;
    map->live--;

    if (map->live == 0) {
        release_block(map);
    } else if (map->cap > SMALLEST_CAP && map->live <= map->cap / 8) {
        (void)rebuild(map, cap_for(map->live)); // Or it stays large.
    }
    return object;
}

// The position of the first slot whose id is above the given.
static size_t position_after(const struct idmap *map, uint64_t id) {
    size_t low = 0;
    size_t high = map->used;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->slots[middle].id <= id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void *idmap_next(const struct idmap *map, uint64_t *cursor) {
    size_t i = position_after(map, *cursor);
    while (i < map->used && !map->slots[i].object) {
        i++;
    }
    if (i == map->used) {
        return NULL;
    }
    *cursor = map->slots[i].id;
    return map->slots[i].object;
}
