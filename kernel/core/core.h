/*
 * core - the parts of the microkernel, wired together.
 *
 * Holds every part by pointer and nothing else: no part knows the insides of
 * another, each includes the headers of those it talks to. kernel.c creates
 * and destroys them in order; the transport calls core_turn() before it goes
 * to sleep.
 *
 * Owner:   kernel.c
 * Thread:  logic
 * Errors:  core_create: NULL, the reason is logged
 */
#ifndef KERNEL_CORE_CORE_H
#define KERNEL_CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/base/clock.h"
#include "kernel/base/timers.h"
#include "kernel/core/transport.h"

struct drain;
struct engine;
struct jobs;
struct memory;
struct message_sizes;
struct ops;
struct overload;
struct packer;
struct plugins;
struct quarantine;
struct registry;
struct reload;
struct restores;
struct resume;
struct room_announce;
struct rooms;
struct router;
struct sessions;
struct settings;
struct stats;
struct tails;
struct users;
struct watchdog;
struct writers;

struct core {
    struct clock clock;
    struct timers timers;
    struct transport transport;
    struct settings *settings; // borrowed from kernel.c
    struct stats *stats;
    struct packer *packer;
    struct writers *writers;
    struct ops *ops;
    struct registry *registry; // live registrations
    struct registry *staged;   // those of plugins being started, else NULL
    struct router *router;
    struct message_sizes *message_sizes;
    struct users *users;
    struct sessions *sessions;
    struct rooms *rooms;
    struct room_announce *announce;
    struct resume *resume;
    struct restores *restores;
    struct memory *memory;
    struct engine *engine;
    struct jobs *jobs;
    struct plugins *plugins;
    struct overload *overload;
    struct drain *drain;
    struct tails *tails;
    struct reload *reload;
    struct watchdog *watchdog;     // NULL, or kernel.c's
    struct quarantine *quarantine; // NULL, or kernel.c's
    uint64_t turns;                // taken so far
    bool draining;
    bool frozen;      // events have to wait: see reload.h
    bool busy;        // work is left for the next turn, do not sleep
    char boot_id[17]; // random for each start of the server
};

// Creates every part, without plugins. settings is borrowed as long as the
// core lives; a fake clock is kept, see clock.h.
struct core *core_create(struct settings *settings,
        const struct transport *transport, const struct clock *clock);

// Accepts NULL. Plugins must be stopped before.
void core_destroy(struct core *core);

// Does what is due: timers, completions, raised events, then writes what
// waits for sockets, one write for each session. Called once per loop turn,
// after everything pending was read and before the loop sleeps.
void core_turn(struct core *core);

// How long the loop may sleep, in ms; -1: until something happens.
int64_t core_sleep_ms(struct core *core);

// Begins to send clients away, see drain.h; once. True from core_drained()
// when all have left.
void core_drain(struct core *core);
bool core_drained(const struct core *core);

#endif
