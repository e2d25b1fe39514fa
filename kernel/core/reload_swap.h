/*
 * reload_swap - the part of a reload during which events wait.
 *
 * Brings the plugins that go to rest, takes their state, starts those that
 * come with it, and exchanges the registrations: or undoes all of that, and
 * the old ones carry on.
 *
 * Owner:   reload.c
 * Thread:  logic, not from a callback
 * Errors:  false, and struct lifecycle_error says why
 */
#ifndef KERNEL_CORE_RELOAD_SWAP_H
#define KERNEL_CORE_RELOAD_SWAP_H

#include <stdbool.h>

struct lifecycle_error;
struct plugin;
struct reload_plan;
struct reload_states;

// Asks those that go to come to rest; true when all have. Storage is asked
// last, when nobody waits for it: the swap must follow in the same turn.
bool reload_swap_rest(struct reload_plan *plan);

// One that has not come to rest, or NULL: then storage has not.
const struct plugin *reload_swap_late(const struct reload_plan *plan);

// After this the settings and plugins of the plan are the ones that run, and
// the plan has the old settings. When it fails everything is as it was.
bool reload_swap(struct reload_plan *plan, struct reload_states *states,
        struct lifecycle_error *error);

// Lets those that were asked to rest carry on.
void reload_swap_undo(struct reload_plan *plan);

#endif
