/*
 * plugins - the set of loaded plugins, from the settings' list to their end.
 *
 * Loads every entry of the list in order: image, descriptor, required
 * interfaces, create, configure, start with staged registrations; then all
 * go live at once. One failure undoes the whole set, with one sentence that
 * says which plugin and why.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  false; the reason is logged and nothing is left running
 */
#ifndef KERNEL_CORE_PLUGINS_H
#define KERNEL_CORE_PLUGINS_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/plugin.h>

struct core;
struct lifecycle_error;
struct nx_buf;
struct plugin;
struct plugins;
struct settings;
struct settings_errors;

struct plugins *plugins_create(struct core *core);

// Destroys what is left. Accepts NULL.
void plugins_destroy(struct plugins *plugins);

// The two folders as the settings and the place of the program have it, owned
// by the caller (free); NULL without memory. The first may be a list with ':'
// between its items.
char *plugins_default_dirs(const struct settings *settings);
char *plugins_default_image_dir(const struct settings *settings);

// The same for a look at the plugins that is to leave nothing behind, by
// whichever user: where the folder is not there, or another's, a temporary
// one, which the caller removes.
char *plugins_check_image_dir(const struct settings *settings, bool *temporary);

// Loads and starts the plugins of the settings' list. plugin_dir and
// image_dir are where files are looked for and copied to; see loader.h.
bool plugins_start(
        struct plugins *plugins, const char *plugin_dir, const char *image_dir);

// Adds a plugin linked into the program, for tests on the fake host: like
// one entry of the list; the settings need not have it, see
// plugin_settings.h. Before plugins_start_static(), which starts all that
// were added and nothing else.
bool plugins_add_static(struct plugins *plugins, const char *name,
        const struct nx_plugin_entry *entry);
bool plugins_start_static(struct plugins *plugins);

// Gives the engine to the plugin that offers to be it in core->staged; if
// none does, nothing changes. false: error says why.
bool plugins_use_provider(
        struct plugins *plugins, struct lifecycle_error *error);

// Loads and checks everything up to configure(CHECK), starts nothing, and
// destroys again: `nexusd --check`. Problems of all plugins go to errors.
bool plugins_check(struct plugins *plugins, const char *plugin_dir,
        const char *image_dir, struct settings_errors *errors);

// quiesce(SHUTDOWN) of all, then destroy of all, in reverse order of the
// list. Turns the core meanwhile, up to deadline_ms of real time, while
// plugins ask for time or completions are pending; what is left then is
// cancelled. Afterwards core->registry is the kernel's own, and the engine is
// memory again. Not from a callback.
void plugins_stop(struct plugins *plugins, int64_t deadline_ms);

size_t plugins_count(const struct plugins *plugins);

// The i-th of the list, to read its sums and metrics; i is below the count.
struct plugin *plugins_get(const struct plugins *plugins, size_t i);

// The i-th plugin's name and version, for statistics and the banner.
const char *plugins_name(const struct plugins *plugins, size_t i);
const char *plugins_version(const struct plugins *plugins, size_t i);

// Files mapped since the start; see loader.h.
size_t plugins_image_count(const struct plugins *plugins);

#endif
