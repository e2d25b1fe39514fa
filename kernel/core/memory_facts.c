#include "kernel/core/memory_facts.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>
#include <nexus/util/list.h>

#include "kernel/base/random.h"
#include "kernel/core/memory_expiry.h"

// Pugh, "Skip lists". Each fact is in the list of level 0, and each list holds
// about a quarter of the one below it. A balanced tree would need twice the
// code to remove from and to walk.

#define LEVELS 12 // 4^12 facts before searches get longer

// A fact's full key: one byte of length, the space, the key. So facts of one
// space are neighbours, and no space is a prefix of another.
#define FULL_KEY_MAX (1 + MEMORY_FACTS_SPACE_MAX + MEMORY_FACTS_KEY_MAX)

struct full_key {
    size_t len;
    unsigned char bytes[FULL_KEY_MAX];
};

struct fact {
    struct memory_expiry_item expiry;
    uint64_t revision;
    void *value; // owned; NULL when empty
    size_t value_len;
    size_t space_len;
    size_t key_len;     // of the full key
    unsigned char *key; // behind next; a NUL follows
    size_t levels;
    struct fact *next[]; // levels of them
};

struct memory_facts {
    const struct clock *clock;
    size_t max_facts;
    size_t max_bytes;
    size_t count;
    size_t bytes;
    uint64_t last_revision;
    uint64_t random; // state of xorshift64*, never 0
    struct memory_expiry expiry;
    struct fact *first[LEVELS];
};

// The links that lead to a place in the list, one for each level.
struct path {
    struct fact **links[LEVELS];
};

struct memory_facts *memory_facts_create(
        const struct clock *clock, size_t max_facts, size_t max_bytes) {
    struct memory_facts *facts = calloc(1, sizeof(*facts));
    if (!facts) {
        return NULL;
    }
    facts->clock = clock;
    facts->max_facts = max_facts;
    facts->max_bytes = max_bytes;
    facts->random = random_u64() | 1;
    memory_expiry_init(&facts->expiry);
    return facts;
}

static void free_fact(struct fact *fact) {
    free(fact->value);
    free(fact);
}

void memory_facts_destroy(struct memory_facts *facts) {
    if (!facts) {
        return;
    }
    struct fact *fact = facts->first[0];
    while (fact) {
        struct fact *next = fact->next[0];
        free_fact(fact);
        fact = next;
    }
    memory_expiry_finish(&facts->expiry);
    free(facts);
}

static void make_key(
        struct full_key *full, struct nx_str space, struct nx_str key) {
    assert(space.len <= MEMORY_FACTS_SPACE_MAX);
    assert(key.len <= MEMORY_FACTS_KEY_MAX);
    full->bytes[0] = (unsigned char)space.len;
    full->len = 1;
    if (space.len > 0) {
        memcpy(full->bytes + full->len, space.ptr, space.len);
        full->len += space.len;
    }
    if (key.len > 0) {
        memcpy(full->bytes + full->len, key.ptr, key.len);
        full->len += key.len;
    }
}

static int compare(const struct fact *fact, const struct full_key *key) {
    size_t shorter = fact->key_len < key->len ? fact->key_len : key->len;
    int order = memcmp(fact->key, key->bytes, shorter);
    if (order != 0) {
        return order;
    }
    return (fact->key_len > key->len) - (fact->key_len < key->len);
}

// Returns the first fact that is not below key, or NULL, and the way to it.
static struct fact *find_place(struct memory_facts *facts,
        const struct full_key *key, struct path *path) {
    struct fact **links = facts->first; // of one fact, or of the beginning
    for (size_t level = LEVELS; level-- > 0;) {
        while (links[level] && compare(links[level], key) < 0) {
            links = links[level]->next;
        }
        path->links[level] = &links[level];
    }
    return links[0];
}

// Returns the fact with this very key, past its ttl or not, or NULL.
static struct fact *find(struct memory_facts *facts, const struct full_key *key,
        struct path *path) {
    struct fact *fact = find_place(facts, key, path);
    return fact && compare(fact, key) == 0 ? fact : NULL;
}

static bool has_ended(
        const struct memory_facts *facts, const struct fact *fact) {
    return fact->expiry.position > 0
            && fact->expiry.at_ms <= clock_now_ms(facts->clock);
}

static size_t fact_bytes(size_t levels, size_t key_len, size_t value_len) {
    return sizeof(struct fact) + levels * sizeof(struct fact *) + key_len + 1
            + value_len;
}

