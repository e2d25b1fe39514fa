#include "plugins/presence/agenda.h"

#include <stdlib.h>

#define CAP_MIN 64

void agenda_finish(struct agenda *agenda) {
    free(agenda->heap);
    agenda->heap = NULL;
    agenda->count = 0;
    agenda->cap = 0;
}

static void put(struct agenda *agenda, size_t at, struct agenda_entry *entry) {
    agenda->heap[at] = entry;
    entry->place = at + 1;
}

static void rise(struct agenda *agenda, size_t at) {
    struct agenda_entry *entry = agenda->heap[at];
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (agenda->heap[parent]->due_ms <= entry->due_ms) {
            break;
        }
        put(agenda, at, agenda->heap[parent]);
        at = parent;
    }
    put(agenda, at, entry);
}

static void sink(struct agenda *agenda, size_t at) {
    struct agenda_entry *entry = agenda->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= agenda->count) {
            break;
        }
        if (child + 1 < agenda->count
                && agenda->heap[child + 1]->due_ms
                        < agenda->heap[child]->due_ms) {
            child++;
        }
        if (entry->due_ms <= agenda->heap[child]->due_ms) {
            break;
        }
        put(agenda, at, agenda->heap[child]);
        at = child;
    }
    put(agenda, at, entry);
}

static bool grow(struct agenda *agenda) {
    if (agenda->count < agenda->cap) {
        return true;
    }
    size_t cap = agenda->cap > 0 ? agenda->cap * 2 : CAP_MIN;
    struct agenda_entry **heap =
            realloc(agenda->heap, cap * sizeof(struct agenda_entry *));
    if (!heap) {
        return false;
    }
    agenda->heap = heap;
    agenda->cap = cap;
    return true;
}

bool agenda_set(
        struct agenda *agenda, struct agenda_entry *entry, uint64_t due_ms) {
    if (entry->place == 0) {
        if (!grow(agenda)) {
            return false;
        }
        put(agenda, agenda->count++, entry);
    }
    entry->due_ms = due_ms;
    rise(agenda, entry->place - 1);
    sink(agenda, entry->place - 1);
    return true;
}

void agenda_remove(struct agenda *agenda, struct agenda_entry *entry) {
    if (entry->place == 0) {
        return;
    }
    size_t at = entry->place - 1;
    entry->place = 0;
    struct agenda_entry *last = agenda->heap[--agenda->count];
    if (last != entry) {
        put(agenda, at, last);
        rise(agenda, at);
        sink(agenda, last->place - 1);
    }
}

struct agenda_entry *agenda_first(const struct agenda *agenda) {
    return agenda->count > 0 ? agenda->heap[0] : NULL;
}
