/*
 * stand_in - stands between the host and the plugin that is checked.
 *
 * The host is given its entry, and the plugin its nx_host. So each step of
 * the plugin's life can be made to fail after it was done, interfaces can be
 * missing, calls into the host refused, and state spoilt on its way, while
 * both sides are the real ones.
 *
 * Owner:   struct subject
 * Thread:  that of the host
 * Errors:  what the plugin returns goes on to the host
 */
#ifndef KERNEL_CTL_CHECK_STAND_IN_H
#define KERNEL_CTL_CHECK_STAND_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/plugin.h>

#define STAND_IN_ALIVE 8

struct plugin;

enum stand_in_step {
    STEP_NONE,
    STEP_CREATE,
    STEP_CHECK, // configure(CHECK)
    STEP_APPLY, // configure(APPLY)
    STEP_START,
    STEP_COUNT,
};

// How the next start() gets the state that another instance has saved.
enum stand_in_state {
    STATE_AS_IS,
    STATE_BYTES,  // one at a time
    STATE_CUT,    // the first `amount` bytes of it
    STATE_RANDOM, // `amount` bytes of noise
};

struct stand_in {
    struct nx_plugin_entry entry; // what the host is given
    struct stand_in *self;        // for whom has only the entry
    const struct nx_plugin_entry *real;

    // Orders.
    enum stand_in_step fails_at; // this step is done, and then fails
    bool hides;                  // interfaces that are not required
    bool is_newer;               // the host says it is of a later minor
    uint32_t refuse_at;          // the n-th call that can fail does; 0: none
    enum stand_in_state state;
    uint64_t amount;

    // What was seen.
    uint32_t calls;       // that could have been refused
    const char *refused;  // the call that was, or NULL
    bool refused_start;   // it was a registration in start()
    bool started;         // the last start() returned NX_OK
    uint64_t state_bytes; // what was saved last
    bool saves_differ;    // twice the same question, two answers
    bool save_ignores;    // a failing write() went unnoticed
    struct plugin *alive[STAND_IN_ALIVE]; // instances, NULL: none

    uint64_t noise;
};

void stand_in_init(
        struct stand_in *stand_in, const struct nx_plugin_entry *real);

// The callback that an instance is in, or NULL. Async-signal-safe.
const char *stand_in_callback(const struct stand_in *stand_in);

// The stand-in behind an instance of the host, or NULL.
bool stand_in_is_behind(
        const struct stand_in *stand_in, const struct plugin *plugin);

#endif
