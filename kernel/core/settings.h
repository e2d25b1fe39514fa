/*
 * settings - every value an operator can choose, checked, with its origin.
 *
 * Built from four layers, later ones win: default, file, environment, --set.
 * A setting `limits.json_depth` is the member limits_json_depth; the rows are
 * in settings_table.h. A reload creates a new object, exchanges the two and
 * drops what is old then.
 *
 * Owner:   the creator; texts live as long as the object
 * Thread:  that of the owner
 * Errors:  sentences in struct settings_errors; there is no half-read object
 */
#ifndef KERNEL_CORE_SETTINGS_H
#define KERNEL_CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/settings_errors.h"
#include "kernel/core/settings_table.h"

struct settings_store; // origins, the plugin list, memory; settings_store.h

#define SETTINGS_TYPE_INT    int64_t
#define SETTINGS_TYPE_BOOL   bool
#define SETTINGS_TYPE_STRING const char *
#define SETTINGS_MEMBER(kind, member, path, fallback, range, env, flags, help) \
    SETTINGS_TYPE_##kind member;

struct settings {
    SETTINGS_TABLE(SETTINGS_MEMBER) // int64_t, bool or const char *, not NULL
    struct settings_store *store;
};

// Where the layers come from; a zeroed one means defaults only.
struct settings_source {
    const char *file;        // NULL: none; then the default plugins
    const char *const *env;  // "NAME=value", ends with NULL; NULL: none
    const char *const *sets; // "path=value", the later of two wins
    size_t set_count;
};

// One line of the plugin list. Borrowed until the settings are destroyed.
struct plugin_entry {
    const char *name;   // [a-z][a-z0-9_-]*, unique in the list
    const char *path;   // of the shared object, NULL: plugin_dir/<name>.so
    const char *sha256; // 64 lower-case hexadecimal digits, NULL: any file
    const char *origin; // "nexus.conf:12" or "default"
    // What is done when it has crashed the server often, NULL: as
    // crash.on_crash says.
    const char *on_crash;
    // Tells one version of its settings in file and flags from another.
    uint64_t mark;
};

// Returns NULL when errors were added or memory is missing (also an error).
struct settings *settings_create(
        const struct settings_source *source, struct settings_errors *errors);
void settings_destroy(struct settings *settings);

// What the highest layer says about `plugins.<name>.<key>`, unchecked; NULL
// when none says anything. Borrowed from the settings.
const char *settings_plugin_value(
        const struct settings *settings, const char *name, const char *key);

// The plugins to load, in this order. i is below the count.
size_t settings_plugin_count(const struct settings *settings);
const struct plugin_entry *settings_plugin(
        const struct settings *settings, size_t i);

// "default", "nexus.conf:12", "env LOG_LEVEL" or "--set"; NULL when there is
// no setting of this path. Borrowed until the settings are destroyed.
const char *settings_origin(const struct settings *settings, const char *path);

// Exchanges all that two objects hold, the configurations of plugins among it,
// so that whoever has a pointer to one of them sees the other's values.
void settings_exchange(struct settings *a, struct settings *b);

// Whether any setting differs; plugins are not looked at.
bool settings_differ(const struct settings *a, const struct settings *b);

// For a reload: adds one error for each setting that differs and cannot
// change while the server runs. False when there was one. Plugins are not
// looked at.
bool settings_check_live(const struct settings *running,
        const struct settings *wanted, struct settings_errors *errors);

#endif
