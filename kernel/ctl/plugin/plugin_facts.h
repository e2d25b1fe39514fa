/*
 * plugin_facts - what a plugin's file says of itself, without loading it.
 *
 * Read from the entry nexus_plugin_v1 and all that it points to, and from the
 * manifest in section .nexus.info. No code of the plugin runs.
 *
 * Owner:   the caller; texts lie in the bytes of the file
 * Thread:  any
 * Errors:  false, and why holds a half sentence: "has no section .nexus.info"
 */
#ifndef KERNEL_CTL_PLUGIN_PLUGIN_FACTS_H
#define KERNEL_CTL_PLUGIN_PLUGIN_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/plugin.h>

#include "kernel/ctl/plugin/elf_dynamic.h"
#include "kernel/ctl/plugin/elf_file.h"

#define PLUGIN_FACTS_WHY_MAX 256
#define PLUGIN_FACTS_LIST    64  // items of one list
#define PLUGIN_FACTS_TEXT    512 // bytes of one text

struct plugin_facts {
    struct elf_file elf;
    struct elf_dynamic dynamic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t flags; // NX_PLUGIN_
    uint32_t state_version;
    uint32_t state_version_min;
    const char *id;
    const char *version;
    const char *license;                         // NULL when it states none
    const char *description;                     // likewise
    const char *prefixes[PLUGIN_FACTS_LIST + 1]; // NULL-ended
    const char *requires_[PLUGIN_FACTS_LIST + 1];
    struct nx_setting settings[PLUGIN_FACTS_LIST + 1]; // ended by a NULL key
    json_t *manifest;
};

// data must live as long. plugin_facts_finish() only after true.
bool plugin_facts_read(struct plugin_facts *facts, const void *data,
        size_t size, char why[PLUGIN_FACTS_WHY_MAX]);
void plugin_facts_finish(struct plugin_facts *facts);

// One line of text that a terminal and JSON can show.
bool plugin_facts_is_plain(const char *text);

// The first thing that the manifest says otherwise than the entry does, "id",
// "version", "prefixes" or "requires"; NULL when they agree.
const char *plugin_facts_difference(const struct plugin_facts *facts);

#endif
