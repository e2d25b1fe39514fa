#include "plugins/chat/selection.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST_CAP 64

void selection_init(struct selection *selection, size_t max) {
    memset(selection, 0, sizeof(*selection));
    selection->max = max;
}

void selection_finish(struct selection *selection) {
    free(selection->heap);
    selection_init(selection, selection->max);
}

static bool is_older(const struct chosen *a, const struct chosen *b) {
    if (a->time_ms != b->time_ms) {
        return a->time_ms < b->time_ms;
    }
    if (a->place != b->place) {
        return a->place > b->place;
    }
    return a->seq < b->seq;
}

bool selection_wants(
        const struct selection *selection, const struct chosen *event) {
    if (selection->count < selection->max) {
        return true;
    }
    return selection->max > 0 && is_older(&selection->heap[0], event);
}

static void swap(struct chosen *a, struct chosen *b) {
    struct chosen kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct selection *selection, size_t at) {
    struct chosen *heap = selection->heap;
    while (at > 0 && is_older(&heap[at], &heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

// The oldest of an event and the two below it in the heap.
static size_t oldest_of(const struct selection *selection, size_t at) {
    size_t oldest = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
        if (child < selection->count
                && is_older(
                        &selection->heap[child], &selection->heap[oldest])) {
            oldest = child;
        }
    }
    return oldest;
}

static void sift_down(struct selection *selection) {
    size_t at = 0;
    size_t oldest = oldest_of(selection, at);
    while (oldest != at) {
        swap(&selection->heap[at], &selection->heap[oldest]);
        at = oldest;
        oldest = oldest_of(selection, at);
    }
}

static bool grow(struct selection *selection) {
    if (selection->count < selection->cap) {
        return true;
    }
    size_t cap = selection->cap > 0 ? selection->cap * 2 : SMALLEST_CAP;
    struct chosen *heap = realloc(selection->heap, cap * sizeof(*heap));
    if (!heap) {
        return false;
    }
    selection->heap = heap;
    selection->cap = cap;
    return true;
}

bool selection_add(struct selection *selection, const struct chosen *event,
        struct chosen *dropped) {
    memset(dropped, 0, sizeof(*dropped));
    if (selection->count == selection->max) {
        *dropped = selection->heap[0];
        selection->heap[0] = *event;
        sift_down(selection);
        return true;
    }
    if (!grow(selection)) {
        return false;
    }
    selection->heap[selection->count] = *event;
    sift_up(selection, selection->count++);
    return true;
}
