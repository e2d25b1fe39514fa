/*
 * quarantine - plugins that are left out because they crash the server.
 *
 * The notes of crash_notes.h say which plugin crashed it, with which file and
 * settings. crash.limit of them within crash.window, and the plugin is not
 * loaded until its file or settings change or it is released. Not so by
 * default what keeps the records or decides who may do what: without it the
 * server would do something else than it was set up to do.
 *
 * Owner:   kernel.c; a server without one (NULL) has no quarantine
 * Thread:  logic
 * Errors:  what cannot be remembered is logged
 */
#ifndef KERNEL_CORE_QUARANTINE_H
#define KERNEL_CORE_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "kernel/core/crash_note.h"

struct core;
struct loader;
struct plugin_entry;
struct quarantine;
struct settings;

// A plugin that is left out.
struct quarantine_item {
    struct crash_note last; // crash, or what is remembered of it
    uint32_t crashes;       // within crash.window
};

// dir is where the notes are. NULL without them.
struct quarantine *quarantine_create(const char *dir);

// The same to ask only, where no server runs; NULL also when there are no notes.
struct quarantine *quarantine_peek(const char *dir);

// Accepts NULL, as all that follow.
void quarantine_destroy(struct quarantine *quarantine);

// Whether a line of the list that does not run stays out. sha256 is that of
// its file, NULL: find out.
bool quarantine_keeps_out(const struct quarantine *quarantine,
        const struct core *core, const struct settings *settings,
        const struct plugin_entry *entry, const char *sha256);

// Finds out anew which plugins of core->settings are left out, says so in the
// log, and remembers it.
void quarantine_judge(struct quarantine *quarantine, const struct core *core);

// Plugins that run are not in quarantine any more, nor will be for what they
// did before.
void quarantine_settle(struct quarantine *quarantine, const struct core *core);

// Forgets what a plugin has done. False when it is not in quarantine.
bool quarantine_release(struct quarantine *quarantine, const char *name);

size_t quarantine_count(const struct quarantine *quarantine);
const struct quarantine_item *quarantine_get(
        const struct quarantine *quarantine, size_t i);

// Whether the plugin of this name is in quarantine.
bool quarantine_holds(const struct quarantine *quarantine, const char *name);

// The plugin that would handle such an event, or NULL.
const struct quarantine_item *quarantine_find(
        const struct quarantine *quarantine, struct nx_str type);

// Crashes of a plugin within crash.window, by any version of it.
uint32_t quarantine_crashes(const struct quarantine *quarantine,
        const struct core *core, const char *name);

#endif