static size_t choose_levels(struct memory_facts *facts) {
    uint64_t x = facts->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    facts->random = x;
    uint64_t bits = (x * UINT64_C(0x2545f4914f6cdd1d)) >> 32;
    size_t levels = 1;
    while (levels < LEVELS && (bits & 3) == 0) {
        levels++;
        bits >>= 2;
    }
    return levels;
}

// Takes the fact that path leads to out of all lists and frees it.
static void unlink_fact(
        struct memory_facts *facts, struct fact *fact, struct path *path) {
    for (size_t level = 0; level < fact->levels; level++) {
        assert(*path->links[level] == fact);
        *path->links[level] = fact->next[level];
    }
    memory_expiry_remove(&facts->expiry, &fact->expiry);
    facts->count--;
    facts->bytes -= fact_bytes(fact->levels, fact->key_len, fact->value_len);
    free_fact(fact);
}

static void drop_fact(struct memory_facts *facts, struct fact *fact) {
    struct full_key key = {.len = fact->key_len};
    struct path path;
    memcpy(key.bytes, fact->key, fact->key_len);
    unlink_fact(facts, find(facts, &key, &path), &path);
}

size_t memory_facts_sweep(struct memory_facts *facts, size_t most) {
    int64_t now = clock_now_ms(facts->clock);
    size_t swept = 0;
    while (swept < most) {
        struct memory_expiry_item *due = memory_expiry_due(&facts->expiry, now);
        if (!due) {
            break;
        }
        drop_fact(facts, nx_container_of(due, struct fact, expiry));
        swept++;
    }
    return swept;
}

// Makes room for one more fact and so many bytes, if what is past its ttl can
// make it.
static bool make_room(struct memory_facts *facts, size_t more_facts,
        size_t old_bytes, size_t new_bytes) {
    for (;;) {
        size_t others = facts->bytes - old_bytes;
        if (facts->count + more_facts <= facts->max_facts
                && new_bytes <= facts->max_bytes
                && others <= facts->max_bytes - new_bytes) {
            return true;
        }
        if (memory_facts_sweep(facts, 1) == 0) {
            return false;
        }
    }
}

static bool copy_value(struct nx_bytes value, void **copy) {
    *copy = NULL;
    if (value.len == 0) {
        return true;
    }
    *copy = malloc(value.len);
    if (*copy) {
        memcpy(*copy, value.ptr, value.len);
    }
    return *copy != NULL;
}

static bool set_expiry(
        struct memory_facts *facts, struct fact *fact, uint64_t ttl_ms) {
    if (ttl_ms == 0) {
        memory_expiry_remove(&facts->expiry, &fact->expiry);
        return true;
    }
    int64_t at_ms = memory_expiry_at(clock_now_ms(facts->clock), ttl_ms);
    return memory_expiry_set(&facts->expiry, &fact->expiry, at_ms);
}

static nx_status replace(struct memory_facts *facts, struct fact *fact,
        const struct memory_put *put) {
    size_t old_bytes = fact_bytes(fact->levels, fact->key_len, fact->value_len);
    size_t new_bytes = fact_bytes(fact->levels, fact->key_len, put->value.len);
    if (!make_room(facts, 0, old_bytes, new_bytes)) {
        return NX_ERR_LIMIT;
    }
    void *value = NULL;
    if (!copy_value(put->value, &value)) {
        return NX_ERR_NO_MEMORY;
    }
    if (!set_expiry(facts, fact, put->ttl_ms)) {
        free(value);
        return NX_ERR_NO_MEMORY;
    }
    free(fact->value);
    fact->value = value;
    fact->value_len = put->value.len;
    fact->revision = ++facts->last_revision;
    facts->bytes = facts->bytes - old_bytes + new_bytes;
    return NX_OK;
}

static struct fact *new_fact(struct memory_facts *facts, size_t levels,
        const struct full_key *key, const struct memory_put *put) {
    struct fact *fact = calloc(
            1, sizeof(*fact) + levels * sizeof(struct fact *) + key->len + 1);
    if (!fact) {
        return NULL;
    }
    fact->levels = levels;
    fact->space_len = put->space.len;
    fact->key = (unsigned char *)&fact->next[levels];
    fact->key_len = key->len;
    memcpy(fact->key, key->bytes, key->len);
    fact->value_len = put->value.len;
    if (!copy_value(put->value, &fact->value)
            || !set_expiry(facts, fact, put->ttl_ms)) {
        free_fact(fact);
        return NULL;
    }
    return fact;
}

