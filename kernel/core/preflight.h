/*
 * preflight - a plugin's file is loaded in a child process first.
 *
 * The child is this program once more, which maps the file, makes an instance,
 * has its settings checked and destroys it. A plugin that crashes or hangs
 * there is refused before any of its code runs in the server. What it refuses
 * in order is no matter of the preflight: it will say the same again.
 *
 * Owner:   the caller
 * Thread:  any but the loop's: it waits
 * Errors:  false, and why is half a sentence
 */
#ifndef KERNEL_CORE_PREFLIGHT_H
#define KERNEL_CORE_PREFLIGHT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kernel/core/settings.h"

struct core;

#define PREFLIGHT_WHY_MAX 256

// The program itself, also when its file was replaced.
#define PREFLIGHT_PROGRAM "/proc/self/exe"

struct preflight {
    const char *program; // NULL: nothing is tried, all is well
    // Of the server: the child reads the same.
    const struct settings_source *source;
    const char *image_dir; // a folder is made there for the child's copy
    int64_t timeout_ms;
    const _Atomic bool *stop; // ends the waiting when it is set; may be NULL
};

// As the settings have it; nothing is tried when they turn it off. image_dir
// is still to be set.
void preflight_init(struct preflight *preflight, const char *program,
        const struct settings_source *source, const struct settings *settings);

// Tries a file as the plugin `name` of the list.
bool preflight_try(const struct preflight *preflight, const char *name,
        const char *file, char why[PREFLIGHT_WHY_MAX]);

// Tries all files of the plugin list that are found; false when errors were
// added. Before the core has plugins: `nexusd --check`.
bool preflight_try_all(struct preflight *preflight, struct core *core,
        const char *plugin_dirs, const char *image_dir,
        struct settings_errors *errors);

// ---- in the child ----

// Does to one plugin what the parent wants to know, and says on out what comes
// next. False when it was refused in order.
bool preflight_child(struct core *core, const char *name, const char *file,
        const char *image_dir, FILE *out);

#endif
