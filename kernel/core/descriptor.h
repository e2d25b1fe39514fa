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

#define DESCRIPTOR_ID_MAX  32u
#define DESCRIPTOR_WHY_MAX 256

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