static nx_status insert(struct memory_facts *facts, const struct full_key *key,
        const struct memory_put *put) {
    size_t levels = choose_levels(facts);
    size_t bytes = fact_bytes(levels, key->len, put->value.len);
    if (!make_room(facts, 1, 0, bytes)) {
        return NX_ERR_LIMIT;
    }
    struct fact *fact = new_fact(facts, levels, key, put);
    if (!fact) {
        return NX_ERR_NO_MEMORY;
    }
    // Only now: making room may have freed what an earlier path led over.
    struct path path;
    (void)find_place(facts, key, &path);
    for (size_t level = 0; level < levels; level++) {
        fact->next[level] = *path.links[level];
        *path.links[level] = fact;
    }
    fact->revision = ++facts->last_revision;
    facts->count++;
    facts->bytes += bytes;
    return NX_OK;
}

nx_status memory_facts_put(struct memory_facts *facts,
        const struct memory_put *put, uint64_t *revision) {
    struct full_key key;
    struct path path;
    make_key(&key, put->space, put->key);
    struct fact *fact = find(facts, &key, &path);
    if (fact && has_ended(facts, fact)) {
        unlink_fact(facts, fact, &path);
        fact = NULL;
    }
    uint64_t current = fact ? fact->revision : 0;
    if (put->expect_revision != NX_PUT_ANY && put->expect_revision != current) {
        *revision = current;
        return NX_ERR_CONFLICT;
    }
    nx_status status =
            fact ? replace(facts, fact, put) : insert(facts, &key, put);
    *revision = status == NX_OK ? facts->last_revision : current;
    return status;
}

static void describe(const struct fact *fact, struct nx_fact *out) {
    size_t before = 1 + fact->space_len;
    *out = (struct nx_fact){
            .struct_size = sizeof(*out),
            .key = {(const char *)fact->key + before, fact->key_len - before},
            .value = {fact->value, fact->value_len},
            .revision = fact->revision,
    };
}

nx_status memory_facts_get(struct memory_facts *facts, struct nx_str space,
        struct nx_str key, struct nx_fact *fact) {
    struct full_key full;
    struct path path;
    make_key(&full, space, key);
    const struct fact *found = find(facts, &full, &path);
    if (!found || has_ended(facts, found)) {
        return NX_ERR_NOT_FOUND;
    }
    describe(found, fact);
    return NX_OK;
}

nx_status memory_facts_remove(
        struct memory_facts *facts, struct nx_str space, struct nx_str key) {
    struct full_key full;
    struct path path;
    make_key(&full, space, key);
    struct fact *fact = find(facts, &full, &path);
    if (!fact) {
        return NX_ERR_NOT_FOUND;
    }
    bool ended = has_ended(facts, fact);
    unlink_fact(facts, fact, &path);
    return ended ? NX_ERR_NOT_FOUND : NX_OK;
}

static bool has_prefix(const struct fact *fact, const struct full_key *prefix) {
    return fact->key_len >= prefix->len
            && memcmp(fact->key, prefix->bytes, prefix->len) == 0;
}

// The first fact of the range.
static struct fact *range_begin(struct memory_facts *facts,
        const struct memory_range *range, const struct full_key *prefix) {
    struct path path;
    struct fact *fact = find_place(facts, prefix, &path);
    if (range->after.len == 0) {
        return fact;
    }
    struct full_key after;
    make_key(&after, range->space, range->after);
    if (fact && compare(fact, &after) > 0) {
        return fact; // The whole prefix lies behind it.
    }
    fact = find_place(facts, &after, &path);
    return fact && compare(fact, &after) == 0 ? fact->next[0] : fact;
}

size_t memory_facts_scan(struct memory_facts *facts,
        const struct memory_range *range, struct nx_fact *out, size_t limit) {
    struct full_key prefix;
    make_key(&prefix, range->space, range->prefix);
    struct fact *fact = range_begin(facts, range, &prefix);
    size_t count = 0;
    while (count < limit && fact && has_prefix(fact, &prefix)) {
        if (!has_ended(facts, fact)) {
            describe(fact, &out[count]);
            count++;
        }
        fact = fact->next[0];
    }
    return count;
}

size_t memory_facts_count(const struct memory_facts *facts) {
    return facts->count;
}

size_t memory_facts_bytes(const struct memory_facts *facts) {
    return facts->bytes;
}
