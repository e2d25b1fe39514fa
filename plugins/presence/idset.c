#include "plugins/presence/idset.h"

#include <stdlib.h>

#define CAP_MIN 8

void idset_finish(struct idset *set) {
    free(set->ids);
    set->ids = NULL;
    set->count = 0;
    set->cap = 0;
}

bool idset_add(struct idset *set, uint64_t id) {
    if (set->count == set->cap) {
        size_t cap = set->cap > 0 ? set->cap * 2 : CAP_MIN;
        uint64_t *ids = realloc(set->ids, cap * sizeof(*ids));
        if (!ids) {
            return false;
        }
        set->ids = ids;
        set->cap = cap;
    }
    set->ids[set->count++] = id;
    return true;
}

static int compare(const void *a, const void *b) {
    const uint64_t *left = a;
    const uint64_t *right = b;
    return (*left > *right) - (*left < *right);
}

void idset_sort(struct idset *set) {
    if (set->count < 2) {
        return;
    }
    qsort(set->ids, set->count, sizeof(*set->ids), compare);
    size_t kept = 1;
    for (size_t i = 1; i < set->count; i++) {
        if (set->ids[i] != set->ids[kept - 1]) {
            set->ids[kept++] = set->ids[i];
        }
    }
    set->count = kept;
}

bool idset_has(const struct idset *set, uint64_t id) {
    return set->count > 0
            && bsearch(&id, set->ids, set->count, sizeof(id), compare);
}

bool idset_holds(const struct idset *set, uint64_t id) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->ids[i] == id) {
            return true;
        }
    }
    return false;
}

void idset_subtract(struct idset *set, const struct idset *other) {
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (!idset_has(other, set->ids[i])) {
            set->ids[kept++] = set->ids[i];
        }
    }
    set->count = kept;
}
