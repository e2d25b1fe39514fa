#include "plugins/chat/stop.h"

#include <stdlib.h>
#include <string.h>

void stops_init(struct stops *stops) {
    stops->list = NULL;
    stops->count = 0;
}

void stops_finish(struct stops *stops) {
    for (size_t i = 0; i < stops->count; i++) {
        free(stops->list[i]);
    }
    free(stops->list);
    stops_init(stops);
}

bool stops_have(const struct stops *stops, struct nx_str name) {
    for (size_t i = 0; i < stops->count; i++) {
        const struct stop *stop = stops->list[i];
        if (stop->len == name.len
                && memcmp(stop->name, name.ptr, name.len) == 0) {
            return true;
        }
    }
    return false;
}

static struct stop *new_stop(struct nx_str name, int64_t active_at) {
    struct stop *stop = calloc(1, sizeof(*stop) + name.len);
    if (stop) {
        stop->active_at = active_at;
        stop->len = name.len;
        memcpy(stop->name, name.ptr, name.len);
    }
    return stop;
}

// Room for one more.
static bool grow(struct stops *stops) {
    // Powers of two, beginning with eight.
    if (stops->count > 0
            && (stops->count < 8 || (stops->count & (stops->count - 1)) != 0)) {
        return true;
    }
    size_t cap = stops->count < 8 ? 8 : stops->count * 2;
    struct stop **list = realloc(stops->list, cap * sizeof(struct stop *));
    if (!list) {
        return false;
    }
    stops->list = list;
    return true;
}

static bool insert(struct stops *stops, struct stop *stop, size_t at) {
    if (!stop || !grow(stops)) {
        free(stop);
        return false;
    }
    memmove(&stops->list[at + 1], &stops->list[at],
            (stops->count - at) * sizeof(struct stop *));
    stops->list[at] = stop;
    stops->count++;
    return true;
}

bool stops_add(struct stops *stops, struct nx_str name) {
    return insert(stops, new_stop(name, 0), stops->count);
}

bool stops_insert(struct stops *stops, struct nx_str name, int64_t active_at,
        size_t max) {
    size_t at = stops->count;
    while (at > 0 && stops->list[at - 1]->active_at < active_at) {
        at--;
    }
    if (at >= max) {
        return true;
    }
    if (!insert(stops, new_stop(name, active_at), at)) {
        return false;
    }
    if (stops->count > max) {
        free(stops->list[--stops->count]);
    }
    return true;
}
