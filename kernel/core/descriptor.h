/*
 * descriptor - is what a plugin exports fit to be used by this server?
 *
 * Pure checks of struct nx_plugin_entry and what hangs on it, before any code
 * of the plugin runs, and of the instance that create() made.
 *
 * Thread:  any
 * Errors:  false, and why holds half a sentence: "was built for plugin ABI 2,
 *          this server speaks 1; rebuild it ..."
 */
#ifndef KERNEL_CORE_DESCRIPTOR_H
#define KERNEL_CORE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/plugin.h>

// What a struct had in ABI 1.0, up to a pointer: no plugin has less, however
// much this server's own headers have grown. Members after it are read with
// NX_HAS_MEMBER().
#define DESCRIPTOR_UP_TO(type, last) \
    (offsetof(struct type, last) + sizeof(void *))
#define DESCRIPTOR_ENTRY_SIZE    DESCRIPTOR_UP_TO(nx_plugin_entry, create)
#define DESCRIPTOR_INFO_SIZE     DESCRIPTOR_UP_TO(nx_plugin_info, settings)
#define DESCRIPTOR_INSTANCE_SIZE DESCRIPTOR_UP_TO(nx_plugin, get_interface)

#define DESCRIPTOR_ID_MAX        32u
#define DESCRIPTOR_WHY_MAX       256

struct nx_host;

bool descriptor_check(
        const struct nx_plugin_entry *entry, char why[DESCRIPTOR_WHY_MAX]);

// What create() returned; NULL is refused.
bool descriptor_check_instance(
        const struct nx_plugin *instance, char why[DESCRIPTOR_WHY_MAX]);

// Whether the host offers every interface that info.requires_ needs.
bool descriptor_check_requires(const struct nx_plugin_info *info,
        const struct nx_host *host, char why[DESCRIPTOR_WHY_MAX]);

#endif
