/*
 * plugin_once - a plugin that starts a number of times and then no more: next
 * to it, the reload of another fails and is rolled back.
 *
 * Thread:  one
 */
#ifndef TESTS_SUPPORT_PLUGIN_ONCE_H
#define TESTS_SUPPORT_PLUGIN_ONCE_H

#include <stdlib.h>

#include <nexus/plugin.h>

#include "tests/support/cmocka.h"

// How often it has started; set it to 0 for a failure at the second time.
static int plugin_once_starts;

static nx_status plugin_once_start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    (void)plugin;
    (void)prev;
    return ++plugin_once_starts == 1 ? NX_OK : NX_ERR_STATE;
}

static void plugin_once_destroy(struct nx_plugin *plugin) {
    free(plugin);
}

static nx_status plugin_once_create(
        const struct nx_host *host, struct nx_plugin **out) {
    (void)host;
    struct nx_plugin *plugin = calloc(1, sizeof(*plugin));
    assert_non_null(plugin);
    plugin->struct_size = sizeof(*plugin);
    plugin->start = plugin_once_start;
    plugin->destroy = plugin_once_destroy;
    *out = plugin;
    return NX_OK;
}

static const char *const plugin_once_nothing[] = {NULL};
static const struct nx_plugin_info plugin_once_info = {
        .struct_size = sizeof(plugin_once_info),
        .flags = NX_PLUGIN_OBSERVER,
        .id = "once",
        .version = "1.0.0",
        .prefixes = plugin_once_nothing,
        .requires_ = plugin_once_nothing,
};
static const struct nx_plugin_entry plugin_once = {
        .magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(plugin_once),
        .abi_major = NX_ABI_MAJOR,
        .abi_minor = NX_ABI_MINOR,
        .info = &plugin_once_info,
        .create = plugin_once_create,
};

#endif
