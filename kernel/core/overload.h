/*
 * overload - whether the server has too much to do for one more session.
 *
 * A few times a second it measures how long an event waits for the loop, what
 * waits in outboxes and at the engine, and the memory. At the limit of any of
 * them the server is overloaded: gate.c refuses new sessions, /health/ready
 * says so. It is over when all have been below nine tenths of their limits,
 * and at least overload.hold later. Sessions that are there go on.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  overload_create: NULL without memory
 */
#ifndef KERNEL_CORE_OVERLOAD_H
#define KERNEL_CORE_OVERLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/limit.h"

struct core;
struct overload;

// X(NAME): each a row of LIMITS with the same name.
#define OVERLOAD_MEASURES(X) \
    X(OVERLOAD_TURN_MS) \
    X(QUEUED_BYTES) \
    X(OVERLOAD_ENGINE_PENDING) \
    X(OVERLOAD_ENGINE_OLDEST_MS) \
    X(OVERLOAD_MEMORY_BYTES)

enum overload_measure {
#define OVERLOAD_ENUM_(name) MEASURE_##name,
    OVERLOAD_MEASURES(OVERLOAD_ENUM_)
#undef OVERLOAD_ENUM_
    MEASURE_COUNT,
};

// One of them as it was last measured.
struct overload_state {
    enum limit setting; // that bounds it
    double value;
    double limit; // at which the server is overloaded; 0: never
};

struct overload *overload_create(struct core *core);

// Accepts NULL.
void overload_destroy(struct overload *overload);

// At the end of each turn, when what could be written has been.
void overload_run(struct overload *overload);

bool overload_active(const struct overload *overload);

// While active: whether it is memory that runs out. Then sessions that come
// back are refused too; where the server is only slow they are let in, since
// they counted before their connections broke.
bool overload_is_memory(const struct overload *overload);

// While active: what is, or was last, at its limit.
enum overload_measure overload_reason(const struct overload *overload);

void overload_look(const struct overload *overload,
        enum overload_measure measure, struct overload_state *state);

// How often it has begun, and for how long it has been going on.
uint64_t overload_times(const struct overload *overload);
int64_t overload_lasts_ms(const struct overload *overload);

// A session is refused because of it: counts that, and says how long the
// client shall wait, which is different for each.
uint64_t overload_refuse(struct overload *overload);

#endif
