#include "kernel/core/memory_expiry.h"

#include <assert.h>
#include <stdlib.h>

#define SMALLEST_CAP 16

void memory_expiry_init(struct memory_expiry *expiry) {
    *expiry = (struct memory_expiry){0};
}

void memory_expiry_finish(struct memory_expiry *expiry) {
    free((void *)expiry->heap);
    memory_expiry_init(expiry);
}

int64_t memory_expiry_at(int64_t now_ms, uint64_t ttl_ms) {
    uint64_t most = (uint64_t)(INT64_MAX - now_ms);
    return ttl_ms < most ? now_ms + (int64_t)ttl_ms : INT64_MAX;
}

// Positions count from 1: the parent of i is i / 2, its children 2 * i and
// 2 * i + 1.
static struct memory_expiry_item *at(
        const struct memory_expiry *expiry, size_t position) {
    return expiry->heap[position - 1];
}

static void put(struct memory_expiry *expiry, size_t position,
        struct memory_expiry_item *item) {
    expiry->heap[position - 1] = item;
    item->position = position;
}

static void move_up(
        struct memory_expiry *expiry, struct memory_expiry_item *item) {
    size_t i = item->position;
    while (i > 1 && at(expiry, i / 2)->at_ms > item->at_ms) {
        put(expiry, i, at(expiry, i / 2));
        i /= 2;
    }
    put(expiry, i, item);
}

static size_t earlier_child(const struct memory_expiry *expiry, size_t i) {
    size_t child = 2 * i;
    if (child < expiry->count
            && at(expiry, child + 1)->at_ms < at(expiry, child)->at_ms) {
        child++;
    }
    return child;
}

static void move_down(
        struct memory_expiry *expiry, struct memory_expiry_item *item) {
    size_t i = item->position;
    while (2 * i <= expiry->count) {
        size_t child = earlier_child(expiry, i);
        if (at(expiry, child)->at_ms >= item->at_ms) {
            break;
        }
        put(expiry, i, at(expiry, child));
        i = child;
    }
    put(expiry, i, item);
}

static bool resize(struct memory_expiry *expiry, size_t cap) {
    void *heap = realloc(
            (void *)expiry->heap, cap * sizeof(struct memory_expiry_item *));
    if (!heap) {
        return false;
    }
    expiry->heap = (struct memory_expiry_item **)heap;
    expiry->cap = cap;
    return true;
}

bool memory_expiry_set(struct memory_expiry *expiry,
        struct memory_expiry_item *item, int64_t at_ms) {
    if (item->position == 0) {
        if (expiry->count == expiry->cap
                && !resize(expiry,
                        expiry->cap > 0 ? 2 * expiry->cap : SMALLEST_CAP)) {
            return false;
        }
        expiry->count++;
        put(expiry, expiry->count, item);
    }
    item->at_ms = at_ms;
    move_up(expiry, item);
    move_down(expiry, item);
    return true;
}

void memory_expiry_remove(
        struct memory_expiry *expiry, struct memory_expiry_item *item) {
    size_t position = item->position;
    if (position == 0) {
        return;
    }
    assert(at(expiry, position) == item);
    struct memory_expiry_item *last = at(expiry, expiry->count);
    expiry->count--;
    item->position = 0;
    if (last != item) {
        put(expiry, position, last);
        move_up(expiry, last);
        move_down(expiry, last);
    }
    if (expiry->cap > SMALLEST_CAP && expiry->count <= expiry->cap / 8) {
        (void)resize(expiry, expiry->cap / 2); // Or it stays large.
    }
}

struct memory_expiry_item *memory_expiry_due(
        const struct memory_expiry *expiry, int64_t now_ms) {
    if (expiry->count == 0 || at(expiry, 1)->at_ms > now_ms) {
        return NULL;
    }
    return at(expiry, 1);
}
