#include "kernel/core/memory_dedupe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/list.h>
#include <nexus/util/strmap.h>

#include "kernel/core/memory_expiry.h"

// What a key costs in the map and the heap, roughly.
#define MAP_BYTES 104

// A room and a key. The room's length comes first, so that no two pairs make
// the same name.
struct name {
    size_t len;
    char bytes[sizeof(size_t) + MEMORY_DEDUPE_ROOM_MAX + MEMORY_DEDUPE_KEY_MAX];
};

struct entry {
    struct nx_list age; // struct memory_dedupe::by_age
    struct memory_expiry_item expiry;
    struct memory_first first; // its memo points behind the name
    size_t name_len;
    char name[]; // struct name::bytes
};

struct memory_dedupe {
    const struct clock *clock;
    struct nx_strmap *by_name;
    struct nx_list by_age; // struct entry::age, remembered longest first
    struct memory_expiry expiry;
    size_t max_keys;
    size_t max_bytes;
    size_t bytes;
    uint64_t forgotten;
};

struct memory_dedupe *memory_dedupe_create(
        const struct clock *clock, size_t max_keys, size_t max_bytes) {
    struct memory_dedupe *dedupe = calloc(1, sizeof(*dedupe));
    if (!dedupe) {
        return NULL;
    }
    dedupe->by_name = nx_strmap_create(max_keys);
    if (!dedupe->by_name) {
        free(dedupe);
        return NULL;
    }
    dedupe->clock = clock;
    dedupe->max_keys = max_keys;
    dedupe->max_bytes = max_bytes;
    nx_list_init(&dedupe->by_age);
    memory_expiry_init(&dedupe->expiry);
    return dedupe;
}

void memory_dedupe_destroy(struct memory_dedupe *dedupe) {
    if (!dedupe) {
        return;
    }
    nx_strmap_destroy(dedupe->by_name, free);
    memory_expiry_finish(&dedupe->expiry);
    free(dedupe);
}

static void make_name(struct name *name, const struct memory_dedupe_key *key) {
    size_t room_len = key->room.len;
    assert(room_len <= MEMORY_DEDUPE_ROOM_MAX);
    assert(key->key.len <= MEMORY_DEDUPE_KEY_MAX);
    memcpy(name->bytes, &room_len, sizeof(room_len));
    name->len = sizeof(room_len);
    memcpy(name->bytes + name->len, key->room.ptr, room_len);
    name->len += room_len;
    memcpy(name->bytes + name->len, key->key.ptr, key->key.len);
    name->len += key->key.len;
}

static struct entry *new_entry(
        const struct name *name, const struct memory_first *first) {
    size_t memo_len = first->memo.len;
    struct entry *entry = calloc(1, sizeof(*entry) + name->len + memo_len);
    if (!entry) {
        return NULL;
    }
    nx_list_init(&entry->age);
    entry->name_len = name->len;
    memcpy(entry->name, name->bytes, name->len);
    entry->first = *first;
    entry->first.memo.ptr = entry->name + name->len;
    if (memo_len > 0) {
        memcpy(entry->name + name->len, first->memo.ptr, memo_len);
    }
    return entry;
}

static size_t entry_bytes(const struct entry *entry) {
    return sizeof(*entry) + 2 * entry->name_len + entry->first.memo.len
            + MAP_BYTES;
}

static void drop(struct memory_dedupe *dedupe, struct entry *entry) {
    nx_list_remove(&entry->age);
    memory_expiry_remove(&dedupe->expiry, &entry->expiry);
    (void)nx_strmap_remove(dedupe->by_name, entry->name, entry->name_len);
    dedupe->bytes -= entry_bytes(entry);
    free(entry);
}

size_t memory_dedupe_sweep(struct memory_dedupe *dedupe, size_t most) {
    int64_t now = clock_now_ms(dedupe->clock);
    size_t swept = 0;
    while (swept < most) {
        struct memory_expiry_item *due =
                memory_expiry_due(&dedupe->expiry, now);
        if (!due) {
            break;
        }
        drop(dedupe, nx_container_of(due, struct entry, expiry));
        swept++;
    }
    return swept;
}

static bool is_full(const struct memory_dedupe *dedupe, size_t more_bytes) {
    return nx_strmap_count(dedupe->by_name) >= dedupe->max_keys
            || dedupe->bytes > dedupe->max_bytes - more_bytes;
}

// What is past its ttl goes first, then what was remembered longest.
static void make_room(struct memory_dedupe *dedupe, size_t more_bytes) {
    while (is_full(dedupe, more_bytes)) {
        if (memory_dedupe_sweep(dedupe, 1) == 0) {
            drop(dedupe,
                    nx_container_of(dedupe->by_age.next, struct entry, age));
            dedupe->forgotten++;
        }
    }
}

const struct memory_first *memory_dedupe_find(
        struct memory_dedupe *dedupe, const struct memory_dedupe_key *key) {
    struct name name;
    make_name(&name, key);
    struct entry *entry = nx_strmap_get(dedupe->by_name, name.bytes, name.len);
    if (entry && entry->expiry.at_ms <= clock_now_ms(dedupe->clock)) {
        drop(dedupe, entry);
        entry = NULL;
    }
    return entry ? &entry->first : NULL;
}

bool memory_dedupe_put(struct memory_dedupe *dedupe,
        const struct memory_dedupe_key *key, uint64_t ttl_ms,
        const struct memory_first *first) {
    struct name name;
    make_name(&name, key);
    struct entry *entry = new_entry(&name, first);
    if (!entry) {
        return false;
    }
    size_t bytes = entry_bytes(entry);
    if (bytes > dedupe->max_bytes) {
        free(entry);
        return false;
    }
    make_room(dedupe, bytes);

    int64_t at_ms = memory_expiry_at(clock_now_ms(dedupe->clock), ttl_ms);
    if (!memory_expiry_set(&dedupe->expiry, &entry->expiry, at_ms)) {
        free(entry);
        return false;
    }
    if (!nx_strmap_put(dedupe->by_name, name.bytes, name.len, entry)) {
        memory_expiry_remove(&dedupe->expiry, &entry->expiry);
        free(entry);
        return false;
    }
    nx_list_append(&dedupe->by_age, &entry->age);
    dedupe->bytes += bytes;
    return true;
}

size_t memory_dedupe_count(const struct memory_dedupe *dedupe) {
    return nx_strmap_count(dedupe->by_name);
}

size_t memory_dedupe_bytes(const struct memory_dedupe *dedupe) {
    return dedupe->bytes;
}

uint64_t memory_dedupe_forgotten(const struct memory_dedupe *dedupe) {
    return dedupe->forgotten;
}
