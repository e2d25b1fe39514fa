/*
 * plugin_calls - how long each kind of callback of a plugin has taken.
 *
 * Kinds are literals such as "event". There are few, and each plugin has only
 * some of them, so they are looked for one by one and made when first met.
 *
 * Owner:   struct plugin, which embeds it zeroed
 * Thread:  logic
 * Errors:  without memory a call is not counted
 */
#ifndef KERNEL_CORE_PLUGIN_CALLS_H
#define KERNEL_CORE_PLUGIN_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/core/histogram.h"

#define PLUGIN_CALLS_MAX 32u

struct plugin_calls {
    size_t count;
    const char *names[PLUGIN_CALLS_MAX];
    struct histogram *spent[PLUGIN_CALLS_MAX]; // ns, owned
};

void plugin_calls_finish(struct plugin_calls *calls);

void plugin_calls_add(
        struct plugin_calls *calls, const char *name, uint64_t ns);

// All kinds together. out is overwritten.
void plugin_calls_total(
        const struct plugin_calls *calls, struct histogram *out);

#endif
