/*
 * memory_expiry - which of many things ends first.
 *
 * A binary heap of items embedded in the things themselves. Nothing fires:
 * the owner looks at the first item and decides how many to end at a time,
 * which a timing wheel does not let it do.
 *
 * Owner:   whoever embeds it; items stay the caller's
 * Thread:  that of the owner
 * Errors:  false without memory; unchanged then
 */
#ifndef KERNEL_CORE_MEMORY_EXPIRY_H
#define KERNEL_CORE_MEMORY_EXPIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_expiry_item {
    int64_t at_ms;   // monotonic
    size_t position; // in the heap, from 1; 0: not in it
};

struct memory_expiry {
    struct memory_expiry_item **heap; // cap of them
    size_t count;
    size_t cap;
};

void memory_expiry_init(struct memory_expiry *expiry);

// Forgets the items without touching them.
void memory_expiry_finish(struct memory_expiry *expiry);

// The moment ttl_ms from now, without overflow.
int64_t memory_expiry_at(int64_t now_ms, uint64_t ttl_ms);

// Adds the item or moves it. Cannot fail for an item that is in.
bool memory_expiry_set(struct memory_expiry *expiry,
        struct memory_expiry_item *item, int64_t at_ms);

// Does nothing when the item is not in.
void memory_expiry_remove(
        struct memory_expiry *expiry, struct memory_expiry_item *item);

// The item that ends first if its time has come, else NULL.
struct memory_expiry_item *memory_expiry_due(
        const struct memory_expiry *expiry, int64_t now_ms);

#endif
