/*
 * reload_waiters - those who want to know how a reload ends.
 *
 * Owner:   struct reload embeds them
 * Thread:  logic
 * Errors:  false without memory
 */
#ifndef KERNEL_CORE_RELOAD_WAITERS_H
#define KERNEL_CORE_RELOAD_WAITERS_H

#include <stdbool.h>

#include <nexus/util/list.h>

struct reload_result;

// result is borrowed until it returns.
typedef void (*reload_done_fn)(void *ctx, const struct reload_result *result);

struct reload_waiters {
    struct nx_list list; // struct reload_waiter::link, in order of asking
};

void reload_waiters_init(struct reload_waiters *waiters);

// Nobody is told.
void reload_waiters_finish(struct reload_waiters *waiters);

bool reload_waiters_add(
        struct reload_waiters *waiters, reload_done_fn done, void *ctx);

// All who asked with this ctx.
void reload_waiters_forget(struct reload_waiters *waiters, const void *ctx);

// Moves those of another list to the end of this one.
void reload_waiters_take(
        struct reload_waiters *waiters, struct reload_waiters *from);

// Each once; then nobody waits.
void reload_waiters_tell(
        struct reload_waiters *waiters, const struct reload_result *result);

#endif
