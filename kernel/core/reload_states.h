/*
 * reload_states - what plugins that were taken out of the list left behind.
 *
 * The last state of each, by its id, until it is back in the list or the
 * server ends. At most SETTINGS_PLUGINS_MAX; one more drops the oldest.
 *
 * Owner:   struct reload embeds it
 * Thread:  logic
 * Errors:  false without memory
 */
#ifndef KERNEL_CORE_RELOAD_STATES_H
#define KERNEL_CORE_RELOAD_STATES_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/util/list.h>

struct handover;

struct reload_states {
    struct nx_list list; // struct reload_state::link, the oldest first
    size_t count;
};

void reload_states_init(struct reload_states *states);
void reload_states_finish(struct reload_states *states);

// Takes the bytes of a handover, in place of what is there of this id. Without
// memory nothing is kept.
void reload_states_keep(struct reload_states *states, const char *id,
        struct handover *handover);

// Copies what is there; true also when that is nothing.
bool reload_states_give(const struct reload_states *states, const char *id,
        struct handover *handover);

// The plugin is back.
void reload_states_drop(struct reload_states *states, const char *id);

#endif
