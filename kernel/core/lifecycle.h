/*
 * lifecycle - the steps of one plugin's life, each with its check.
 *
 * Sets the phase, calls the instance inside plugin_enter(), and turns what
 * goes wrong into sentences. What the steps mean for the whole set is
 * plugins.c's business.
 *
 * Owner:   struct plugins
 * Thread:  logic
 * Errors:  false, and struct lifecycle_error says why
 */
#ifndef KERNEL_CORE_LIFECYCLE_H
#define KERNEL_CORE_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/types.h>

#include "kernel/core/settings_errors.h"

struct nx_config;
struct nx_state_reader;
struct plugin;

#define LIFECYCLE_REASON_MAX 512 // as LOADER_REASON_MAX
#define LIFECYCLE_PATH_MAX   512 // a longer path is cut
#define LIFECYCLE_NAME_MAX   64

// What went wrong, and with whom: either one reason, or sentences about
// settings that name their place. Warnings may come without an error.
struct lifecycle_error {
    char name[LIFECYCLE_NAME_MAX]; // of the plugin, "": none in particular
    char path[LIFECYCLE_PATH_MAX];
    char reason[LIFECYCLE_REASON_MAX]; // "": see settings
    struct settings_errors settings;
};

void lifecycle_error_init(struct lifecycle_error *error);
void lifecycle_error_finish(struct lifecycle_error *error);
__attribute__((format(printf, 2, 3))) void lifecycle_error_set(
        struct lifecycle_error *error, const char *format, ...);

// Whom errors are about from now on.
void lifecycle_error_blame(
        struct lifecycle_error *error, const char *name, const char *path);

// One line for each error and each warning.
void lifecycle_error_log(const struct lifecycle_error *error);

// Adds them to those of a whole configuration; origin is the place where the
// plugin is named.
void lifecycle_error_collect(const struct lifecycle_error *error,
        const char *origin, struct settings_errors *errors);

// Checks descriptor and required interfaces; no code of the plugin runs.
bool lifecycle_check(struct plugin *plugin, struct lifecycle_error *error);

// Calls create() of a plugin that was checked.
bool lifecycle_create(struct plugin *plugin, struct lifecycle_error *error);

// mode is NX_CONFIGURE_CHECK, which reads the plugin's settings first, or
// NX_CONFIGURE_APPLY afterwards.
bool lifecycle_configure(
        struct plugin *plugin, uint32_t mode, struct lifecycle_error *error);

// The same with other settings of the plugin than plugin->config: CHECK asks
// whether it would take them, and APPLY of a running plugin gives them to it.
bool lifecycle_reconfigure(struct plugin *plugin,
        const struct nx_config *config, uint32_t mode,
        struct lifecycle_error *error);

// core->staged takes the registrations. prev is the state of the instance it
// replaces, or NULL.
bool lifecycle_start(struct plugin *plugin, const struct nx_state_reader *prev,
        struct lifecycle_error *error);

// The registrations are live: events come, timers run.
void lifecycle_run(struct plugin *plugin);

// reason is NX_QUIESCE_. AGAIN: call again; anything else: it is quiet.
nx_status lifecycle_quiesce(struct plugin *plugin, uint32_t reason);

// Takes lifecycle_quiesce() back: the plugin is to carry on.
void lifecycle_resume(struct plugin *plugin);

#endif
