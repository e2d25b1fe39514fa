#include "kernel/core/plugin_calls.h"

#include <stdlib.h>
#include <string.h>

void plugin_calls_finish(struct plugin_calls *calls) {
    for (size_t i = 0; i < calls->count; i++) {
        free(calls->spent[i]);
    }
    calls->count = 0;
}

// Two files may have the same literal at two addresses.
static size_t find_text(const struct plugin_calls *calls, const char *name) {
    size_t i = 0;
    while (i < calls->count && strcmp(calls->names[i], name) != 0) {
        i++;
    }
    return i;
}

static struct histogram *make(struct plugin_calls *calls, const char *name) {
    size_t i = find_text(calls, name);
    if (i < calls->count) {
        return calls->spent[i];
    }
    struct histogram *spent =
            i < PLUGIN_CALLS_MAX ? calloc(1, sizeof(*spent)) : NULL;
    if (spent) {
        calls->names[i] = name;
        calls->spent[i] = spent;
        calls->count++;
    }
    return spent;
}

void plugin_calls_add(
        struct plugin_calls *calls, const char *name, uint64_t ns) {
    struct histogram *spent = NULL;
    for (size_t i = 0; i < calls->count && !spent; i++) {
        spent = calls->names[i] == name ? calls->spent[i] : NULL;
    }
    spent = spent ? spent : make(calls, name);
    if (spent) {
        histogram_add(spent, ns);
    }
}

void plugin_calls_total(
        const struct plugin_calls *calls, struct histogram *out) {
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < calls->count; i++) {
        histogram_merge(out, calls->spent[i]);
    }
}
