/*
 * reload - another configuration and other plugins, with clients connected.
 *
 * Everything is checked and made ready while the old set serves. While
 * plugins are exchanged events wait: sessions keep what they have received
 * and are read from no further, HTTP requests and raised events are kept.
 * Then they go to the new set, or to the old one, which carries on as if
 * nothing had been. Asked for again meanwhile, it happens once more after.
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

#include "kernel/core/reload_plan.h"
#include "kernel/core/settings.h"

struct core;
struct histogram;
struct http_request;
struct nx_buf;
struct reload;

#define RELOAD_REASON_MAX 512 // as SETTINGS_ERROR_TEXT_MAX

// X(name, word): how reloads end.
#define RELOAD_OUTCOMES(X) \
    X(DONE, "done")       /* the new configuration is in effect */ \
    X(REFUSED, "refused") /* something is wrong, nothing was touched */ \
    X(UNDONE, "undone")   /* the old plugins were asked to rest, and carry on */

enum reload_outcome {
#define RELOAD_OUTCOME_(name, word) RELOAD_##name,
    RELOAD_OUTCOMES(RELOAD_OUTCOME_)
#undef RELOAD_OUTCOME_
    RELOAD_OUTCOME_COUNT,
};

struct reload_result {
    enum reload_outcome outcome;
    const struct settings_errors *errors; // why not; warnings also when DONE
    size_t changes[RELOAD_CHANGES];       // plugins, by what became of them
    int64_t prepare_ms;
    int64_t freeze_ms;
};

// The last one, and sums.
struct reload_status {
    uint64_t count[RELOAD_OUTCOME_COUNT];
    enum reload_outcome outcome; // of the last one; 0 also when there was none
    int64_t at_ms;               // UTC, when it ended; 0: there was none
    int64_t prepare_ms;
    int64_t freeze_ms;
    char reason[RELOAD_REASON_MAX]; // the first of its errors, or ""
    bool running;
};

// What surrounds the core has settings of its own to check and apply.
struct reload_surroundings {
    struct settings_source source; // as at start; what it names is borrowed
    void *ctx;
    // Whether these can take effect; the last question before the freeze.
    bool (*check)(void *ctx, const struct settings *wanted,
            struct settings_errors *errors);
    // core->settings has the new values. May not fail.
    void (*apply)(void *ctx);
};

// result is borrowed until it returns. Not from within reload_request().
typedef void (*reload_done_fn)(void *ctx, const struct reload_result *result);

struct reload *reload_create(struct core *core);

// Accepts NULL; nobody who waits is told.
void reload_destroy(struct reload *reload);

// Before the first request; without, every one is refused. Copied.
void reload_surround(
        struct reload *reload, const struct reload_surroundings *surroundings);

// Asks for a reload, which begins at the end of the turn or when the running
// one has ended. done may be NULL; false: without memory it will not be
// called.
bool reload_request(struct core *core, reload_done_fn done, void *ctx);

// Whoever asked with this ctx goes away and is told no more.
void reload_forget(struct core *core, const void *ctx);

// The part of core_turn(); returns whether it wants another turn at once.
bool reload_run(struct reload *reload);

// The server stops: ends what is running, undone, and refuses the rest.
void reload_stop(struct reload *reload);

// Keeps a request while events wait; false: without memory.
bool reload_hold_http(
        struct reload *reload, const struct http_request *request, nx_op_id op);

void reload_look(const struct reload *reload, struct reload_status *status);
const char *reload_outcome_word(enum reload_outcome outcome);

// Of the times events had to wait, in ns.
const struct histogram *reload_freezes(const struct reload *reload);

#endif
