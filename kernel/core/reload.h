/*
 * reload - another configuration and other plugins, with clients connected.
 *
 * Everything is made ready while the old set serves: files by a thread of
 * their own, the rest in small steps. While plugins are exchanged events wait:
 * sessions keep what they have received and are read from no further, HTTP
 * requests and raised events are kept. Then they go to the new set, or to the
 * old one, which carries on. Asked for meanwhile, it happens once more after.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  told by struct reload_result and in the log
 */
#ifndef KERNEL_CORE_RELOAD_H
#define KERNEL_CORE_RELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "kernel/core/reload_result.h"
#include "kernel/core/reload_waiters.h"
#include "kernel/core/settings.h"

struct core;
struct histogram;
struct http_request;
struct nx_buf;
struct reload;

// What surrounds the core has settings of its own to check and apply.
struct reload_surroundings {
    struct settings_source source; // as at start; what it names is borrowed
    const char *program; // loads new files first, NULL: none; preflight.h
    void *ctx;
    // Whether these can take effect; the last question before the freeze.
    bool (*check)(void *ctx, const struct settings *wanted,
            struct settings_errors *errors);
    // core->settings has the new values. May not fail.
    void (*apply)(void *ctx);
    // One begins, and ends after whoever asked was told. May be NULL.
    void (*begun)(void *ctx);
    void (*ended)(void *ctx);
};

struct reload *reload_create(struct core *core);

// Accepts NULL; nobody who waits is told.
void reload_destroy(struct reload *reload);

// Before the first request; without, every one is refused. Copied.
void reload_surround(
        struct reload *reload, const struct reload_surroundings *surroundings);

// Asks for a reload, which begins at the end of the turn or when the running
// one has ended. done may be NULL and is not called from within; false: without
// memory it will not be called at all.
bool reload_request(struct core *core, reload_done_fn done, void *ctx);

// Whoever asked with this ctx goes away and is told no more.
void reload_forget(struct core *core, const void *ctx);

// The part of core_turn(); returns whether it wants another turn at once.
bool reload_run(struct reload *reload);

// The server stops: ends what is running, undone, and refuses the rest. Before
// the transport goes.
void reload_stop(struct reload *reload);

// Keeps a request while events wait; false: without memory.
bool reload_hold_http(
        struct reload *reload, const struct http_request *request, nx_op_id op);

void reload_look(const struct reload *reload, struct reload_status *status);

// Of the times events had to wait, in ns.
const struct histogram *reload_freezes(const struct reload *reload);

// Of the longest time in each that the loop was held up, in ns.
const struct histogram *reload_stalls(const struct reload *reload);

#endif
