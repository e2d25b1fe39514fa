/*
 * reload_plan - what a reload is going to do with each plugin.
 *
 * Compares the plugins that run with a new configuration, and gets everything
 * ready that can be while the old ones serve: descriptors, instances, checked
 * settings. One new instance at a time, so that events are served between
 * them. Nothing that runs has noticed.
 *
 * Owner:   reload.c
 * Thread:  logic
 * Errors:  sentences in struct settings_errors
 */
#ifndef KERNEL_CORE_RELOAD_PLAN_H
#define KERNEL_CORE_RELOAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/core/handover.h"

struct core;
struct nx_config;
struct plugin;
struct reload_files;
struct reload_states;
struct settings;
struct settings_errors;

enum reload_change {
    RELOAD_KEEP,    // nothing of it has changed
    RELOAD_APPLY,   // keeps its instance and gets other settings
    RELOAD_REPLACE, // another file, or settings that need a new instance
    RELOAD_ADD,
    RELOAD_REMOVE,
    RELOAD_CHANGES, // how many there are
};

struct reload_item {
    enum reload_change change;
    struct plugin *old;             // NULL: ADD
    struct plugin *new;             // REPLACE, ADD: owned until the swap
    const struct nx_config *config; // KEEP, APPLY: of the new settings
    struct handover state;          // REPLACE, REMOVE: of old; ADD: kept
    bool resting;                   // quiesce() of old was called
    bool quiet;                     // and did not ask for more time
    bool applied;                   // APPLY was done
};

// The list of the new configuration in its order, then what is removed.
struct reload_plan {
    struct core *core;
    struct settings *wanted;
    struct reload_files *files;
    const struct reload_states *states;
    struct settings_errors *errors;
    size_t errors_before;
    struct reload_item *items;
    size_t count;
    size_t lines;  // of the new list that were looked at
    size_t listed; // items of these; the others are in quarantine
    size_t changes[RELOAD_CHANGES];
};

// What is given is borrowed. states has what removed plugins left behind, and
// files those of wanted, ready. False when errors were added, as below;
// reload_plan_finish() either way.
bool reload_plan_begin(struct reload_plan *plan, struct settings *wanted,
        struct reload_files *files, const struct reload_states *states,
        struct settings_errors *errors);

// Goes on up to the next new instance; returns whether there is more to do.
bool reload_plan_step(struct reload_plan *plan);

// Whether all went well so far.
bool reload_plan_good(const struct reload_plan *plan);

// An empty one, which may be finished.
void reload_plan_init(struct reload_plan *plan, struct core *core);

// Destroys the instances that were made for it and did not take over.
void reload_plan_finish(struct reload_plan *plan);

// Whether instances come or go, for which events have to wait.
bool reload_plan_exchanges(const struct reload_plan *plan);

// The one that is there after the reload; NULL: REMOVE.
struct plugin *reload_item_plugin(const struct reload_item *item);

// Whether it is the one behind the engine.
bool reload_item_provides(const struct reload_item *item);

#endif
