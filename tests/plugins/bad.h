/*
 * bad - what plugins that exist to be refused have in common.
 *
 * A plain instance; each file changes the one thing that is wrong with it.
 */
#ifndef TESTS_PLUGINS_BAD_H
#define TESTS_PLUGINS_BAD_H

#include <stdlib.h>

#include <nexus/sdk.h>

struct bad {
    struct nx_plugin base;
    struct nx_sdk nx;
    char prefix[64]; // bad_prefix only
};

static inline struct bad *bad_of(struct nx_plugin *base) {
    return base->self;
}

static inline nx_status bad_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    return NX_OK;
}

static inline void bad_destroy(struct nx_plugin *base) {
    free(bad_of(base));
}

static inline nx_status bad_create(
        const struct nx_host *host, struct nx_plugin **out) {
    struct bad *bad = calloc(1, sizeof(*bad));
    if (!bad) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&bad->nx, host);
    bad->base.struct_size = sizeof(bad->base);
    bad->base.self = bad;
    bad->base.start = bad_start;
    bad->base.destroy = bad_destroy;
    *out = &bad->base;
    return NX_OK;
}

#endif
